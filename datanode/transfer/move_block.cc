// COPY_BLOCK and REPLACE_BLOCK, with which the balancer moves replicas (DataXceiver.copyBlock, replaceBlock).
#include <fmt/format.h>

#include "datanode/transfer/operation.h"
#include "datanode/transfer/receive_block.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

class Mover {
 public:
  explicit Mover(TransferContext& context) : context_(context), admitted_(++context.movers <= context.movers_max) {}
  ~Mover() { --context_.movers; }
  Mover(const Mover&) = delete;
  Mover& operator=(const Mover&) = delete;
  bool admitted() const { return admitted_; }

 private:
  TransferContext& context_;
  bool admitted_;
};

std::string refusal(const char* what, const Session& session, const Block& block) {
  return fmt::format("Not able to {} block {} from {} because threads quota={} is exceeded.", what,
                     int64_t(raw(block.id)), session.stream->remote(), session.context.movers_max.load());
}

Task<Result<void>> fetch(Session& session, const pb::OpReplaceBlockProto& request, Block block) {
  TransferContext& context = session.context;
  DFS_CO_TRY(std::shared_ptr<Stream> proxy,
             co_await connect_tcp(transfer_endpoint(context, request.source()), context.idle_deadline));
  Watchdog::Watch watch(session.watchdog, *proxy, context.idle_deadline);
  pb::OpCopyBlockProto ask;
  *ask.mutable_header() = request.header();
  DFS_CO_TRY_OK(co_await transfer::send_op(*proxy, transfer::Op::kCopyBlock, ask));
  transfer::Reader reader(*proxy);
  pb::BlockOpResponseProto answer;
  DFS_CO_TRY_OK(co_await reader.message(answer));
  DFS_CO_TRY_OK(
      transfer::check_status(transfer::Status(int(answer.status())), answer.message(),
                             "copy block " + to_string(context.store.pool_id(), block) + " from " + proxy->remote()));
  DFS_CO_TRY(checksum::Checksum checksum, transfer::from_proto(answer.readopchecksuminfo().checksum()));
  auto executor = co_await asio::this_coro::executor;
  block.length_bytes = 0;
  Session from_proxy{context, proxy, reader, session.watchdog, watch};
  ReplicaStore::Creation creation{.block = block,
                                  .state = ReplicaState::kTemporary,
                                  .storage_type = StorageType(int(request.storagetype())),
                                  .checksum = checksum,
                                  .replaces_older = false};
  DFS_CO_TRY(std::unique_ptr<ReplicaWriter> writer,
             co_await context.store.create(creation, from_proxy.closer(executor)));
  auto volume = writer->replica().volume().executor();
  BlockReceiver receiver({.sender_checksum = checksum,
                          .acknowledges = false,
                          .verifies = true,
                          .sync_on_close = context.sync_on_close,
                          .idle_deadline = context.idle_deadline,
                          .throttle = &context.balance_throttle},
                         context.store, std::move(writer), proxy, reader, session.watchdog, watch, std::nullopt,
                         executor);
  auto received = co_await receiver.run();
  writer = receiver.take_writer();
  if (!received) {
    co_await run_on(volume, [&] { context.store.discard(std::move(writer)); });
    co_return received;
  }
  co_return co_await run_on(
      volume, [&] { return context.store.finalise(std::move(writer), context.sync_on_close, request.delhint()); });
}

}  // namespace

Task<Result<Next>> copy_block(Session& session, pb::OpCopyBlockProto request) {
  TransferContext& context = session.context;
  const Block block = from_proto(request.header().block());
  DFS_CO_TRY_OK(check_pool(context.store, request.header().block()));
  Mover mover(context);
  if (!mover.admitted()) {
    DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kError, refusal("copy", session, block)));
    co_return Next::kCloseConnection;
  }
  DFS_CO_TRY(std::unique_ptr<ReplicaReader> reader, co_await open_for_reading(context, block, 0));
  pb::BlockOpResponseProto response;
  response.set_status(pb::SUCCESS);
  transfer::to_proto(reader->checksum(), *response.mutable_readopchecksuminfo()->mutable_checksum());
  response.mutable_readopchecksuminfo()->set_chunkoffset(0);
  DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, response));
  session.watch.set_patience(context.write_deadline);
  auto sent = co_await send_packets(*session.stream, session.watch, *reader,
                                    {.begin = 0,
                                     .end = reader->visible_bytes().value_or(0),
                                     .sums = true,
                                     .verify = false,
                                     .throttle = &context.balance_throttle});
  if (!sent) {
    context.store.note_read_error(reader->shared(), reader->view(), sent.error());
    co_return fail(std::move(sent).error());
  }
  // DataOutputStream.writeChar('d'): our part of the quota is free again.
  asio::const_buffer done("\0d", 2);
  DFS_CO_TRY_OK(co_await session.stream->write(std::span(&done, 1)));
  co_return Next::kCloseConnection;
}

Task<Result<Next>> replace_block(Session& session, pb::OpReplaceBlockProto request) {
  TransferContext& context = session.context;
  const Block block = from_proto(request.header().block());
  DFS_CO_TRY_OK(check_pool(context.store, request.header().block()));
  Mover mover(context);
  if (!mover.admitted()) {
    DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kError, refusal("receive", session, block)));
    co_return Next::kCloseConnection;
  }
  session.watch.set_patience(std::chrono::minutes(30));
  auto fetched = co_await fetch(session, request, block);
  if (!fetched) {
    DFS_CO_TRY_OK(co_await respond(
        session, transfer::Status::kError,
        fmt::format("opReplaceBlock {} received exception {}: {}", to_string(context.store.pool_id(), block),
                    fetched.error().java_class(), fetched.error().message())));
    co_return fail(std::move(fetched).error());
  }
  DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kSuccess, ""));
  co_return Next::kCloseConnection;
}

}  // namespace dfs::datanode
