#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namenode/fsck/fsck_options.h"
#include "namenode/namespace/queries.h"

namespace dfs::namenode {

// One replica of a block, with the DataNode that holds it.
struct ReplicaHealth {
  const DatanodeStatus* datanode = nullptr;
  const StorageStatus* storage = nullptr;
  ReplicaRow row;
  bool corrupt = false;
};

// Where a block's replicas are and what they are worth (BlockManager.countNodes). Replicas on dead DataNodes are none.
struct BlockHealth {
  std::vector<ReplicaHealth> replicas;
  uint32_t live = 0, corrupt = 0, stale = 0;
  uint32_t decommissioned = 0, decommissioning = 0, entering_maintenance = 0, in_maintenance = 0;
  uint32_t total() const { return live + decommissioned + decommissioning + entering_maintenance + in_maintenance; }
};
Result<BlockHealth> health_of(const Query& query, const BlockRow& block);

// " [DatanodeInfoWithStorage[...], ...]", as asked for; empty if nothing is.
std::string replica_list(const FsckOptions& options, const BlockHealth& health);
// "/default-rack/10.0.0.5:9866"
std::string rack_path(const DatanodeStatus& datanode);

// How replicas spread over racks (BlockPlacementPolicyDefault.verifyBlockPlacement).
struct RackSpread {
  uint32_t racks = 1, required = 1, in_cluster = 1;
  bool is_satisfied() const { return required <= racks || racks >= in_cluster; }
};
RackSpread rack_spread(const DatanodeView& datanodes, const BlockHealth& health, uint16_t replication);
// Racks with a live DataNode.
uint32_t rack_count(const DatanodeView& datanodes);

}  // namespace dfs::namenode
