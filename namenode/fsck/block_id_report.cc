#include "namenode/fsck/block_id_report.h"

#include <fmt/format.h>

#include <charconv>

#include "namenode/blocks/stored_block.h"
#include "namenode/fsck/block_health.h"
#include "namenode/namespace/inode_path.h"

namespace dfs::namenode {
namespace {

// Block.getBlockId: the number behind "blk_", 0 where the name is another.
uint64_t id_in(std::string_view name) {
  constexpr std::string_view kPrefix = "blk_";
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  uint64_t id = 0;
  std::from_chars(name.data(), name.data() + name.size(), id);
  return id;
}

// CorruptReplicasMap.Reason, as far as the row tells it.
std::string_view reason_of(const BlockRow& block, const ReplicaRow& replica) {
  if (replica.generation_stamp != block.generation_stamp) return "GENSTAMP_MISMATCH";
  if (replica.length != block.length) return "SIZE_MISMATCH";
  return "CORRUPTION_REPORTED";
}

std::string status_of(const BlockRow& block, const ReplicaHealth& replica, bool shows_maintenance) {
  if (replica.corrupt) return fmt::format("is CORRUPT\t ReasonCode: {}", reason_of(block, replica.row));
  switch (replica.datanode->admin_state) {
    case AdminState::kDecommissioned:
      return "is DECOMMISSIONED";
    case AdminState::kDecommissionInProgress:
      return "is DECOMMISSIONING";
    case AdminState::kEnteringMaintenance:
      if (shows_maintenance) return "is ENTERING MAINTENANCE";
      break;
    case AdminState::kInMaintenance:
      if (shows_maintenance) return "is IN MAINTENANCE";
      break;
    case AdminState::kNormal:
      break;
  }
  return replica.datanode->liveness == DatanodeLiveness::kStale ? "is STALE" : "is HEALTHY";
}

}  // namespace

Result<std::string> block_id_report(const FsckOptions& options, const Query& query, std::string_view name) {
  DFS_TRY(std::optional<StoredBlock> stored, find_block(query.view, BlockId{id_in(name)}));
  std::optional<InodePath> path;
  if (stored) {
    DFS_TRY(path, resolve_inode(query.view, stored->owner.file));
  }
  if (!path || path->last() == nullptr) return fmt::format("Block {} does not exist\n", name);
  DFS_TRY(BlockHealth health, health_of(query, stored->row));
  std::string text = fmt::format(
      "Block Id: {}\nBlock belongs to: {}\nNo. of Expected Replica: {}\nNo. of live Replica: {}\n"
      "No. of excess Replica: 0\nNo. of stale Replica: {}\nNo. of decommissioned Replica: {}\n"
      "No. of decommissioning Replica: {}\n",
      name, path->path(), path->last()->replication, health.live, health.stale, health.decommissioned,
      health.decommissioning);
  if (options.maintenance) {
    text += fmt::format("No. of entering maintenance Replica: {}\nNo. of in maintenance Replica: {}\n",
                        health.entering_maintenance, health.in_maintenance);
  }
  text += fmt::format("No. of corrupted Replica: {}\n", health.corrupt);
  for (const ReplicaHealth& replica : health.replicas) {
    text += fmt::format("Block replica on datanode/rack: {}{} {}\n", replica.datanode->host_name,
                        replica.datanode->network_location, status_of(stored->row, replica, options.maintenance));
  }
  return text;
}

}  // namespace dfs::namenode
