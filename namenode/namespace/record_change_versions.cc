#include <algorithm>
#include <set>

#include "namenode/namespace/record_change.h"

// What RecordChange does for snapshots.
namespace dfs::namenode {

Result<bool> RecordChange::has_snapshots() {
  if (!has_snapshots_) {
    DFS_TRY(uint64_t count, counter(view_, Counter::kSnapshotCount));
    has_snapshots_ = count > 0;
  }
  return *has_snapshots_;
}

// The record itself does not change the answer: what moves takes along, in its versions, the snapshots that have it.
Result<std::optional<SnapshotId>> RecordChange::newest_snapshot_of(const EntryKey& key) {
  DFS_TRY(bool any, has_snapshots());
  if (!any || key.parent == kNoInode) return std::optional<SnapshotId>();
  return cover_.newest(key.parent);
}

Result<bool> RecordChange::has_versions(InodeId inode) const {
  bool found = false;
  DFS_TRY_OK(scan(Table::kVersionsOfInode, inode_key(inode), [&](std::string_view, std::string_view) {
    found = true;
    return false;
  }));
  return found;
}

Result<void> RecordChange::keep_version(const EntryKey& key) {
  DFS_TRY(std::optional<SnapshotId> snapshot, newest_snapshot_of(key));
  if (!snapshot) return {};
  DFS_TRY(std::optional<std::string> there, get(Table::kVersions, version_key(key, *snapshot)));
  if (there) return {};
  DFS_TRY(std::optional<InodeRow> inode, find_entry(*this, key.parent, key.name));
  std::string value;
  if (inode) {
    if (inode->under_construction && inode->block_count > 0) {
      // A block of which nothing is known to be written is not the snapshot's.
      DFS_TRY(std::optional<BlockRow> last, find_file_block(*this, inode->id, inode->block_count - 1));
      if (!last || last->length == 0) --inode->block_count;
    }
    inode->under_construction = false;
    inode->versioned = false;
    value = encode(*inode);
  }
  put_version(key, *snapshot, std::move(value), inode ? std::optional(inode->id) : std::nullopt);
  return {};
}

void RecordChange::put_version(const EntryKey& entry, SnapshotId snapshot, std::string bytes,
                               std::optional<InodeId> inode) {
  put(Table::kVersions, version_key(entry, snapshot), std::move(bytes));
  put(Table::kVersionsOfSnapshot, snapshot_version_key(snapshot, entry), "");
  if (inode) put(Table::kVersionsOfInode, inode_version_key(*inode, snapshot), encode(entry));
}

void RecordChange::erase_version(const EntryKey& entry, SnapshotId snapshot, std::optional<InodeId> inode) {
  erase(Table::kVersions, version_key(entry, snapshot));
  erase(Table::kVersionsOfSnapshot, snapshot_version_key(snapshot, entry));
  if (inode) erase(Table::kVersionsOfInode, inode_version_key(*inode, snapshot));
}

Result<RecordChange::TakenVersion> RecordChange::take_version(const EntryKey& entry, SnapshotId snapshot) {
  DFS_TRY(std::optional<std::string> bytes, get(Table::kVersions, version_key(entry, snapshot)));
  if (!bytes) return fail(ErrorCode::kCorruptFormat, "table of versions: what its index points to is not there");
  TakenVersion taken{.bytes = *std::move(bytes)};
  if (!taken.bytes.empty()) {
    DFS_TRY(taken.inode, decode<InodeRow>(taken.bytes));
  }
  erase_version(entry, snapshot, taken.id());
  return taken;
}

Result<void> RecordChange::put_inode(const EntryKey& key, InodeRow inode) {
  DFS_TRY_OK(keep_version(key));
  DFS_TRY(bool any, has_snapshots());
  if (any) {
    DFS_TRY(inode.versioned, has_versions(inode.id));
  }
  put_entry(key, std::move(inode));
  return {};
}

Result<void> RecordChange::erase_entry(const EntryKey& key) {
  DFS_TRY_OK(keep_version(key));
  erase(Table::kEntries, entry_key(key.parent, key.name));
  // Made and gone since the newest snapshot: that there was nothing then need not be said any more.
  DFS_TRY(std::optional<SnapshotId> snapshot, newest_snapshot_of(key));
  if (!snapshot) return {};
  DFS_TRY(std::optional<std::string> version, get(Table::kVersions, version_key(key, *snapshot)));
  if (!version || !version->empty()) return {};
  erase_version(key, *snapshot, std::nullopt);
  return {};
}

void RecordChange::remove_block(BlockId block) {
  erase(Table::kBlockIndex, block_key(block));
  effects_.removed_blocks.push_back(block);
}

Result<bool> RecordChange::retire_block(InodeId file, uint32_t index, const BlockRow& block) {
  erase(Table::kFileBlocks, file_block_key(file, index));
  DFS_TRY(bool any, has_snapshots());
  std::optional<SnapshotId> snapshot;
  if (any) {
    DFS_TRY(snapshot, snapshot_needing_block(*this, file, index));
  }
  if (!snapshot) {
    remove_block(block.id);
    DFS_TRY_OK(add_to(Counter::kBlockCount, -1));
    return false;
  }
  put(Table::kBlockVersions, block_version_key(file, index, *snapshot), encode(block));
  put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{.file = file, .index = index, .version = snapshot}));
  return true;
}

Result<void> RecordChange::drop_unneeded_blocks(InodeId file, InTree in_tree) {
  DFS_TRY(bool any, has_snapshots());
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(*this, file));
  const std::optional<BlockId> copied = blocks.empty() ? std::nullopt : blocks.back().copied_from;
  if (in_tree == InTree::kNo && !any && !copied) {
    for (uint32_t index = 0; index < blocks.size(); ++index) {
      erase(Table::kFileBlocks, file_block_key(file, index));
      remove_block(blocks[index].id);
    }
    return add_to(Counter::kBlockCount, -int64_t(blocks.size()));
  }
  using Place = std::pair<uint32_t, SnapshotId>;
  std::map<Place, BlockRow> versions;
  Result<void> outcome;
  DFS_TRY_OK(scan(Table::kBlockVersions, inode_key(file), [&](std::string_view key, std::string_view value) {
    const BlockVersionKey at = decode_block_version_key(key);
    Result<BlockRow> row = decode<BlockRow>(value);
    if (!row) {
      outcome = std::unexpected(std::move(row).error());
      return false;
    }
    versions.emplace(Place(at.index, at.snapshot), *row);
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  if (in_tree == InTree::kYes && versions.empty()) return {};

  uint32_t needed_blocks = in_tree == InTree::kYes ? uint32_t(blocks.size()) : 0;
  std::set<Place> needed_versions;
  DFS_TRY(std::vector<InodeVersion> inodes, versions_of_inode(*this, file));
  for (const InodeVersion& version : inodes) {
    DFS_TRY(InodeRow inode, versioned_inode(*this, version));
    for (uint32_t index = 0; index < inode.block_count; ++index) {
      auto place = versions.lower_bound(Place(index, version.snapshot));
      if (place != versions.end() && place->first.first == index) {
        needed_versions.insert(place->first);
      } else {
        needed_blocks = std::max(needed_blocks, index + 1);
      }
    }
  }
  int64_t removed = 0;
  for (const auto& [place, block] : versions) {
    if (needed_versions.contains(place) || (in_tree == InTree::kYes && copied == block.id)) continue;
    erase(Table::kBlockVersions, block_version_key(file, place.first, place.second));
    remove_block(block.id);
    ++removed;
  }
  for (uint32_t index = needed_blocks; index < blocks.size(); ++index) {
    erase(Table::kFileBlocks, file_block_key(file, index));
    remove_block(blocks[index].id);
    ++removed;
  }
  return add_to(Counter::kBlockCount, -removed);
}

Result<void> RecordChange::forget_inode(const InodeRow& inode) {
  if (inode.type == InodeType::kFile) DFS_TRY_OK(drop_unneeded_blocks(inode.id, InTree::kNo));
  return add_to(inode.type == InodeType::kDirectory ? Counter::kDirectoryCount : Counter::kFileCount, -1);
}

Result<void> RecordChange::set_snapshottable(InodeId directory, bool snapshottable) {
  if (snapshottable) {
    put(Table::kSnapshots, snapshottable_key(directory), "");
  } else {
    erase(Table::kSnapshots, snapshottable_key(directory));
  }
  return add_to(Counter::kSnapshottableCount, snapshottable ? 1 : -1);
}

}  // namespace dfs::namenode
