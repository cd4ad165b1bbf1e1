#include <algorithm>
#include <random>

#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/queries.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode {
namespace {

// Where a reader may find the block. A block under construction is where its pipeline is; a complete one where replicas
// of its stamp are reported, or, just after a restart, still expected. If all of them are corrupt they are shown,
// marked so, since a reader may yet get something out of them.
Result<LocatedBlock> locate_block(const Query& query, const BlockRow& row, uint64_t offset) {
  LocatedBlock block{.id = row.id, .generation_stamp = row.generation_stamp, .length = row.length, .offset = offset};
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(query.view, row.id));
  auto take = [&](auto wanted) {
    for (const LocatedReplica& located : replicas) {
      auto place = query.datanodes.by_storage.find(uint32_t(located.storage));
      if (place == query.datanodes.by_storage.end()) continue;
      const DatanodeStatus& datanode = query.datanodes.datanodes[place->second.datanode];
      if (datanode.liveness == DatanodeLiveness::kDead || datanode.admin_state == AdminState::kInMaintenance) continue;
      if (wanted(located.replica)) block.storages.push_back(located.storage);
    }
    return !block.storages.empty();
  };
  auto good = [](const ReplicaRow& replica) { return replica.state != ReplicaRowState::kCorrupt; };
  if (row.state == BlockState::kComplete && take([&](const ReplicaRow& replica) {
        return replica.state == ReplicaRowState::kFinalized && replica.generation_stamp == row.generation_stamp;
      })) {
    return block;
  }
  if (take([&](const ReplicaRow& replica) {
        return good(replica) && replica.generation_stamp == row.generation_stamp;
      })) {
    return block;
  }
  // The stamp of a pipeline in recovery runs ahead of the log.
  if (row.state != BlockState::kComplete && take(good)) return block;
  block.corrupt = row.state == BlockState::kComplete &&
                  take([&](const ReplicaRow& replica) { return replica.state == ReplicaRowState::kCorrupt; });
  return block;
}

int distance(std::string_view address, std::string_view rack, const DatanodeStatus& datanode) {
  int away = datanode.ip_address == address || datanode.host_name == address ? 0
             : datanode.network_location == rack                             ? 2
                                                                             : 4;
  if (datanode.liveness != DatanodeLiveness::kLive) away += 10;
  switch (datanode.admin_state) {
    case AdminState::kNormal:
      break;
    case AdminState::kEnteringMaintenance:
    case AdminState::kInMaintenance:
      away += 20;
      break;
    case AdminState::kDecommissionInProgress:
      away += 40;
      break;
    case AdminState::kDecommissioned:
      away += 60;
      break;
  }
  return away;
}

}  // namespace

void sort_by_distance(const DatanodeView& datanodes, std::string_view address, std::vector<StorageNumber>& storages) {
  if (storages.size() < 2) return;
  // A client that is no DataNode is on the default rack, as without a topology script.
  std::string_view rack = "/default-rack";
  for (const DatanodeStatus& datanode : datanodes.datanodes) {
    if (datanode.ip_address == address) rack = datanode.network_location;
  }
  thread_local std::minstd_rand shuffle_random{std::random_device{}()};
  std::shuffle(storages.begin(), storages.end(), shuffle_random);
  auto key = [&](StorageNumber storage) {
    auto place = datanodes.by_storage.find(uint32_t(storage));
    if (place == datanodes.by_storage.end()) return 100;
    return distance(address, rack, datanodes.datanodes[place->second.datanode]);
  };
  std::vector<std::pair<int, StorageNumber>> ranked;
  ranked.reserve(storages.size());
  for (StorageNumber storage : storages) ranked.emplace_back(key(storage), storage);
  // Insertion keeps what the shuffle gave to those at the same distance; a block has few replicas.
  for (size_t i = 1; i < ranked.size(); ++i) {
    for (size_t k = i; k > 0 && ranked[k].first < ranked[k - 1].first; --k) std::swap(ranked[k], ranked[k - 1]);
  }
  for (size_t i = 0; i < ranked.size(); ++i) storages[i] = ranked[i].second;
}

Result<LocatedBlocks> locate(const Query& query, const InodeRow& file, std::optional<SnapshotId> as_of, uint64_t offset,
                             uint64_t length) {
  LocatedBlocks located{.under_construction = file.under_construction && !as_of};
  DFS_TRY(std::vector<BlockRow> rows, blocks_of_file(query.view, file, as_of));
  if (rows.empty()) return located;
  const BlockRow& last = rows.back();
  located.last_complete = as_of || last.state == BlockState::kComplete;
  located.file_length = file.length - (located.last_complete ? 0 : last.length);
  // The last block may have grown since the snapshot.
  if (as_of) length = offset < file.length ? std::min(length, file.length - offset) : 0;
  const uint64_t end = offset + length < offset ? UINT64_MAX : offset + length;
  uint64_t position = 0;
  for (const BlockRow& row : rows) {
    const bool is_last = &row == &last;
    const bool empty_last = is_last && row.length == 0;
    const bool begun = position + row.length > offset || (empty_last && (rows.size() == 1 || !located.blocks.empty()));
    // The block that `offset` lies in is shown even if no length is asked for.
    if (begun && (position < end || located.blocks.empty())) {
      DFS_TRY(LocatedBlock block, locate_block(query, row, position));
      located.blocks.push_back(std::move(block));
    }
    position += row.length;
  }
  const uint64_t last_offset = as_of                   ? position - last.length
                               : located.last_complete ? located.file_length - last.length
                                                       : located.file_length;
  DFS_TRY(located.last, locate_block(query, last, last_offset));
  return located;
}

Result<OpenedForRead> block_locations(const Query& query, std::string_view path, uint64_t offset, uint64_t length) {
  if (int64_t(offset) < 0 || int64_t(length) < 0) {
    return fail(ErrorCode::kInvalidArgument, std::string("Negative ") + (int64_t(offset) < 0 ? "offset" : "length") +
                                                 " is not supported. File: " + std::string(path));
  }
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
  DFS_TRY(InodeRow file, require_file(resolved, resolved.path()));
  DFS_TRY_OK(permissions.check_last(resolved, Access::kRead));
  if (query.settings.permissions_enabled && query.caller.is_superuser &&
      std::ranges::any_of(file.xattrs, operations::is_unreadable_by_superuser)) {
    return fail(ErrorCode::kAccessControl, "Access is denied for " + query.caller.identity.user +
                                               " since the superuser is not allowed to perform this operation.");
  }
  OpenedForRead opened{
      .blocks = {}, .file = file.id, .access_time_ms = file.access_time_ms, .in_snapshot = resolved.is_snapshot()};
  DFS_TRY(opened.blocks, locate(query, file, resolved.as_of(), offset, length));
  for (LocatedBlock& block : opened.blocks.blocks) {
    sort_by_distance(query.datanodes, query.caller.client_address, block.storages);
    // FSNamesystem.getBlockLocations: while starting, a client waits for the DataNodes rather than give up.
    if (block.storages.empty() && query.datanodes.safe_mode && block.length > 0) {
      return fail(ErrorCode::kSafeMode, "Zero blocklocations for " + std::string(path) +
                                            ". Name node is in safe mode.\n" + query.datanodes.safe_mode_reason +
                                            " NamenodeHostName:" + query.settings.host_name);
    }
  }
  if (opened.blocks.last) {
    sort_by_distance(query.datanodes, query.caller.client_address, opened.blocks.last->storages);
  }
  return opened;
}

}  // namespace dfs::namenode
