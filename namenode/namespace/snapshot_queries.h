#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/namespace/queries.h"
#include "namenode/namespace/snapshots.h"

// What is asked of snapshots (FSDirSnapshotOp).
namespace dfs::namenode {

struct SnapshottableStatus {
  FileStatus status;  // its name is the directory's own
  std::string parent_path;
  uint32_t snapshot_count = 0;
  uint32_t snapshot_quota = 0;
};
// Those of the caller, or all for the superuser, in order of paths. Nothing where no directory is snapshottable.
Result<std::optional<std::vector<SnapshottableStatus>>> snapshottable_listing(const Query& query);

struct SnapshotStatus {
  FileStatus status;  // of the snapshot's root; its name is the snapshot's
  SnapshotId id{};
  std::string directory;
};
// In order of names.
Result<std::vector<SnapshotStatus>> snapshot_listing(const Query& query, std::string_view path);

// From one snapshot of the directory, or of one above it, to another; an empty name stands for the present.
struct SnapshotDiffRequest {
  std::string path;
  std::string from;
  std::string to;
};

enum class DiffType : char { kCreate = '+', kModify = 'M', kDelete = '-', kRename = 'R' };
struct SnapshotDiffReport {
  struct Entry {
    DiffType type = DiffType::kModify;
    std::string path;  // relative to the directory, as the target of a rename
    std::string target{};
    bool operator==(const Entry&) const = default;
  };
  std::string root;
  std::string from;
  std::string to;
  std::vector<Entry> entries{};
};
Result<SnapshotDiffReport> snapshot_diff(const Query& query, const SnapshotDiffRequest& request);

// Where a page ended: the path, relative to the directory, and how many of what was created and deleted in it have been
// shown, -1 for nothing of it at all.
struct SnapshotDiffCursor {
  std::string path{};
  int32_t index = -1;
};
struct SnapshotDiffListing {
  struct Entry {
    InodeId directory{};
    InodeId inode{};
    std::string path;
    bool is_reference = false;  // modified: a directory; otherwise one that was renamed
    std::optional<std::string> target{};
  };
  std::vector<Entry> modified{}, created{}, deleted{};
  bool from_earlier = false;
  SnapshotDiffCursor cursor{};  // the same as a new one at the end
};
// A page of at most settings.snapshot_diff_listing_max entries: always what changed from the earlier to the later.
Result<SnapshotDiffListing> snapshot_diff_listing(const Query& query, const SnapshotDiffRequest& request,
                                                  const SnapshotDiffCursor& cursor);

}  // namespace dfs::namenode
