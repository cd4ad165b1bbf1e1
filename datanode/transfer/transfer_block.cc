// Sending a replica of ours to another DataNode: TRANSFER_BLOCK and the NameNode's orders (DataNode.DataTransfer).
#include <fmt/format.h>

#include "datanode/transfer/operation.h"
#include "proto/base/check.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

pb::OpWriteBlockProto request_of(const Copy& copy, const ReplicaReader& reader, const std::string& pool) {
  pb::OpWriteBlockProto request;
  pb::ExtendedBlockProto& block = *request.mutable_header()->mutable_baseheader()->mutable_block();
  to_proto(copy.block, pool, block);
  request.mutable_header()->set_clientname(copy.client);
  for (size_t i = 1; i < copy.targets.size(); ++i) *request.add_targets() = copy.targets[i];
  if (!copy.storage_types.empty()) request.set_storagetype(copy.storage_types[0]);
  for (size_t i = 1; i < copy.storage_types.size(); ++i) request.add_targetstoragetypes(copy.storage_types[i]);
  if (!copy.storage_ids.empty()) request.set_storageid(copy.storage_ids[0]);
  for (size_t i = 1; i < copy.storage_ids.size(); ++i) request.add_targetstorageids(copy.storage_ids[i]);
  request.set_stage(pb::OpWriteBlockProto::BlockConstructionStage(int(copy.stage)));
  request.set_pipelinesize(0);
  request.set_minbytesrcvd(0);
  request.set_maxbytesrcvd(0);
  request.set_latestgenerationstamp(raw(copy.block.generation));
  transfer::to_proto(reader.checksum(), *request.mutable_requestedchecksum());
  request.mutable_cachingstrategy();
  return request;
}

}  // namespace

Task<Result<void>> send_copy(TransferContext& context, Watchdog& watchdog, Copy copy) {
  DFS_CHECK(!copy.targets.empty());
  DFS_CO_TRY(std::unique_ptr<ReplicaReader> reader,
             co_await open_for_reading(context, copy.block, copy.block.length_bytes));
  if (reader->length_bytes() < copy.block.length_bytes) {
    // NameNode and disk disagree: this replica cannot be what others are made from.
    context.store.report_corrupt(reader->shared(), reader->view());
    co_return fail(ErrorCode::kIo, fmt::format("Can't replicate block {} because on-disk length {} is shorter than "
                                               "NameNode recorded length {}",
                                               to_string(context.store.pool_id(), copy.block), reader->length_bytes(),
                                               copy.block.length_bytes));
  }
  Endpoint endpoint = transfer_endpoint(context, copy.targets[0]);
  DFS_CO_TRY(std::unique_ptr<Stream> stream, co_await connect_tcp(endpoint, context.idle_deadline));
  Watchdog::Watch watch(watchdog, *stream, context.idle_deadline);
  DFS_CO_TRY_OK(co_await transfer::send_op(*stream, transfer::Op::kWriteBlock,
                                           request_of(copy, *reader, context.store.pool_id())));
  auto sent = co_await send_packets(*stream, watch, *reader,
                                    {.begin = 0, .end = copy.block.length_bytes, .sums = true, .verify = true});
  if (!sent) {
    context.store.note_read_error(reader->shared(), reader->view(), sent.error());
    co_return sent;
  }
  if (!copy.client.empty()) {
    transfer::Reader answers(*stream);
    pb::DNTransferAckProto answer;
    DFS_CO_TRY_OK(co_await answers.message(answer));
    if (answer.status() != pb::SUCCESS) {
      co_return fail(ErrorCode::kIo, "Bad connect ack, targets=" + endpoint.to_string() +
                                         " status=" + pb::Status_Name(answer.status()));
    }
  }
  log::info("Copied {} of {} bytes to {}", to_string(context.store.pool_id(), copy.block), copy.block.length_bytes,
            endpoint.to_string());
  co_return Result<void>{};
}

Task<Result<Next>> transfer_block(Session& session, pb::OpTransferBlockProto request) {
  ReplicaStore& store = session.context.store;
  const pb::ExtendedBlockProto& wanted = request.header().baseheader().block();
  DFS_CO_TRY_OK(check_pool(session.context.store, wanted));
  Copy copy;
  copy.block = from_proto(wanted);
  const std::string name = to_string(store.pool_id(), copy.block);
  auto replica = store.lookup(copy.block.id);
  if (!replica) co_return fail(ErrorCode::kIo, name + " not found in datanode.");
  Replica::View view = replica->view();
  if (view.block.generation < copy.block.generation) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("{} = storedGS < b.getGenerationStamp(), b={}", raw(view.block.generation), name));
  }
  copy.block.generation = view.block.generation;
  if (view.state == ReplicaState::kRbw) {
    copy.stage = transfer::Stage::kTransferRbw;
  } else if (view.state == ReplicaState::kFinalized) {
    copy.stage = transfer::Stage::kTransferFinalized;
  } else {
    co_return fail(ErrorCode::kIo, fmt::format("{} is neither a RBW nor a Finalized, r={}", name, name_of(view.state)));
  }
  copy.block.length_bytes = view.visible_bytes().value_or(0);
  copy.client = request.header().clientname();
  copy.targets.assign(request.targets().begin(), request.targets().end());
  for (int type : request.targetstoragetypes()) copy.storage_types.push_back(pb::StorageTypeProto(type));
  copy.storage_ids.assign(request.targetstorageids().begin(), request.targetstorageids().end());
  session.watch.set_patience(std::chrono::minutes(30));
  if (!copy.targets.empty()) DFS_CO_TRY_OK(co_await send_copy(session.context, session.watchdog, std::move(copy)));
  DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kSuccess, ""));
  co_return Next::kCloseConnection;
}

}  // namespace dfs::datanode
