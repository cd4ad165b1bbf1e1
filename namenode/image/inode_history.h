#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/image/image_inode.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

// What an inode was in snapshots, in the words of an image: Hadoop hangs differences on the inode, and where it went
// from a place that a snapshot has, the directory there keeps it in a list of what was deleted (a reference with a name
// of its own, if it is still elsewhere).
struct InodeHistory {
  // The inode was in `directory` up to `snapshot`.
  struct Place {
    SnapshotId snapshot{};
    InodeId directory = kNoInode;
    // Renamed away after the snapshot `last`, when this was its name. Else it is its last place.
    struct Left {
      SnapshotId last{};
      std::string name{};
    };
    std::optional<Left> left{};
  };
  // The inode was so up to `snapshot`, and back to the difference before.
  struct Difference {
    SnapshotId snapshot{};
    bool is_snapshot_root = false;         // the snapshot was taken of this directory itself
    std::optional<InodeRow> attributes{};  // else they are those of the next one
    uint32_t child_count = 0;
    uint64_t length = 0;
    std::vector<BlockRow> blocks{};  // nothing: they are among those of the next one
  };
  // Its entry now. A directory that only snapshots have has the newest of them in `newest`.
  struct Entry {
    EntryKey key;
    std::optional<SnapshotId> newest{};
    bool in_tree() const { return !newest; }
  };

  std::optional<Entry> entry{};
  std::vector<Place> places{};
  std::vector<Difference> differences{};  // the oldest first
};

// The same in our rows.
struct InodeVersions {
  struct Version {
    EntryKey entry;
    SnapshotId snapshot{};
    InodeRow row;
  };
  struct BlockVersion {
    uint32_t index = 0;
    SnapshotId snapshot{};
    BlockRow block;
  };
  std::vector<Version> versions{};  // the newest first
  std::vector<BlockVersion> blocks{};
};

// `inode` is as the image has it now, with its children counted. kCorruptFormat where a block is at two places.
Result<InodeVersions> versions_of(const ImageInode& inode, const InodeHistory& history);

// What a directory was like as of a snapshot.
InodeRow directory_as_of(const InodeRow& now, const InodeHistory& history, SnapshotId snapshot);

}  // namespace dfs::namenode
