#include <fmt/format.h>

#include <map>

#include "namenode/namespace/apply_records.h"

namespace dfs::namenode {
namespace {

Result<InodePath> snapshottable_path(const RecordChange& change, std::string_view path) {
  DFS_TRY(InodePath resolved, existing_path(change, path));
  if (!is_snapshottable(*resolved.last())) return fail(misfit(path, "it is not a snapshottable directory"));
  return resolved;
}

void put_snapshot(InodeId directory, const Snapshot& snapshot, RecordChange& change) {
  change.put(Table::kSnapshots, snapshot_key(directory, snapshot.id), encode(snapshot.row));
  change.put(Table::kSnapshots, snapshot_name_key(directory, snapshot.row.name), encode(snapshot.id));
}

Result<std::vector<EntryKey>> entries_of(const View& view, SnapshotId snapshot) {
  std::vector<EntryKey> entries;
  DFS_TRY_OK(view.scan(Table::kVersionsOfSnapshot, snapshot_version_prefix(snapshot),
                       [&](std::string_view key, std::string_view) {
                         entries.push_back(entry_of_snapshot_version_key(key));
                         return true;
                       }));
  return entries;
}

Result<std::optional<SnapshotId>> version_before(const View& view, const EntryKey& entry, SnapshotId snapshot) {
  std::optional<SnapshotId> found;
  DFS_TRY_OK(view.scan(Table::kVersions, versions_prefix(entry), [&](std::string_view key, std::string_view) {
    SnapshotId at = decode_version_key(key).snapshot;
    if (at >= snapshot) return false;
    found = at;
    return true;
  }));
  return found;
}

// The versions of a snapshot become those of the earlier one that has the same directory, where that needs them. The
// inodes of those that went.
Result<std::map<InodeId, InodeRow>> hand_down_versions(SnapshotId snapshot, RecordChange& change) {
  const View& before = change.before();
  SnapshotCover earlier(before, snapshot);
  std::map<InodeId, InodeRow> let_go;
  DFS_TRY(std::vector<EntryKey> entries, entries_of(before, snapshot));
  for (const EntryKey& entry : entries) {
    DFS_TRY(RecordChange::TakenVersion version, change.take_version(entry, snapshot));
    DFS_TRY(std::optional<SnapshotId> heir, earlier.newest(entry.parent));
    DFS_TRY(std::optional<SnapshotId> previous, version_before(before, entry, snapshot));
    if (heir && previous < heir) {
      change.put_version(entry, *heir, std::move(version.bytes), version.id());
    } else if (version.inode) {
      let_go.emplace(version.inode->id, *std::move(version.inode));
    }
  }
  return let_go;
}

// One version less holds the inode.
Result<void> let_go_of(const InodeRow& inode, RecordChange& change) {
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(change, inode.id));
  DFS_TRY(std::optional<EntryKey> entry, find_entry_of(change, inode.id));
  if (versions.empty() && !entry) return change.forget_inode(inode);
  if (entry && versions.empty()) {
    DFS_TRY(std::optional<InodeRow> row, find_entry(change, entry->parent, entry->name));
    if (!row) return fail(ErrorCode::kCorruptFormat, fmt::format("inode {} has no entry", raw(inode.id)));
    row->versioned = false;
    change.put_entry(*entry, *std::move(row));
  }
  if (inode.type != InodeType::kFile) return {};
  change.effects().replication_changed.push_back(inode.id);
  return change.drop_unneeded_blocks(inode.id, entry ? RecordChange::InTree::kYes : RecordChange::InTree::kNo);
}

}  // namespace

Result<void> apply_record(const AllowSnapshotOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_path(change, op.snapshot_root));
  InodeRow directory = *path.last();
  if (directory.type != InodeType::kDirectory) return fail(misfit(op.snapshot_root, "it is not a directory"));
  if (directory.snapshottable) return {};
  directory.snapshottable = true;
  DFS_TRY_OK(change.set_snapshottable(directory.id, true));
  return change.put_inode(path.key(), directory);
}

Result<void> apply_record(const DisallowSnapshotOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_path(change, op.snapshot_root));
  InodeRow directory = *path.last();
  if (!directory.snapshottable) return {};
  DFS_TRY(std::optional<SnapshotId> newest, newest_snapshot(change, directory.id));
  if (newest) return fail(misfit(op.snapshot_root, "it has snapshots"));
  directory.snapshottable = false;
  DFS_TRY_OK(change.set_snapshottable(directory.id, false));
  return change.put_inode(path.key(), directory);
}

Result<void> apply_record(const CreateSnapshotOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, snapshottable_path(change, op.snapshot_root));
  const InodeRow& directory = *path.last();
  DFS_TRY(std::optional<Snapshot> there, find_snapshot(change, directory.id, op.snapshot_name));
  if (there) return fail(misfit(op.snapshot_root, "it has a snapshot " + op.snapshot_name + " already"));
  DFS_TRY(uint64_t id, counter(change, Counter::kNextSnapshotId));
  Snapshot snapshot{SnapshotId(uint32_t(id)), {.name = op.snapshot_name, .root = directory}};
  snapshot.row.root.modification_time_ms = op.mtime_ms;
  snapshot.row.root.snapshottable = false;
  snapshot.row.root.versioned = false;
  put_snapshot(directory.id, snapshot, change);
  DFS_TRY_OK(change.add_to(Counter::kNextSnapshotId, 1));
  DFS_TRY_OK(change.add_to(Counter::kSnapshotCount, 1));
  return change.touch_directory(path, 0, op.mtime_ms);
}

Result<void> apply_record(const RenameSnapshotOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, snapshottable_path(change, op.snapshot_root));
  const InodeId directory = path.last()->id;
  DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(change, directory, op.snapshot_old_name));
  if (!snapshot) return fail(misfit(op.snapshot_root, "it has no snapshot " + op.snapshot_old_name));
  if (op.snapshot_old_name == op.snapshot_new_name) return {};
  DFS_TRY(std::optional<Snapshot> there, find_snapshot(change, directory, op.snapshot_new_name));
  if (there) return fail(misfit(op.snapshot_root, "it has a snapshot " + op.snapshot_new_name + " already"));
  change.erase(Table::kSnapshots, snapshot_name_key(directory, op.snapshot_old_name));
  snapshot->row.name = op.snapshot_new_name;
  snapshot->row.root.modification_time_ms = op.mtime_ms;
  put_snapshot(directory, *snapshot, change);
  return {};
}

Result<void> apply_record(const DeleteSnapshotOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, snapshottable_path(change, op.snapshot_root));
  const InodeId directory = path.last()->id;
  DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(change, directory, op.snapshot_name));
  // As DirectorySnapshottableFeature.removeSnapshot: a log can say it twice.
  if (!snapshot) return {};
  DFS_TRY(auto let_go, hand_down_versions(snapshot->id, change));
  for (const auto& [id, inode] : let_go) DFS_TRY_OK(let_go_of(inode, change));
  change.erase(Table::kSnapshots, snapshot_key(directory, snapshot->id));
  change.erase(Table::kSnapshots, snapshot_name_key(directory, op.snapshot_name));
  DFS_TRY_OK(change.add_to(Counter::kSnapshotCount, -1));
  return change.touch_directory(path, 0, op.mtime_ms);
}

}  // namespace dfs::namenode
