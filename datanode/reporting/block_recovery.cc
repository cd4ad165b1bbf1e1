// Block recovery as its primary DataNode (BlockRecoveryWorker.RecoveryTaskContiguous): agree with the other holders on
// a length, give all the same generation stamp, and tell the NameNode.
#include <fmt/format.h>

#include <algorithm>

#include "datanode/reporting/namenode_link.h"
#include "datanode/reporting/namenode_link_state.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace dp = hadoop::hdfs::datanode;

RecoveryPeer::RecoveryPeer(asio::any_io_executor executor, ReplicaStore* store, Endpoint ipc, security::Identity user)
    : store_(store) {
  if (store_) return;
  client_ = std::make_unique<rpc::Client>(
      executor, rpc::Client::Settings{.server = std::move(ipc),
                                      .protocol = "org.apache.hadoop.hdfs.server.protocol.InterDatanodeProtocol",
                                      .protocol_version = 1,
                                      .user = std::move(user),
                                      .client_id = ""});
}

RecoveryPeer::~RecoveryPeer() = default;

Task<Result<std::optional<ReplicaStore::RecoverySource>>> RecoveryPeer::init(hadoop::hdfs::RecoveringBlockProto block) {
  using Source = std::optional<ReplicaStore::RecoverySource>;
  if (store_) {
    co_return co_await store_->init_recovery(from_proto(block.block().b()), GenerationStamp(block.newgenstamp()));
  }
  hadoop::hdfs::InitReplicaRecoveryRequestProto request;
  *request.mutable_block() = std::move(block);
  hadoop::hdfs::InitReplicaRecoveryResponseProto response;
  DFS_CO_TRY_OK(co_await client_->call("initReplicaRecovery", request, response));
  if (!response.replicafound()) co_return Source();
  ReplicaStore::RecoverySource source;
  source.block = {.id = BlockId(response.block().blockid()),
                  .generation = GenerationStamp(response.block().genstamp()),
                  .length_bytes = response.block().numbytes()};
  source.state = ReplicaState(int(response.state()));
  co_return Source(source);
}

Task<Result<std::string>> RecoveryPeer::update(hadoop::hdfs::ExtendedBlockProto block, GenerationStamp recovery_id,
                                               BlockId new_id, uint64_t length_bytes) {
  if (store_) co_return co_await store_->update_under_recovery(from_proto(block), recovery_id, new_id, length_bytes);
  hadoop::hdfs::UpdateReplicaUnderRecoveryRequestProto request;
  *request.mutable_block() = std::move(block);
  request.set_recoveryid(raw(recovery_id));
  request.set_newlength(length_bytes);
  request.set_newblockid(raw(new_id));
  hadoop::hdfs::UpdateReplicaUnderRecoveryResponseProto response;
  DFS_CO_TRY_OK(co_await client_->call("updateReplicaUnderRecovery", request, response));
  co_return response.storageuuid();
}

Task<void> RecoveryPeer::close() {
  if (client_) co_await client_->close();
}

namespace {

struct Holder {
  hadoop::hdfs::DatanodeIDProto node;
  std::unique_ptr<RecoveryPeer> peer;
  ReplicaStore::RecoverySource source;
};

struct Agreement {
  uint64_t length_bytes = 0;
  std::vector<Holder*> participants;
};

// Finalized replicas decide where there are any; otherwise the shortest of the best state.
Result<Agreement> agree(std::vector<Holder>& holders) {
  ReplicaState best = ReplicaState::kRwr;
  std::optional<uint64_t> finalized;
  for (Holder& holder : holders) {
    best = std::min(best, holder.source.state);
    if (holder.source.state != ReplicaState::kFinalized) continue;
    if (finalized && *finalized != holder.source.block.length_bytes) {
      return fail(ErrorCode::kIo, fmt::format("Inconsistent size of finalized replicas: {} and {}", *finalized,
                                              holder.source.block.length_bytes));
    }
    finalized = holder.source.block.length_bytes;
  }
  Agreement agreement;
  agreement.length_bytes = finalized.value_or(UINT64_MAX);
  for (Holder& holder : holders) {
    const uint64_t length = holder.source.block.length_bytes;
    bool takes_part = finalized ? holder.source.state == ReplicaState::kFinalized ||
                                      (holder.source.state == ReplicaState::kRbw && length == *finalized)
                                : holder.source.state == best;
    if (!takes_part) continue;
    if (!finalized) agreement.length_bytes = std::min(agreement.length_bytes, length);
    agreement.participants.push_back(&holder);
  }
  return agreement;
}

}  // namespace

Task<void> NamenodeLink::recover_blocks(dp::BlockRecoveryCommandProto command) {
  for (const auto& block : command.blocks()) {
    if (co_await cancelled()) co_return;
    if (auto recovered = co_await recover(block); !recovered) {
      log::warn("Recovery of {} failed: {}", to_string(state_->store->pool_id(), from_proto(block.block().b())),
                recovered.error().to_string());
    }
  }
}

Task<Result<void>> NamenodeLink::recover(hadoop::hdfs::RecoveringBlockProto recovering) {
  const auto& block_proto = recovering.block().b();
  const Block block = from_proto(block_proto);
  const GenerationStamp recovery_id{recovering.newgenstamp()};
  std::vector<std::unique_ptr<RecoveryPeer>> peers;
  std::vector<Holder> holders;
  int errors = 0, candidates = 0;
  Result<void> aborted;
  for (const auto& location : recovering.block().locs()) {
    const auto& node = location.id();
    const bool self = node.datanodeuuid() == settings_.uuid;
    auto peer = std::make_unique<RecoveryPeer>(
        executor_, self ? state_->store : nullptr,
        Endpoint{settings_.connect_by_host_name ? node.hostname() : node.ipaddr(), uint16_t(node.ipcport())},
        settings_.user);
    auto source = co_await peer->init(recovering);
    if (!source) {
      log::warn("Recovery of {}: {} says {}", to_string(block_proto.poolid(), block), node.ipaddr(),
                source.error().to_string());
      if (source.error().code() == ErrorCode::kRecoveryInProgress) aborted = fail(source.error());
      ++errors;
    } else if (*source && (*source)->block.generation >= block.generation && (*source)->block.length_bytes > 0) {
      ++candidates;
      if ((*source)->state <= ReplicaState::kRwr) {
        holders.push_back({.node = node, .peer = std::move(peer), .source = **source});
      }
    }
    if (peer) peers.push_back(std::move(peer));
    if (!aborted) break;
  }

  dp::CommitBlockSynchronizationRequestProto commit;
  *commit.mutable_block() = block_proto;
  commit.set_newgenstamp(raw(recovery_id));
  commit.set_newlength(0);
  commit.set_closefile(true);
  commit.set_deleteblock(true);
  Result<void> outcome = aborted;
  if (outcome && errors == recovering.block().locs_size()) {
    outcome = fail(ErrorCode::kIo, "All datanodes failed");
  }
  if (outcome && candidates > 0 && holders.empty()) {
    outcome = fail(ErrorCode::kIo, fmt::format("Found {} replica(s) but none is in RWR or better state", candidates));
  }
  if (outcome && !holders.empty()) {
    auto agreement = agree(holders);
    if (!agreement) {
      outcome = fail(std::move(agreement).error());
    } else {
      const bool truncates = recovering.has_truncateblock();
      const BlockId new_id{truncates ? recovering.truncateblock().blockid() : raw(block.id)};
      const uint64_t length = truncates ? recovering.truncateblock().numbytes() : agreement->length_bytes;
      commit.set_deleteblock(false);
      commit.set_newlength(length);
      for (Holder* holder : agreement->participants) {
        hadoop::hdfs::ExtendedBlockProto old;
        to_proto(holder->source.block, block_proto.poolid(), old);
        auto storage_id = co_await holder->peer->update(old, recovery_id, new_id, length);
        if (!storage_id) {
          log::warn("Recovery of {}: updating {}: {}", to_string(block_proto.poolid(), block), holder->node.ipaddr(),
                    storage_id.error().to_string());
          continue;
        }
        *commit.add_newtaragets() = holder->node;
        commit.add_newtargetstorages(*storage_id);
      }
      if (commit.newtaragets_size() == 0) outcome = fail(ErrorCode::kIo, "all participating datanodes failed");
    }
  }
  for (auto& peer : peers) co_await peer->close();
  for (Holder& holder : holders) co_await holder.peer->close();
  DFS_CO_TRY_OK(std::move(outcome));
  dp::CommitBlockSynchronizationResponseProto response;
  co_return co_await state_->client.call("commitBlockSynchronization", commit, response);
}

}  // namespace dfs::datanode
