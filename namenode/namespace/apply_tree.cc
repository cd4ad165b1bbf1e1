#include <algorithm>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/apply_records.h"
#include "namenode/namespace/rename_rules.h"

namespace dfs::namenode {
namespace {

Result<void> move(const InodePath& source, const InodePath& destination, uint64_t timestamp_ms, RecordChange& change) {
  const InodeRow inode = *source.last();
  DFS_TRY_OK(change.move_inode(source.key(), destination.key(), inode));
  // The two parents may be one, and one of them may lie below the other: each is read anew.
  DFS_TRY_OK(change.touch_directory(parent_key(source), -1, timestamp_ms));
  return change.touch_directory(parent_key(destination), 1, std::max(timestamp_ms, inode.modification_time_ms));
}

}  // namespace

Result<void> apply_record(const MkdirOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, new_path(change, op.path));
  InodeRow directory;
  directory.id = op.inode_id;
  directory.type = InodeType::kDirectory;
  directory.owner = op.permissions.user;
  directory.group = op.permissions.group;
  directory.permission = op.permissions.permission;
  directory.modification_time_ms = op.timestamp_ms;
  directory.xattrs = op.xattrs;
  if (!op.acl_entries.empty()) DFS_TRY_OK(set_acl(directory, op.acl_entries));
  return change.add_inode(parent_key(path), path.name(), directory);
}

Result<void> apply_record(const SymlinkOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, new_path(change, op.path));
  InodeRow link;
  link.id = op.inode_id;
  link.type = InodeType::kSymlink;
  link.owner = op.permissions.user;
  link.group = op.permissions.group;
  link.permission = op.permissions.permission;
  link.modification_time_ms = op.mtime_ms;
  link.access_time_ms = op.atime_ms;
  link.symlink_target = op.value;
  return change.add_inode(parent_key(path), path.name(), link);
}

Result<void> apply_record(const DeleteOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, resolve(change, op.path));
  // As FSDirDeleteOp.deleteForEditLog: what is gone already stays gone.
  if (path.last() == nullptr || path.is_root()) return {};
  DFS_TRY_OK(change.remove_tree(path.key(), *path.last()));
  return change.touch_directory(parent_key(path), -1, op.timestamp_ms);
}

Result<void> apply_record(const RenameOldOp& op, RecordChange& change) {
  DFS_TRY(InodePath source, resolve(change, op.source));
  DFS_TRY(InodePath named, resolve(change, op.destination));
  DFS_TRY(InodePath destination, destination_of_old_rename(change, source, named));
  // A rename onto itself is logged and does nothing, also where the name is that of a directory.
  if (source.last() != nullptr && source.path() == named.path()) return {};
  DFS_TRY(OldRename verdict, judge_old_rename(source, destination));
  if (verdict != OldRename::kMoves) return {};
  return move(source, destination, op.timestamp_ms, change);
}

Result<void> apply_record(const RenameOp& op, RecordChange& change) {
  DFS_TRY(InodePath source, resolve(change, op.source));
  DFS_TRY(InodePath destination, resolve(change, op.destination));
  bool overwrite = std::find(op.options.begin(), op.options.end(), RenameOption::kOverwrite) != op.options.end();
  DFS_TRY_OK(judge_rename(source, destination, overwrite ? Overwrite::kYes : Overwrite::kNo));
  if (destination.last() != nullptr) {
    DFS_TRY_OK(change.remove_tree(destination.key(), *destination.last()));
    DFS_TRY_OK(change.touch_directory(parent_key(destination), -1, 0));
  }
  return move(source, destination, op.timestamp_ms, change);
}

}  // namespace dfs::namenode
