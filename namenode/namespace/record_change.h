#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namenode/namespace/changed_rows.h"
#include "namenode/namespace/detached_trees.h"
#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/snapshots.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// The rows that one record changes. Reads through it see its own changes. finish() hands one change per row to the
// batch. What changes in the tree is kept for the snapshots that have it (see snapshots.h).
class RecordChange final : public View {
 public:
  RecordChange(const View& view, Batch& batch, Effects& effects)
      : view_(view), batch_(batch), effects_(effects), cover_(view) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override;
  Result<InodePtr> inode(std::string_view entry_key) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  using View::scan;

  // All as it was before the record.
  const View& before() const { return view_; }
  Effects& effects() { return effects_; }

  // A new inode at the end of a path: its rows, the parent's count and modification time, the counters. Here and below
  // a path is one that was resolved through this.
  Result<void> add_inode(const InodePath& path, InodeRow inode);
  // An inode without anything below it goes from the tree, and altogether unless a snapshot has it. What it counts for
  // in its parent is the caller's.
  enum class Gone : uint8_t { kForGood, kInSnapshotsOnly };
  Result<Gone> remove_inode(const EntryKey& key, const InodeRow& inode);
  // An inode with all that is below it; blocks and leases follow through the effects. What it counted for in quotas,
  // under the storage policy of the directory above it; to charge that to those directories is the caller's.
  Result<QuotaCounts> remove_tree(const EntryKey& key, const InodePtr& inode, uint8_t inherited_policy);
  // One inode of a tree that goes; what is below it has gone or goes by itself.
  Result<void> remove_alone(const EntryKey& key, const InodeRow& inode);
  // An inode with all that is below it is no longer in the tree, and goes later (see detached_trees.h).
  Result<void> detach_tree(const EntryKey& key, const InodePtr& inode, Charged charged);
  // The root's count has been made anew, without the detached trees.
  Result<void> charge_detached_trees();
  Result<void> move_inode(const EntryKey& from, const EntryKey& to, const InodePtr& inode);
  Result<void> put_inode(const EntryKey& key, InodeRow inode);
  // Keeps what the entry holds, if it has not changed yet since the newest snapshot that has it. All changes above do.
  Result<void> keep_version(const EntryKey& key);
  // The row of a version with those that lead to it. `inode`: of whom `bytes` are the row, if they are of one.
  void put_version(const EntryKey& entry, SnapshotId snapshot, std::string bytes, std::optional<InodeId> inode);
  // Takes a version away, and says what it held.
  struct TakenVersion {
    std::string bytes;
    std::optional<InodeRow> inode{};
    std::optional<InodeId> id() const { return inode ? std::optional(inode->id) : std::nullopt; }
  };
  Result<TakenVersion> take_version(const EntryKey& entry, SnapshotId snapshot);
  // The directory at the end of the path, or the one above that: one child more (1), fewer (-1) or as many; the
  // modification time never goes back.
  Result<void> touch_directory(const InodePath& path, int children, uint64_t modification_time_ms) {
    return touch(path, path.length() - 1, children, modification_time_ms);
  }
  Result<void> touch_parent(const InodePath& path, int children, uint64_t modification_time_ms) {
    return touch(path, path.length() - 2, children, modification_time_ms);
  }

  // Adds to what quotas count in the first `count` directories of the path.
  Result<void> charge(const InodePath& path, size_t count, const QuotaCounts& change);
  Result<void> charge_root(const QuotaCounts& change);
  void put_quota_usage(const InodeRow& directory, const QuotaCounts& counts) {
    put(Table::kQuotaUsage, inode_key(directory.id), encode(kept_by(directory, counts)));
  }

  void put_block(InodeId file, uint32_t index, const BlockRow& block, bool is_new);
  // The block is no longer the file's: it goes, or stays for a snapshot. True if it stays.
  Result<bool> retire_block(InodeId file, uint32_t index, const BlockRow& block);
  // Blocks that neither the file nor a version of it has any more go.
  enum class InTree : bool { kNo, kYes };
  Result<void> drop_unneeded_blocks(InodeId file, InTree in_tree);
  // An inode that is neither in the tree nor in a version any more.
  Result<void> forget_inode(const InodeRow& inode);

  // The directory can have snapshots, or no more. Its own row is the caller's.
  Result<void> set_snapshottable(InodeId directory, bool snapshottable);

  void open(InodeId file, const OpenFileRow& row);
  void close(InodeId file);

  Result<void> add_to(Counter counter, int64_t delta);
  // A counter that only grows: ids and stamps given out.
  Result<void> raise(Counter counter, uint64_t value);

  // Of all tables but kEntries.
  void put(Table table, std::string key, std::string value);
  // Without a version: what a file that is being written says of its blocks (snapshots see it grow until it is closed,
  // as in Hadoop), or that it has no version any more.
  void put_entry(const EntryKey& key, InodeRow inode) {
    put_entry(key, std::make_shared<const InodeRow>(std::move(inode)));
  }
  void erase(Table table, std::string key);
  void finish();

 private:
  Result<void> touch(const InodePath& path, size_t position, int children, uint64_t modification_time_ms);
  void put_entry(const EntryKey& key, InodePtr inode);
  void erase_version(const EntryKey& entry, SnapshotId snapshot, std::optional<InodeId> inode);
  Result<void> erase_entry(const EntryKey& key);
  Result<bool> has_snapshots();
  // The newest snapshot that has the entry's directory.
  Result<std::optional<SnapshotId>> newest_snapshot_of(const EntryKey& key);
  Result<bool> has_versions(InodeId inode) const;
  void remove_block(BlockId block);

  const View& view_;
  Batch& batch_;
  Effects& effects_;
  SnapshotCover cover_;
  std::optional<bool> has_snapshots_;
  ChangedRows rows_;
};

}  // namespace dfs::namenode
