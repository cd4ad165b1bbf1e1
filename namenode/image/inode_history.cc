#include "namenode/image/inode_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace dfs::namenode {
namespace {

using Difference = InodeHistory::Difference;

std::vector<Difference>::const_iterator first_from(const InodeHistory& history, SnapshotId snapshot) {
  return std::ranges::lower_bound(history.differences, snapshot, {}, &Difference::snapshot);
}

InodeRow attributes_as_of(const InodeRow& now, const InodeHistory& history, SnapshotId snapshot) {
  InodeRow row = now;
  const auto copy = std::find_if(first_from(history, snapshot), history.differences.end(),
                                 [](const Difference& difference) { return difference.attributes.has_value(); });
  if (copy != history.differences.end()) row = *copy->attributes;
  row.id = now.id;
  row.type = now.type;
  row.symlink_target = now.symlink_target;
  row.snapshottable = now.snapshottable;
  row.under_construction = false;
  row.versioned = false;
  return row;
}

class Versions {
 public:
  Versions(const ImageInode& inode, const InodeHistory& history)
      : inode_(inode), history_(history), later_(inode.blocks) {
    for (const BlockRow& block : inode.blocks) owned_.insert(block.id);
  }

  Result<InodeVersions> run() {
    DFS_TRY_OK(collect());
    InodeVersions made;
    for (auto& [snapshot, entry] : entries_) {
      InodeRow row = attributes_as_of(inode_.row, history_, snapshot);
      if (row.type == InodeType::kDirectory) {
        row.child_count = directory_as_of(inode_.row, history_, snapshot).child_count;
      } else if (row.type == InodeType::kFile) {
        const std::vector<BlockRow> blocks = blocks_as_of(snapshot, row);
        DFS_TRY_OK(add_blocks(snapshot, blocks, made));
      }
      made.versions.push_back({std::move(entry), snapshot, std::move(row)});
    }
    return made;
  }

 private:
  Result<void> collect() {
    // The root is no entry.
    if (inode_.row.id == kRootInode) return {};
    for (const auto& place : history_.places) {
      DFS_TRY_OK(add(place.snapshot, {.parent = place.directory, .name = place.left ? place.left->name : inode_.name}));
    }
    if (history_.entry && !history_.entry->in_tree()) DFS_TRY_OK(add(*history_.entry->newest, history_.entry->key));
    for (const Difference& difference : history_.differences) {
      // That of its own snapshot says nothing of the entry, which that snapshot does not have.
      if (difference.is_snapshot_root) continue;
      auto entry = place_at(difference.snapshot);
      if (entry) entries_.try_emplace(difference.snapshot, *std::move(entry));
    }
    return {};
  }

  Result<void> add(SnapshotId snapshot, EntryKey entry) {
    auto [there, is_new] = entries_.try_emplace(snapshot, entry);
    if (is_new || there->second == entry) return {};
    return fail(ErrorCode::kCorruptFormat, fmt::format("it is at two places in snapshot {}: {} and {}",
                                                       uint32_t(snapshot), entry.name, there->second.name));
  }

  // WithCount.getParentRef
  std::optional<EntryKey> place_at(SnapshotId snapshot) const {
    const InodeHistory::Place* found = nullptr;
    std::optional<EntryKey> final;
    if (history_.entry) final = history_.entry->key;
    for (const auto& place : history_.places) {
      if (!place.left) {
        if (!final) final = EntryKey{.parent = place.directory, .name = inode_.name};
      } else if (place.left->last >= snapshot && (!found || place.left->last < found->left->last)) {
        found = &place;
      }
    }
    if (found) return EntryKey{.parent = found->directory, .name = found->left->name};
    return final;
  }

  // The blocks that `row` has in the snapshot, of which it gets the number and the length.
  std::vector<BlockRow> blocks_as_of(SnapshotId snapshot, InodeRow& row) const {
    const auto first = first_from(history_, snapshot);
    const auto with_blocks = std::find_if(first, history_.differences.end(),
                                          [](const Difference& difference) { return !difference.blocks.empty(); });
    std::vector<BlockRow> blocks = with_blocks == history_.differences.end() ? inode_.blocks : with_blocks->blocks;
    row.length = first == history_.differences.end() ? inode_.row.length : first->length;
    uint64_t length = 0;
    size_t needed = 0;
    while (needed < blocks.size() && length < row.length) length += blocks[needed++].length;
    blocks.resize(needed);
    row.block_count = uint32_t(needed);
    return blocks;
  }

  Result<void> add_blocks(SnapshotId snapshot, const std::vector<BlockRow>& blocks, InodeVersions& made) {
    for (uint32_t index = 0; index < blocks.size(); ++index) {
      const BlockRow& block = blocks[index];
      if (index < later_.size() && later_[index].id == block.id) continue;
      if (!owned_.insert(block.id).second) {
        return fail(ErrorCode::kCorruptFormat, fmt::format("block {} of it is at two places", raw(block.id)));
      }
      if (index >= later_.size()) later_.resize(index + 1);
      later_[index] = block;
      made.blocks.push_back({index, snapshot, block});
    }
    return {};
  }

  const ImageInode& inode_;
  const InodeHistory& history_;
  std::map<SnapshotId, EntryKey, std::greater<>> entries_;
  // What the versions so far, or the file itself, have at each index.
  std::vector<BlockRow> later_;
  std::set<BlockId> owned_;
};

}  // namespace

Result<InodeVersions> versions_of(const ImageInode& inode, const InodeHistory& history) {
  return Versions(inode, history).run();
}

InodeRow directory_as_of(const InodeRow& now, const InodeHistory& history, SnapshotId snapshot) {
  InodeRow row = attributes_as_of(now, history, snapshot);
  const auto first = first_from(history, snapshot);
  row.child_count = first == history.differences.end() ? now.child_count : first->child_count;
  return row;
}

}  // namespace dfs::namenode
