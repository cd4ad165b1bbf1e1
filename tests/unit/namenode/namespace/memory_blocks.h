#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namenode/blocks/blocks.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

// The block side without a cluster: so many DataNodes with a storage each, every replica where it was expected, and
// finalized as soon as `report` says so. Deterministic.
class MemoryBlocks final : public Blocks {
 public:
  explicit MemoryBlocks(uint32_t datanode_count) {
    for (uint32_t i = 0; i < datanode_count; ++i) {
      DatanodeStatus datanode;
      datanode.uuid = "dn-" + std::to_string(i);
      datanode.ip_address = "10.0.0." + std::to_string(i + 1);
      datanode.host_name = "host" + std::to_string(i + 1);
      StorageStatus storage;
      storage.number = StorageNumber(i + 1);
      storage.uuid = "DS-" + std::to_string(i);
      datanode.storages.push_back(storage);
      view_->by_storage[i + 1] = {.datanode = i, .storage = 0};
      view_->datanodes.push_back(std::move(datanode));
    }
  }

  std::vector<StorageNumber> choose_targets(const PlacementRequest& request) override {
    std::vector<StorageNumber> targets;
    for (const DatanodeStatus& datanode : view_->datanodes) {
      if (targets.size() == request.count) break;
      StorageNumber number = datanode.storages.front().number;
      auto contains = [](const auto& range, const auto& value) {
        return std::find(range.begin(), range.end(), value) != range.end();
      };
      if (contains(request.excluded, datanode.uuid) || contains(request.present, number)) continue;
      targets.push_back(number);
    }
    return targets;
  }
  Result<uint32_t> live_replicas(const View& view, const BlockRow& block) override {
    if (all_reported) return 3;
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block.id));
    return uint32_t(std::count_if(replicas.begin(), replicas.end(), [&](const LocatedReplica& located) {
      return located.replica.state == ReplicaRowState::kFinalized &&
             located.replica.generation_stamp == block.generation_stamp;
    }));
  }
  Result<void> expect(const View& view, Batch& batch, BlockId block, GenerationStamp stamp,
                      std::span<const StorageNumber> targets) override {
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
    for (const LocatedReplica& located : replicas) batch.erase(Table::kReplicas, replica_key(block, located.storage));
    for (StorageNumber storage : targets) {
      batch.put(Table::kReplicas, replica_key(block, storage), encode(ReplicaRow{.generation_stamp = stamp}));
    }
    return {};
  }
  Result<void> recover(const View&, BlockRecovery recovery) override {
    recoveries[raw(recovery.result())] = recovery;
    return {};
  }
  std::optional<BlockRecovery> recovery_of(BlockId block) const override {
    auto found = recoveries.find(raw(block));
    return found == recoveries.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> report_bad(const View&, Batch&, const BlockRow&, std::string_view, std::string_view) override {
    return {};
  }
  std::vector<Awaited> take_arrived() override { return std::exchange(arrived, {}); }
  std::vector<BlockId> corrupt_blocks(BlockId, size_t) const override { return {}; }
  Result<void> removed(const View& view, Batch& batch, std::span<const BlockId> blocks) override {
    for (BlockId block : blocks) {
      recoveries.erase(raw(block));
      DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
      for (const LocatedReplica& located : replicas) {
        batch.erase(Table::kReplicas, replica_key(block, located.storage));
      }
    }
    return {};
  }
  Result<void> completed(const View&, std::span<const BlockId> blocks) override {
    for (BlockId block : blocks) recoveries.erase(raw(block));
    return {};
  }
  Result<void> replication_changed(const View&, InodeId) override { return {}; }
  std::shared_ptr<const DatanodeView> datanodes() const override { return view_; }
  bool in_safe_mode() const override { return safe_mode; }
  void enter_safe_mode() override { safe_mode = true; }
  void leave_safe_mode() override { safe_mode = false; }
  void set_resources_low(bool low) override { resources_low = low; }
  bool locations_settled() const override { return settled; }

  // Every replica counts as finalized and reported.
  bool all_reported = true;
  std::vector<Awaited> arrived;
  bool safe_mode = false;
  bool resources_low = false;
  bool settled = true;
  std::map<uint64_t, BlockRecovery> recoveries;

 private:
  std::shared_ptr<DatanodeView> view_ = std::make_shared<DatanodeView>();
};

}  // namespace dfs::namenode
