#include <algorithm>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/apply_records.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/rename_rules.h"

namespace dfs::namenode {
namespace {

// An inode moves to where another storage policy governs: what directories in it count by type changes too.
Result<QuotaCounts> recount(const InodeRow& moved, uint8_t policy, RecordChange& change) {
  DFS_TRY(TreeCounts tree, count_tree(change, moved, policy));
  for (const auto& [directory, counts] : tree.with_row) change.put_quota_usage(directory, counts);
  return tree.total;
}

// What quotas count moves from the one place to the other. Where nothing depends on it, nothing is counted.
Result<void> move_charges(const InodePath& source, const InodePath& destination, RecordChange& change) {
  const size_t source_end = source.length() - 1, destination_end = destination.length() - 1;
  size_t common = 0;
  while (common < std::min(source_end, destination_end) && source.at(common)->id == destination.at(common)->id) {
    ++common;
  }
  const uint8_t before = policy_above(source, source_end), after = policy_above(destination, destination_end);
  const InodeRow& moved = *source.last();
  const bool same_policy = before == after || moved.storage_policy != 0;
  bool counts = false;
  for (size_t i = 0; i < source_end; ++i) {
    counts = counts || (i < common ? !same_policy && counts_types(*source.at(i)) : has_usage_row(*source.at(i)));
  }
  for (size_t i = common; i < destination_end; ++i) counts = counts || has_usage_row(*destination.at(i));
  if (!counts && !same_policy) {
    DFS_TRY(counts, has_quota_in(change, moved));
  }
  if (!counts) return {};
  DFS_TRY(QuotaCounts leaving, total_of(change, moved, before));
  QuotaCounts arriving = leaving;
  if (!same_policy) {
    DFS_TRY(arriving, recount(moved, after, change));
  }
  DFS_TRY_OK(change.charge(source, source_end, -leaving));
  return change.charge(destination, destination_end, arriving);
}

Result<void> move(const InodePath& source, const InodePath& destination, uint64_t timestamp_ms, RecordChange& change) {
  const InodePtr& inode = source.shared(source.length() - 1);
  DFS_TRY_OK(move_charges(source, destination, change));
  DFS_TRY_OK(change.move_inode(source.key(), destination.key(), inode));
  // The two parents may be one, and one of them may lie below the other: each is read anew.
  DFS_TRY_OK(change.touch_parent(source, -1, timestamp_ms));
  return change.touch_parent(destination, 1, std::max(timestamp_ms, inode->modification_time_ms));
}

// The inode at the end of the path goes, with all below it, and what it counted for.
Result<void> remove_at(const InodePath& path, RecordChange& change) {
  DFS_TRY(QuotaCounts removed,
          change.remove_tree(path.key(), path.shared(path.length() - 1), policy_above(path, path.length() - 1)));
  return change.charge(path, path.length() - 1, -removed);
}

// Hadoop's own limit on what is deleted under its lock works on blocks alone.
Result<bool> goes_later(const InodeRow& inode, const RecordChange& change) {
  DFS_TRY(bool large, is_larger_than(change, inode, kRemovedAtOnceMax));
  if (!large) return false;
  DFS_TRY(uint64_t snapshots, counter(change, Counter::kSnapshotCount));
  if (snapshots > 0) return false;
  DFS_TRY(std::vector<InodeId> snapshottable, check_no_snapshots_below(change, inode));
  return snapshottable.empty();
}

Result<void> detach_at(const InodePath& path, RecordChange& change) {
  const size_t above = path.length() - 1;
  bool counts = false;
  for (size_t i = 0; i < above; ++i) counts = counts || path.at(i)->has_quota();
  if (counts) {
    DFS_TRY(QuotaCounts removed, total_of(change, *path.last(), policy_above(path, above)));
    DFS_TRY_OK(change.charge(path, above, -removed));
  }
  return change.detach_tree(path.key(), path.shared(above), counts ? Charged::kYes : Charged::kNo);
}

Result<void> add_at(const InodePath& path, InodeRow inode, RecordChange& change) {
  DFS_TRY_OK(change.charge(path, path.length() - 1, QuotaCounts{.names = 1}));
  return change.add_inode(path, std::move(inode));
}

}  // namespace

Result<void> apply_record(const MkdirOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, new_path(change, op.path));
  InodeRow directory = new_inode(InodeType::kDirectory, op.inode_id, op.permissions, op.timestamp_ms);
  directory.xattrs = op.xattrs;
  if (!op.acl_entries.empty()) DFS_TRY_OK(set_acl(directory, op.acl_entries));
  return add_at(path, std::move(directory), change);
}

Result<void> apply_record(const SymlinkOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, new_path(change, op.path));
  InodeRow link = new_inode(InodeType::kSymlink, op.inode_id, op.permissions, op.mtime_ms);
  link.access_time_ms = op.atime_ms;
  link.symlink_target = op.value;
  return add_at(path, std::move(link), change);
}

Result<void> apply_record(const DeleteOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, resolve(change, op.path));
  // As FSDirDeleteOp.deleteForEditLog: what is gone already stays gone.
  if (path.last() == nullptr || path.is_root()) return {};
  DFS_TRY(bool later, goes_later(*path.last(), change));
  DFS_TRY_OK(later ? detach_at(path, change) : remove_at(path, change));
  return change.touch_parent(path, -1, op.timestamp_ms);
}

Result<void> apply_record(const RenameOldOp& op, RecordChange& change) {
  DFS_TRY(InodePath source, resolve(change, op.source));
  DFS_TRY(InodePath named, resolve(change, op.destination));
  DFS_TRY(InodePath destination, destination_of_old_rename(change, source, named));
  // A rename onto itself is logged and does nothing, also where the name is that of a directory.
  if (source.last() != nullptr && source.path() == named.path()) return {};
  DFS_TRY(OldRename verdict, judge_old_rename(change, source, destination));
  if (verdict != OldRename::kMoves) return {};
  return move(source, destination, op.timestamp_ms, change);
}

Result<void> apply_record(const RenameOp& op, RecordChange& change) {
  DFS_TRY(InodePath source, resolve(change, op.source));
  DFS_TRY(InodePath destination, resolve(change, op.destination));
  bool overwrite = std::find(op.options.begin(), op.options.end(), RenameOption::kOverwrite) != op.options.end();
  DFS_TRY_OK(judge_rename(change, source, destination, overwrite ? Overwrite::kYes : Overwrite::kNo));
  if (destination.last() != nullptr) {
    DFS_TRY_OK(remove_at(destination, change));
    DFS_TRY_OK(change.touch_parent(destination, -1, 0));
  }
  return move(source, destination, op.timestamp_ms, change);
}

}  // namespace dfs::namenode
