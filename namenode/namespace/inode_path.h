#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/rows.h"
#include "namenode/store/tables.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// A path and the inodes that exist along it, the root first (Hadoop's INodesInPath). Position 0 is the root, position i
// the i-th name. Resolution ends at the first name that is not there and at anything that is not a directory.
class InodePath {
 public:
  InodePath(std::vector<std::string> components, std::vector<InodePtr> inodes)
      : components_(std::move(components)), inodes_(std::move(inodes)) {}

  // A path that leads into a snapshot. The name of that counts with ".snapshot" before it as one component, whose inode
  // is the snapshot's root; what follows is as of the snapshot.
  static InodePath in_snapshot(std::vector<std::string> components, std::vector<InodePtr> inodes,
                               std::optional<SnapshotId> as_of);
  // The same path, which was named through /.reserved/raw.
  static InodePath by_raw(InodePath path) {
    path.is_raw_ = true;
    return path;
  }
  bool is_raw() const { return is_raw_; }
  // Through the ".snapshot" of a snapshottable directory, whether or not what follows is there.
  bool is_snapshot() const { return is_snapshot_; }
  std::optional<SnapshotId> as_of() const { return as_of_; }
  // Ends with ".snapshot", of whatever directory.
  bool is_dot_snapshot() const;

  size_t length() const { return components_.size() + 1; }
  size_t existing() const { return inodes_.size(); }
  bool is_root() const { return components_.empty(); }

  // Null where there is none.
  const InodeRow* at(size_t position) const { return position < inodes_.size() ? inodes_[position].get() : nullptr; }
  // Requires: it is there.
  const InodePtr& shared(size_t position) const { return inodes_[position]; }
  const InodeRow* last() const { return at(length() - 1); }
  const InodeRow* parent() const { return is_root() ? nullptr : at(length() - 2); }
  // The last one that is there.
  const InodeRow& deepest() const { return *inodes_.back(); }

  const std::vector<std::string>& components() const { return components_; }
  const std::string& name() const;  // of the last component; empty for the root
  std::string path() const { return path(length() - 1); }
  std::string path(size_t position) const;
  std::string parent_path() const { return path(length() - 2); }
  // The key of the entry: of the last component, or of another. Requires: what is above it is there.
  EntryKey key() const { return key(length() - 1); }
  EntryKey key(size_t position) const;

  // This path and one name below it, with its inode if it has one. Requires: the last inode is there.
  InodePath below(std::string name, std::optional<InodeRow> inode) const;

 private:
  std::vector<std::string> components_;
  std::vector<InodePtr> inodes_;
  bool is_raw_ = false;
  bool is_snapshot_ = false;
  std::optional<SnapshotId> as_of_{};
};

// What the path is wanted for (FSDirectory.DirOp): creation demands a valid name and reports a file in the middle as
// ParentNotDirectoryException, the link forms do not follow a symlink at the end.
enum class ResolveFor : uint8_t { kRead, kReadLink, kWrite, kWriteLink, kCreate, kCreateLink };

// Without any check. /.reserved/.inodes/ID[/...] and /.reserved/raw/... are replaced by what they stand for.
Result<InodePath> resolve(const View& view, std::string_view path);
// Nothing is replaced.
Result<InodePath> resolve_literal(const View& view, std::string_view path);
// The path of an inode; empty where there is none with this id.
Result<std::optional<InodePath>> resolve_inode(const View& view, InodeId id);
Result<std::optional<InodeRow>> find_inode(const View& view, InodeId id);

}  // namespace dfs::namenode
