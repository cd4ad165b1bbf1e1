#include "datanode/transfer/server.h"

#include <fmt/format.h>

#include <future>

#include "datanode/transfer/operation.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

struct TransferServer::Loop {
  explicit Loop(asio::any_io_executor on) : executor(on), tasks(on) {}
  asio::any_io_executor executor;
  TaskGroup tasks;
  Watchdog watchdog;
};

namespace {

template <class Request>
Task<Result<Next>> parse_and_run(Session& session, Task<Result<Next>> (*operation)(Session&, Request)) {
  Request request;
  DFS_CO_TRY_OK(co_await session.reader.message(request));
  co_return co_await operation(session, std::move(request));
}

// Short-circuit reads go through a domain socket, which we do not offer: stock answers like this without one.
Task<Result<Next>> refuse_descriptors(Session& session) {
  pb::OpRequestShortCircuitAccessProto request;
  DFS_CO_TRY_OK(co_await session.reader.message(request));
  DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kErrorUnsupported,
                                 "This datanode has not been configured to support short-circuit access."));
  co_return Next::kCloseConnection;
}

Task<Result<Next>> refuse_release(Session& session) {
  pb::ReleaseShortCircuitAccessRequestProto request;
  DFS_CO_TRY_OK(co_await session.reader.message(request));
  pb::ReleaseShortCircuitAccessResponseProto response;
  response.set_status(pb::ERROR_UNSUPPORTED);
  response.set_error("unsupported operation");
  DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, response));
  co_return Next::kCloseConnection;
}

Task<Result<Next>> refuse_shared_memory(Session& session) {
  pb::ShortCircuitShmRequestProto request;
  DFS_CO_TRY_OK(co_await session.reader.message(request));
  pb::ShortCircuitShmResponseProto response;
  response.set_status(pb::ERROR_UNSUPPORTED);
  response.set_error("This datanode has not been configured to support short-circuit shared memory segments.");
  DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, response));
  co_return Next::kCloseConnection;
}

Task<Result<Next>> run_operation(Session& session, transfer::Op op) {
  using transfer::Op;
  switch (op) {
    case Op::kReadBlock:
      return parse_and_run<pb::OpReadBlockProto>(session, read_block);
    case Op::kWriteBlock:
      return parse_and_run<pb::OpWriteBlockProto>(session, write_block);
    case Op::kTransferBlock:
      return parse_and_run<pb::OpTransferBlockProto>(session, transfer_block);
    case Op::kCopyBlock:
      return parse_and_run<pb::OpCopyBlockProto>(session, copy_block);
    case Op::kReplaceBlock:
      return parse_and_run<pb::OpReplaceBlockProto>(session, replace_block);
    case Op::kBlockChecksum:
      return parse_and_run<pb::OpBlockChecksumProto>(session, block_checksum);
    case Op::kRequestShortCircuitFds:
      return refuse_descriptors(session);
    case Op::kReleaseShortCircuitFds:
      return refuse_release(session);
    case Op::kRequestShortCircuitShm:
      return refuse_shared_memory(session);
    default:
      break;
  }
  return [](Op unknown) -> Task<Result<Next>> {
    co_return fail(ErrorCode::kIo, "Unknown op " + name_of(unknown) + " in data stream");
  }(op);
}

class Counted {
 public:
  explicit Counted(std::atomic<uint32_t>& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<uint32_t>& count_;
};

}  // namespace

TransferServer::TransferServer(Settings settings, std::vector<asio::any_io_executor> loops, TransferContext& context)
    : settings_(std::move(settings)), context_(context), transfers_max_(settings_.transfers_max) {
  for (auto& loop : loops) loops_.push_back(std::make_unique<Loop>(std::move(loop)));
}

TransferServer::~TransferServer() = default;

Result<void> TransferServer::open() {
  DFS_TRY(listener_, Listener::open(loops_[0]->executor, settings_.listen));
  return {};
}

uint16_t TransferServer::port() const {
  return listener_->port();
}
uint32_t TransferServer::active() const {
  return active_;
}

void TransferServer::serve() {
  for (auto& loop : loops_) {
    asio::post(loop->executor, [this, one = loop.get()] {
      one->tasks.spawn(one->watchdog.run());
      if (one == loops_[0].get()) one->tasks.spawn(accept());
    });
  }
}

void TransferServer::stop() {
  for (auto& loop : loops_) {
    auto ended = asio::co_spawn(
        loop->executor,
        [](TransferServer& server, Loop& one) -> Task<void> {
          if (&one == server.loops_[0].get() && server.listener_) server.listener_->close();
          one.tasks.cancel();
          co_await one.tasks.join();
        }(*this, *loop),
        asio::use_future);
    ended.get();
  }
}

Task<void> TransferServer::accept() {
  while (!co_await cancelled()) {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    auto stream = co_await listener_->accept(loop.executor);
    if (!stream) {
      if (co_await cancelled()) co_return;
      // Out of descriptors, most likely: let some connections end.
      log::warn("Accepting a connection: {}", stream.error().message());
      if (!co_await sleep_for(std::chrono::milliseconds(100))) co_return;
      continue;
    }
    if (active_ >= transfers_max_) {
      log::warn("Xceiver count {} exceeds the limit of concurrent xceivers: {}", active_.load() + 1,
                transfers_max_.load());
      (*stream)->close();
      continue;
    }
    asio::post(loop.executor, [this, &loop, accepted = std::make_shared<std::unique_ptr<Stream>>(*std::move(stream))] {
      loop.tasks.spawn(serve_connection(loop, std::move(*accepted)));
    });
  }
}

Task<void> TransferServer::serve_connection(Loop& loop, std::unique_ptr<Stream> accepted) {
  Counted counted(active_);
  std::shared_ptr<Stream> stream = std::move(accepted);
  transfer::Reader reader(*stream);
  Watchdog::Watch watch(loop.watchdog, *stream, settings_.idle_deadline);
  Session session{context_, stream, reader, loop.watchdog, watch};
  while (!co_await cancelled()) {
    auto op = co_await reader.op();
    if (!op) {
      if (op.error().code() == ErrorCode::kVersionMismatch) {
        log::warn("Data transfer from {}: {}", stream->remote(), op.error().message());
      }
      break;
    }
    watch.set_patience(settings_.idle_deadline);
    auto next = co_await run_operation(session, *op);
    if (!next) {
      log::info("{} from {}: {}", name_of(*op), stream->remote(), next.error().to_string());
      break;
    }
    if (*next == Next::kCloseConnection) break;
    watch.set_patience(settings_.keep_alive);
  }
  stream->close();
}

void TransferServer::start_copy(Copy copy) {
  Loop& loop = *loops_[next_loop_++ % loops_.size()];
  ++context_.copies_in_progress;
  asio::post(loop.executor, [this, &loop, owned = std::make_shared<Copy>(std::move(copy))] {
    loop.tasks.spawn(run_copy(loop, std::make_unique<Copy>(std::move(*owned))));
  });
}

Task<void> TransferServer::run_copy(Loop& loop, std::unique_ptr<Copy> copy) {
  Block block = copy->block;
  auto sent = co_await send_copy(context_, loop.watchdog, std::move(*copy));
  if (!sent) log::warn("Copying {}: {}", to_string(context_.store.pool_id(), block), sent.error().to_string());
  --context_.copies_in_progress;
}

}  // namespace dfs::datanode
