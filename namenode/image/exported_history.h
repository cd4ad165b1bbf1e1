#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "namenode/image/image_file.h"
#include "namenode/image/string_table.h"
#include "namenode/namespace/snapshots.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// A name as Java orders it, which takes bytes for signed ones; a NameNode that starts takes that order for granted.
struct BeforeInJava {
  bool operator()(const std::string& left, const std::string& right) const;
};

// Versions of entries as the differences and references of an image, such as a stock NameNode would have after a
// history that led to the same snapshots: each version of an inode is a difference of it; where a version holds another
// inode than what came after it, that was created there, and the other deleted; and who was so deleted at one place and
// is at another too was renamed. The references are kept in memory until they are written.
class ExportedHistory {
 public:
  ExportedHistory(const View& view, ImageNumbers& numbers, ImageWriter& image)
      : view_(view), numbers_(numbers), image_(image) {}

  // Calls `visit` with each inode that only snapshots have: its last place, and what it was there.
  Result<void> for_each_outside(const std::function<Result<void>(const EntryKey&, const InodeRow&)>& visit) const;
  // The number of the reference that stands for an inode in the tree, if one has to.
  Result<std::optional<uint32_t>> reference_in_tree(const EntryKey& entry, const InodeRow& inode);

  Result<void> write_snapshots();
  Result<void> write_differences();
  // After all others.
  Result<void> write_references();

 private:
  struct Reference {
    InodeId inode = kNoInode;
    SnapshotId snapshot{};              // see INodeReferenceSection: of a name the last, else that of the destination
    std::optional<std::string> name{};  // of the destination none
  };
  // The inode was at `entry` up to `snapshot`, and was not there afterwards.
  struct Left {
    EntryKey entry;
    SnapshotId snapshot{};
  };
  struct DirectoryDifference;
  using Differences = std::map<SnapshotId, DirectoryDifference, std::greater<>>;  // the newest first

  // The newest first.
  Result<std::vector<Left>> places_left(InodeId inode) const;
  Result<std::optional<InodeId>> next_at(const EntryKey& entry, SnapshotId snapshot) const;
  Result<std::optional<InodeId>> next_with_history(InodeId after) const;
  // A snapshot, or the moment of one, between those of the entry's directory that do not have the inode there and the
  // first that has.
  Result<SnapshotId> before_arrival(const EntryKey& entry, InodeId inode);
  Result<std::optional<SnapshotId>> oldest_covering(InodeId directory, std::optional<SnapshotId> after);
  Result<void> write_snapshots_of(InodeId directory);
  Result<void> write_file(InodeId file, const std::vector<InodeVersion>& versions);
  Result<void> write_directory(const InodeRow& directory, bool in_tree, const std::vector<InodeVersion>& versions);
  Result<void> check_symlink(const InodeRow& link, const std::vector<InodeVersion>& versions) const;
  Result<void> add_changes(InodeId directory, Differences& differences);
  Result<void> add_deleted(const EntryKey& entry, SnapshotId snapshot, InodeId inode, DirectoryDifference& difference);
  uint32_t add_reference(Reference reference);
  std::string path_of(const EntryKey& entry) const;

  const View& view_;
  ImageNumbers& numbers_;
  ImageWriter& image_;
  std::vector<Reference> references_;
  // Which snapshots have the directory that was asked for last, the newest first.
  std::optional<InodeId> covered_;
  std::vector<SnapshotId> covering_;
};

}  // namespace dfs::namenode
