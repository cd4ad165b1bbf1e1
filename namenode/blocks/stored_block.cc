#include "namenode/blocks/stored_block.h"

#include <algorithm>

#include "namenode/blocks/storage_policy.h"

namespace dfs::namenode {

Result<std::optional<StoredBlock>> find_block(const View& view, BlockId id) {
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(view, id));
  if (!owner) return std::nullopt;
  DFS_TRY(std::optional<BlockRow> row, find_owned_block(view, *owner));
  if (!row || row->id != id) return std::nullopt;
  return StoredBlock{*row, *owner};
}

Result<std::vector<std::optional<StoredBlock>>> find_blocks(const View& view, std::span<const BlockId> ids) {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (BlockId id : ids) keys.push_back(block_key(id));
  DFS_TRY(std::vector<std::optional<std::string>> found, view.get_many(Table::kBlockIndex, keys));
  std::vector<std::optional<StoredBlock>> blocks(ids.size());
  std::vector<size_t> current;  // those whose row is among the file's blocks
  keys.clear();
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!found[i]) continue;
    DFS_TRY(BlockOwner owner, decode<BlockOwner>(*found[i]));
    if (owner.version) {
      DFS_TRY(blocks[i], find_block(view, ids[i]));
      continue;
    }
    blocks[i] = StoredBlock{{}, owner};
    current.push_back(i);
    keys.push_back(file_block_key(owner.file, owner.index));
  }
  DFS_TRY(found, view.get_many(Table::kFileBlocks, keys));
  for (size_t k = 0; k < current.size(); ++k) {
    std::optional<StoredBlock>& block = blocks[current[k]];
    if (found[k]) {
      DFS_TRY(block->row, decode<BlockRow>(*found[k]));
    }
    if (block->row.id != ids[current[k]]) block.reset();
  }
  return blocks;
}

Result<std::optional<uint16_t>> replication_of(const View& view, InodeId file) {
  DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view, file));
  std::optional<uint16_t> replication;
  if (entry) {
    DFS_TRY(std::optional<InodeRow> inode, find_entry(view, entry->parent, entry->name));
    if (!inode) return std::nullopt;
    replication = inode->replication;
    if (!inode->versioned) return replication;
  }
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view, file));
  for (const InodeVersion& version : versions) {
    DFS_TRY(InodeRow inode, versioned_inode(view, version));
    replication = std::max(replication.value_or(0), inode.replication);
  }
  return replication;
}

Result<uint8_t> storage_policy_of(const View& view, InodeId file) {
  for (InodeId id = file; id != kNoInode;) {
    DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view, id));
    if (!entry) {
      // Snapshots alone have it: what it said of itself holds.
      DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view, id));
      if (versions.empty()) break;
      DFS_TRY(InodeRow kept, versioned_inode(view, versions.back()));
      return kept.storage_policy != 0 ? kept.storage_policy : kDefaultPolicy;
    }
    DFS_TRY(std::optional<InodeRow> inode, find_entry(view, entry->parent, entry->name));
    if (!inode) break;
    if (inode->storage_policy != 0) return inode->storage_policy;
    id = entry->parent;
  }
  return kDefaultPolicy;
}

Result<bool> is_open(const View& view, InodeId file) {
  DFS_TRY(std::optional<std::string> row, view.get(Table::kOpenFiles, inode_key(file)));
  return row.has_value();
}

void put_replica(Batch& batch, BlockId block, StorageNumber storage, const ReplicaRow& row) {
  batch.put(Table::kReplicas, replica_key(block, storage), encode(row));
  batch.put(Table::kStorageReplicas, storage_replica_key(storage, block), encode(row));
}

void erase_replica(Batch& batch, BlockId block, StorageNumber storage) {
  batch.erase(Table::kReplicas, replica_key(block, storage));
  batch.erase(Table::kStorageReplicas, storage_replica_key(storage, block));
}

Result<std::optional<ReplicaRow>> find_replica(const View& view, BlockId block, StorageNumber storage) {
  DFS_TRY(std::optional<std::string> value, view.get(Table::kReplicas, replica_key(block, storage)));
  if (!value) return std::nullopt;
  return decode<ReplicaRow>(*value);
}

}  // namespace dfs::namenode
