// WRITE_BLOCK: a stage of a pipeline, or the receiving end of a copy (DataXceiver.writeBlock).
#include <fmt/format.h>

#include <algorithm>

#include "datanode/transfer/operation.h"
#include "datanode/transfer/receive_block.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {
using transfer::Stage;

struct Opened {
  std::unique_ptr<ReplicaWriter> writer;  // null after a close recovery
};

Task<Result<Opened>> open_replica(Session& session, const pb::OpWriteBlockProto& request,
                                  const checksum::Checksum& checksum) {
  ReplicaStore& store = session.context.store;
  const Stage stage = Stage(int(request.stage()));
  Block block = from_proto(request.header().baseheader().block());
  auto stop = session.closer(co_await asio::this_coro::executor);
  const bool copy = request.header().clientname().empty();
  const bool transfer = stage == Stage::kTransferRbw || stage == Stage::kTransferFinalized;
  Opened opened;
  if (copy || transfer || stage == Stage::kSetupCreate) {
    // A client that tries once more to begin a block says so by a newer stamp.
    block.generation = std::max(block.generation, GenerationStamp(request.latestgenerationstamp()));
    ReplicaStore::Creation creation{.block = block,
                                    .state = copy || transfer ? ReplicaState::kTemporary : ReplicaState::kRbw,
                                    .storage_type = StorageType(int(request.storagetype())),
                                    .checksum = checksum,
                                    .replaces_older = transfer};
    DFS_CO_TRY(opened.writer, co_await store.create(creation, std::move(stop)));
  } else {
    ReplicaStore::Continuation request_of{.block = block,
                                          .generation = GenerationStamp(request.latestgenerationstamp()),
                                          .received_bytes_min = request.minbytesrcvd(),
                                          .received_bytes_max = request.maxbytesrcvd(),
                                          .checksum = checksum};
    switch (stage) {
      case Stage::kSetupAppend: {
        DFS_CO_TRY(opened.writer, co_await store.append(request_of, std::move(stop)));
        break;
      }
      case Stage::kSetupAppendRecovery: {
        DFS_CO_TRY(opened.writer, co_await store.recover_append(request_of, std::move(stop)));
        break;
      }
      case Stage::kSetupStreamingRecovery: {
        DFS_CO_TRY(opened.writer, co_await store.recover_rbw(request_of, std::move(stop)));
        break;
      }
      case Stage::kCloseRecovery: {
        DFS_CO_TRY_OK(co_await store.recover_close(request_of));
        break;
      }
      default:
        co_return fail(ErrorCode::kIo,
                       fmt::format("Unsupported stage {} while receiving block {} from {}", name_of(stage),
                                   to_string(store.pool_id(), block), session.stream->remote()));
    }
  }
  if (opened.writer && !copy && !transfer && stage != Stage::kSetupStreamingRecovery) {
    Replica& replica = opened.writer->replica();
    store.events().receiving(replica.view().block, replica.volume().storage_id());
  }
  co_return opened;
}

// The request as the next DataNode gets it: without itself among the targets.
pb::OpWriteBlockProto for_next(const pb::OpWriteBlockProto& request) {
  pb::OpWriteBlockProto next = request;
  auto drop_first = [](auto* list) {
    if (list->size() > 0) list->erase(list->begin());
  };
  drop_first(next.mutable_targets());
  if (request.targetstoragetypes_size() > 0) next.set_storagetype(request.targetstoragetypes(0));
  drop_first(next.mutable_targetstoragetypes());
  next.set_pinning(request.targetpinnings_size() > 0 && request.targetpinnings(0));
  drop_first(next.mutable_targetpinnings());
  next.clear_storageid();
  if (request.targetstorageids_size() > 0) next.set_storageid(request.targetstorageids(0));
  drop_first(next.mutable_targetstorageids());
  return next;
}

struct Connected {
  BlockReceiver::Mirror mirror;
  pb::BlockOpResponseProto answer;  // of a client's pipeline
};

Task<Result<Connected>> connect_next(Session& session, const pb::OpWriteBlockProto& request, bool awaits_answer) {
  const auto patience = session.context.idle_deadline + kPatiencePerNode * request.targets_size();
  Connected connected;
  Endpoint endpoint = transfer_endpoint(session.context, request.targets(0));
  DFS_CO_TRY(connected.mirror.stream, co_await connect_tcp(endpoint, patience));
  connected.mirror.reader = std::make_unique<transfer::Reader>(*connected.mirror.stream);
  connected.mirror.nodes = size_t(request.targets_size());
  Watchdog::Watch watch(session.watchdog, *connected.mirror.stream, patience);
  pb::OpWriteBlockProto next = for_next(request);
  DFS_CO_TRY_OK(co_await transfer::send_op(*connected.mirror.stream, transfer::Op::kWriteBlock, next));
  connected.answer.set_status(pb::SUCCESS);
  connected.answer.set_firstbadlink("");
  if (awaits_answer) DFS_CO_TRY_OK(co_await connected.mirror.reader->message(connected.answer));
  co_return connected;
}

// What a stage without packets by acknowledgement ends with.
Task<Result<void>> finish_copy(Session& session, const pb::OpWriteBlockProto& request,
                               std::unique_ptr<ReplicaWriter> writer) {
  ReplicaStore& store = session.context.store;
  auto executor = writer->replica().volume().executor();
  co_return co_await run_on(executor, [&]() -> Result<void> {
    if (Stage(int(request.stage())) == Stage::kTransferRbw) {
      uint64_t visible_bytes = writer->replica().view().on_disk_bytes;
      return store.convert_to_rbw(std::move(writer), visible_bytes);
    }
    return store.finalise(std::move(writer), session.context.sync_on_close, "");
  });
}

}  // namespace

Task<Result<Next>> write_block(Session& session, pb::OpWriteBlockProto request) {
  TransferContext& context = session.context;
  const pb::ExtendedBlockProto& block_proto = request.header().baseheader().block();
  DFS_CO_TRY_OK(check_pool(context.store, block_proto));
  const Block block = from_proto(block_proto);
  const Stage stage = Stage(int(request.stage()));
  const bool copy = request.header().clientname().empty();
  const bool transfer = stage == Stage::kTransferRbw || stage == Stage::kTransferFinalized;
  const bool acknowledges = !copy && !transfer;
  if (transfer && request.targets_size() > 0) {
    co_return fail(ErrorCode::kIo, name_of(stage) + " does not support multiple targets");
  }
  DFS_CO_TRY(checksum::Checksum checksum, transfer::from_proto(request.requestedchecksum()));
  session.watch.touch();
  DFS_CO_TRY(Opened opened, co_await open_replica(session, request, checksum));
  session.watch.set_patience(context.idle_deadline + kPatiencePerNode * (request.targets_size() + 1));

  std::optional<BlockReceiver::Mirror> mirror;
  pb::BlockOpResponseProto answer;
  answer.set_status(pb::SUCCESS);
  answer.set_firstbadlink("");
  if (request.targets_size() > 0) {
    auto connected = co_await connect_next(session, request, acknowledges);
    if (connected) {
      mirror = std::move(connected->mirror);
      answer.set_status(connected->answer.status());
      answer.set_firstbadlink(connected->answer.firstbadlink());
    } else {
      const pb::DatanodeIDProto& next = request.targets(0).id();
      log::info("Mirroring {} to {}: {}", to_string(context.store.pool_id(), block), next.ipaddr(),
                connected.error().message());
      if (acknowledges) {
        answer.set_status(pb::ERROR);
        answer.set_firstbadlink(next.ipaddr() + ":" + std::to_string(next.xferport()));
        DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, answer));
        co_return fail(std::move(connected).error());
      }
    }
  }
  if (acknowledges) DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, answer));
  if (!opened.writer) co_return Next::kCloseConnection;

  const bool last_node = !mirror.has_value();
  BlockReceiver receiver({.sender_checksum = checksum,
                          .acknowledges = acknowledges,
                          .verifies = last_node || copy,
                          .sync_on_close = context.sync_on_close,
                          .idle_deadline = context.idle_deadline},
                         context.store, std::move(opened.writer), session.stream, session.reader, session.watchdog,
                         session.watch, std::move(mirror), co_await asio::this_coro::executor);
  auto received = co_await receiver.run();
  std::unique_ptr<ReplicaWriter> writer = receiver.take_writer();
  if (!received) {
    if (receiver.found_corruption() && copy && request.has_source() && context.report_remote_corrupt) {
      context.report_remote_corrupt(block, request.source());
    }
    // A copy that fails leaves nothing behind; a client's replica waits for its recovery.
    if (!acknowledges && writer) {
      auto executor = writer->replica().volume().executor();
      co_await run_on(executor, [&] { context.store.discard(std::move(writer)); });
    }
    co_return fail(std::move(received).error());
  }
  if (writer) {
    DFS_CO_TRY_OK(co_await finish_copy(session, request, std::move(writer)));
    if (transfer) DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kSuccess, ""));
  }
  co_return Next::kCloseConnection;
}

}  // namespace dfs::datanode
