#include "namenode/blocks/stored_block.h"

#include <algorithm>

namespace dfs::namenode {

Result<std::optional<StoredBlock>> find_block(const View& view, BlockId id) {
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(view, id));
  if (!owner) return std::nullopt;
  DFS_TRY(std::optional<BlockRow> row, find_owned_block(view, *owner));
  if (!row || row->id != id) return std::nullopt;
  return StoredBlock{*row, *owner};
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
