#include <fmt/format.h>

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/permission.h"
#include "proto/base/log.h"

namespace dfs::namenode::operations {
namespace {

// Who has files that the NameNode recovers by itself (HdfsServerConstants.NAMENODE_LEASE_HOLDER). Another one for each
// hard limit (LeaseManager.getInternalLeaseHolder): a holder renews all its files at once, so that a single one would
// stay young while files come to it, and what could not be recovered the first time would stay open for ever.
std::string namenode_holder(const PlanContext& context) {
  return fmt::format("HDFS_NameNode-{}", context.now.time_since_epoch() / context.leases.hard_limit());
}

}  // namespace

Result<Planned<bool>> recover_lease(const PlanContext& context, const RecoverLease& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot recover the lease of " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY(InodeRow inode, require_file(path, path.path()));
  if (!inode.under_construction) return Planned<bool>{.value = true};
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  OpenFile file{std::move(inode), {}};
  DFS_TRY(file.open, open_row_of(context.view, file.inode.id));
  DFS_TRY(Released released, release_lease(context, path, file, request.holder));
  return Planned<bool>{.value = released.closed, .records = std::move(released.records)};
}

Result<Planned<bool>> release_expired_lease(const PlanContext& context) {
  Planned<bool> planned{.value = false};
  if (context.blocks.in_safe_mode()) return planned;
  std::vector<LeaseTable::Expired> expired = context.leases.expired(context.now, 1);
  if (expired.empty()) return planned;
  planned.value = true;
  const LeaseTable::Expired& lease = expired.front();
  DFS_TRY(std::optional<InodePath> path, resolve_inode(context.view, lease.file));
  if (!path || !path->last()->under_construction) {
    context.leases.release(lease.file);
    return planned;
  }
  if (path->path().size() > UINT16_MAX) {
    log::error(
        "The file with the number {} stays open: its path is too long for the edit log. Rename a folder above it.",
        raw(lease.file));
    context.leases.renew(lease.holder, context.now);
    return planned;
  }
  OpenFile file{*path->last(), {}};
  DFS_TRY(file.open, open_row_of(context.view, lease.file));
  Result<Released> released = release_lease(context, *path, file, namenode_holder(context));
  if (!released) {
    log::warn("Cannot release the path {} in the lease of {}. It will be retried. {}", path->path(), lease.holder,
              released.error().to_string());
    context.leases.renew(lease.holder, context.now);
    return planned;
  }
  planned.records = std::move(released->records);
  return planned;
}

Result<Planned<Done>> commit_block_synchronization(const PlanContext& context,
                                                   const CommitBlockSynchronization& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot commitBlockSynchronization while in safe mode"));
  const std::string name = request.block.to_string();
  Planned<Done> planned{.value = Done{}};
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(context.view, request.block.id));
  if (!owner) {
    if (request.delete_block) return planned;
    return fail(ErrorCode::kIo, "Block (=" + name + ") not found");
  }
  DFS_TRY(std::optional<InodePath> path, resolve_inode(context.view, owner->file));
  if (!path) {
    return fail(ErrorCode::kFileNotFound, "File not found: " + name + ", likely due to delayed block removal");
  }
  const InodeRow& file = *path->last();
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, file));
  // A repeated call, after the first has closed the file.
  if (!file.under_construction || blocks.empty() || blocks.back().state == BlockState::kComplete) return planned;
  const bool copied = blocks.back().copied_from == request.block.id;
  if (!copied && blocks.back().id != request.block.id) return planned;
  std::optional<BlockRecovery> recovery = context.blocks.recovery_of(blocks.back().id);
  const uint64_t current = recovery ? raw(recovery->recovery_stamp) : 0;
  if (current != raw(request.new_generation_stamp)) {
    return fail(ErrorCode::kIo, fmt::format("The recovery id {} does not match current recovery id {} for block {}",
                                            raw(request.new_generation_stamp), current, name));
  }
  if (request.delete_block) {
    if (copied) {
      return fail(ErrorCode::kIo, "Block (=" + name + ") has no replica that its truncated copy could be made of");
    }
    blocks.pop_back();
  } else {
    BlockRow& last = blocks.back();
    last.generation_stamp = request.new_generation_stamp;
    last.length = request.new_length;
    // The primary has seen these replicas finalized; their own reports may have come before or come yet.
    const ReplicaRow replica{
        .generation_stamp = last.generation_stamp, .length = last.length, .state = ReplicaRowState::kFinalized};
    for (StorageNumber storage : find_storages(*context.blocks.datanodes(), request.storages)) {
      planned.locations.put(Table::kReplicas, replica_key(last.id, storage), encode(replica));
      planned.locations.put(Table::kStorageReplicas, storage_replica_key(storage, last.id), encode(replica));
    }
  }
  if (request.close_file) {
    planned.records.push_back(close_record(context, *path, file, blocks));
  } else {
    UpdateBlocksOp op;
    op.path = path->path();
    op.blocks = edit_blocks(blocks);
    planned.records.push_back(std::move(op));
  }
  return planned;
}

}  // namespace dfs::namenode::operations
