#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/rows.h"
#include "namenode/store/tables.h"
#include "proto/base/error.h"

// Snapshots are versions of entries. Before an entry changes for the first time after the newest snapshot that has its
// directory, what it held is kept as the version of that snapshot: the inode's row, or that there was nothing. So
// taking a snapshot writes three rows however large its directory is, and a change costs one version more per snapshot.
//
// As of a snapshot an entry holds what its first version of that snapshot or a later one says, and what it holds now
// where there is none. Directories are known by their id, so this stays true when one is renamed, also to where the
// snapshot does not reach: only its own entry changed.
//
// A version is there only while its snapshot is, and only where its snapshot has the entry's directory. When a snapshot
// is deleted, each of its versions becomes that of the newest earlier snapshot that has the directory, or goes if that
// has one already or if there is none. An inode lives while it is in the tree or a version holds it.
//
// A file's blocks stay in kFileBlocks when it is in snapshots alone. A block that a truncate takes from a file moves to
// kBlockVersions if a version of the file is as long as to need it.
namespace dfs::namenode {

// The root can always have snapshots, as far as its limit of 0 allows, until that is lifted (as in Hadoop).
inline bool is_snapshottable(const InodeRow& inode) {
  return inode.type == InodeType::kDirectory && (inode.snapshottable || inode.id == kRootInode);
}
// DirectorySnapshottableFeature's limit of snapshots.
inline constexpr uint32_t kSnapshotQuota = 1 << 16;
inline uint32_t snapshot_quota(const InodeRow& inode) {
  return inode.snapshottable ? kSnapshotQuota : 0;
}
inline constexpr std::string_view kDotSnapshot = ".snapshot";
// Snapshot.getSnapshotPath: "/dir/.snapshot/name"
std::string snapshot_path(std::string_view directory, std::string_view name);

struct Snapshot {
  SnapshotId id{};
  SnapshotRow row;
};
Result<std::optional<Snapshot>> find_snapshot(const View& view, InodeId directory, std::string_view name);
Result<std::optional<SnapshotRow>> find_snapshot(const View& view, InodeId directory, SnapshotId id);
// The newest snapshot of the directory itself, of those before `before` if that is given.
Result<std::optional<SnapshotId>> newest_snapshot(const View& view, InodeId directory,
                                                  std::optional<SnapshotId> before = {});
Result<uint32_t> count_snapshots(const View& view, InodeId directory);
// Calls `visit` with each snapshot in order of names, from the first after `after`, until it returns false.
Result<void> for_each_snapshot(const View& view, InodeId directory, std::string_view after,
                               const std::function<Result<bool>(const Snapshot&)>& visit);
// Those that were made so, in order of ids.
Result<std::vector<InodeId>> snapshottable_directories(const View& view);

// Which snapshots have an inode: with `before`, as if those from there on were not. Keeps what it finds; for one moment
// of the tables.
class SnapshotCover {
 public:
  explicit SnapshotCover(const View& view, std::optional<SnapshotId> before = {}) : view_(view), before_(before) {}
  // The newest snapshot that has this directory, or file, wherever it was then.
  Result<std::optional<SnapshotId>> newest(InodeId inode);

 private:
  Result<std::optional<SnapshotId>> find(InodeId inode);
  // The newest snapshot that has `inode` in this entry, where that says it with the version `says` or by its current
  // row.
  Result<std::optional<SnapshotId>> newest_at(const EntryKey& entry, std::optional<SnapshotId> says);

  const View& view_;
  const std::optional<SnapshotId> before_;
  std::map<InodeId, std::optional<SnapshotId>> found_;
  // Whose answer is being looked for. Of two directories each may have been in the other at some time; where one is met
  // again it was not above itself, and what was found without it is not kept.
  std::set<InodeId> asked_;
  bool met_again_ = false;
};

// What an entry holds as of a snapshot that has its directory; now, without one. Null: nothing.
Result<InodePtr> child_at(const View& view, InodeId directory, std::string_view name, std::optional<SnapshotId> as_of);
// Calls `visit` with each entry of the directory as of a snapshot (now, without one) in order of names, from the first
// after `after`, until it returns false. An error of `visit` ends it.
Result<void> for_each_child(const View& view, InodeId directory, std::optional<SnapshotId> as_of,
                            std::string_view after,
                            const std::function<Result<bool>(std::string_view name, const InodePtr& inode)>& visit);

struct Version {
  SnapshotId snapshot{};
  std::optional<InodeRow> inode;  // nothing: there was no such entry
};
// The versions of all entries of a directory by name, each the oldest first.
Result<std::map<std::string, std::vector<Version>>> versions_of_directory(const View& view, InodeId directory);
// The first version of this snapshot or a later one.
Result<std::optional<Version>> version_at(const View& view, const EntryKey& entry, SnapshotId snapshot);

// The blocks of a file as of a snapshot, where its row as of that moment is `file`.
Result<std::vector<BlockRow>> blocks_of_file(const View& view, const InodeRow& file, std::optional<SnapshotId> as_of);

// The newest snapshot for which the file's block at this index is kept as it is now.
Result<std::optional<SnapshotId>> snapshot_needing_block(const View& view, InodeId file, uint32_t index);
// INodeFile.isBlockInLatestSnapshot: a snapshot has the block of this closed file, or would have once that changes.
Result<bool> is_block_in_snapshot(const View& view, const EntryKey& entry, InodeId file, uint32_t index);

// FSDirSnapshotOp.checkSnapshot: kSnapshot where the inode is a directory of which there are snapshots, or such a one
// is below it. Otherwise the snapshottable directories from here on down.
Result<std::vector<InodeId>> check_no_snapshots_below(const View& view, const InodeRow& inode);
// SnapshotManager.isDescendantOfSnapshotRoot
Result<bool> is_below_snapshottable(const View& view, const InodeRow& directory);

}  // namespace dfs::namenode
