#include "namenode/fsck/block_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "namenode/blocks/replica_rules.h"
#include "namenode/datanodes/storage_types.h"

namespace dfs::namenode {
namespace {

std::string address_of(const DatanodeStatus& datanode) {
  return fmt::format("{}:{}", datanode.ip_address, datanode.transfer_port);
}

void count(BlockHealth& health, const DatanodeStatus& datanode) {
  switch (datanode.admin_state) {
    case AdminState::kNormal:
      ++health.live;
      break;
    case AdminState::kDecommissionInProgress:
      ++health.decommissioning;
      break;
    case AdminState::kDecommissioned:
      ++health.decommissioned;
      break;
    case AdminState::kEnteringMaintenance:
      ++health.entering_maintenance;
      break;
    case AdminState::kInMaintenance:
      ++health.in_maintenance;
      break;
  }
}

std::string_view details_of(const ReplicaHealth& replica, bool shows_maintenance) {
  switch (replica.datanode->admin_state) {
    case AdminState::kDecommissioned:
      return "DECOMMISSIONED";
    case AdminState::kDecommissionInProgress:
      return "DECOMMISSIONING";
    case AdminState::kEnteringMaintenance:
      if (shows_maintenance) return "ENTERING MAINTENANCE";
      break;
    case AdminState::kInMaintenance:
      if (shows_maintenance) return "IN MAINTENANCE";
      break;
    case AdminState::kNormal:
      break;
  }
  if (replica.corrupt) return "CORRUPT";
  if (replica.datanode->liveness == DatanodeLiveness::kStale) return "STALE_NODE";
  return "LIVE";
}

}  // namespace

Result<BlockHealth> health_of(const Query& query, const BlockRow& block) {
  BlockHealth health;
  DFS_TRY(std::vector<LocatedReplica> rows, replicas_of(query.view, block.id));
  for (const LocatedReplica& row : rows) {
    auto place = query.datanodes.by_storage.find(uint32_t(row.storage));
    if (place == query.datanodes.by_storage.end()) continue;
    const DatanodeStatus& datanode = query.datanodes.datanodes[place->second.datanode];
    const StorageStatus& storage = datanode.storages[place->second.storage];
    if (datanode.liveness == DatanodeLiveness::kDead || storage.failed) continue;
    const bool corrupt = row.replica.state == ReplicaRowState::kCorrupt;
    const bool good = !corrupt && is_good(block, row.replica);
    // A replica that is expected of a pipeline is where an unfinished block is, and nothing of a complete one.
    if (!corrupt && !good && block.state == BlockState::kComplete) continue;
    health.replicas.push_back({&datanode, &storage, row.replica, corrupt});
    if (datanode.liveness == DatanodeLiveness::kStale) ++health.stale;
    if (corrupt) {
      ++health.corrupt;
    } else if (good) {
      count(health, datanode);
    }
  }
  return health;
}

std::string rack_path(const DatanodeStatus& datanode) {
  return datanode.network_location + "/" + address_of(datanode);
}

std::string replica_list(const FsckOptions& options, const BlockHealth& health) {
  if (!options.shows_replicas()) return "";
  std::string text = " [";
  bool first = true;
  for (const ReplicaHealth& replica : health.replicas) {
    if (!std::exchange(first, false)) text += ", ";
    text += options.racks ? rack_path(*replica.datanode)
                          : fmt::format("DatanodeInfoWithStorage[{},{},{}]", address_of(*replica.datanode),
                                        replica.storage->uuid, storage_type_name(replica.storage->storage_type));
    if (options.upgrade_domains) {
      const std::string& domain = replica.datanode->upgrade_domain;
      text += fmt::format("(ud={})", domain.empty() ? "undefined" : domain);
    }
    if (options.replica_details) text += fmt::format("({})", details_of(replica, options.maintenance));
  }
  return text + "]";
}

uint32_t rack_count(const DatanodeView& datanodes) {
  std::set<std::string_view> racks;
  for (const DatanodeStatus& datanode : datanodes.datanodes) {
    if (datanode.liveness != DatanodeLiveness::kDead) racks.insert(datanode.network_location);
  }
  return uint32_t(racks.size());
}

RackSpread rack_spread(const DatanodeView& datanodes, const BlockHealth& health, uint16_t replication) {
  const uint32_t in_cluster = rack_count(datanodes);
  if (in_cluster < 2) return {};
  std::set<std::string_view> racks;
  for (const ReplicaHealth& replica : health.replicas) {
    if (!replica.corrupt) racks.insert(replica.datanode->network_location);
  }
  return {.racks = uint32_t(racks.size()), .required = std::min<uint32_t>(2, replication), .in_cluster = in_cluster};
}

}  // namespace dfs::namenode
