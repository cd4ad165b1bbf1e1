#include "namenode/blocks/stored_block.h"

#include <algorithm>

#include "namenode/blocks/ordered_reads.h"
#include "namenode/blocks/storage_policy.h"

namespace dfs::namenode {
namespace {

// A row that is wanted, and for what.
struct Sought {
  std::string key;
  size_t index = 0;
};

// find_rows() of keys in any order, some perhaps more than once.
Result<void> find_sought(const View& view, Table table, std::vector<Sought> sought,
                         const std::function<Result<void>(size_t, std::string_view)>& visit) {
  if (!std::ranges::is_sorted(sought, {}, &Sought::key)) std::ranges::sort(sought, {}, &Sought::key);
  std::vector<std::string> keys;
  std::vector<size_t> first;  // of those with the key
  keys.reserve(sought.size());
  first.reserve(sought.size() + 1);
  for (size_t i = 0; i < sought.size(); ++i) {
    if (!keys.empty() && keys.back() == sought[i].key) continue;
    keys.push_back(std::move(sought[i].key));
    first.push_back(i);
  }
  first.push_back(sought.size());
  return find_rows(view, table, keys, [&](size_t k, std::string_view value) -> Result<void> {
    for (size_t i = first[k]; i < first[k + 1]; ++i) DFS_TRY_OK(visit(sought[i].index, value));
    return {};
  });
}

}  // namespace

Result<std::optional<StoredBlock>> find_block(const View& view, BlockId id) {
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(view, id));
  if (!owner) return std::nullopt;
  DFS_TRY(std::optional<BlockRow> row, find_owned_block(view, *owner));
  if (!row || row->id != id) return std::nullopt;
  return StoredBlock{*row, *owner};
}

Result<std::vector<std::optional<StoredBlock>>> find_blocks(const View& view, std::span<const BlockId> ids) {
  std::vector<std::optional<StoredBlock>> blocks(ids.size());
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (BlockId id : ids) keys.push_back(block_key(id));
  DFS_TRY_OK(find_rows(view, Table::kBlockIndex, keys, [&](size_t i, std::string_view value) -> Result<void> {
    DFS_TRY(BlockOwner owner, decode<BlockOwner>(value));
    blocks[i] = StoredBlock{{}, owner};
    return {};
  }));
  std::vector<Sought> current;  // those whose row is among the file's blocks
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!blocks[i]) continue;
    const BlockOwner& owner = blocks[i]->owner;
    if (!owner.version) {
      current.push_back({file_block_key(owner.file, owner.index), i});
      continue;
    }
    DFS_TRY(blocks[i], find_block(view, ids[i]));
  }
  DFS_TRY_OK(
      find_sought(view, Table::kFileBlocks, std::move(current), [&](size_t i, std::string_view value) -> Result<void> {
        DFS_TRY(blocks[i]->row, decode<BlockRow>(value));
        return {};
      }));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (blocks[i] && blocks[i]->row.id != ids[i]) blocks[i].reset();
  }
  return blocks;
}

Result<std::vector<std::vector<LocatedReplica>>> replicas_of_all(const View& view, std::span<const BlockId> ids) {
  std::vector<std::vector<LocatedReplica>> replicas(ids.size());
  std::vector<std::string> prefixes;
  prefixes.reserve(ids.size());
  for (BlockId id : ids) prefixes.push_back(block_key(id));
  DFS_TRY_OK(find_rows_below(view, Table::kReplicas, prefixes,
                             [&](size_t i, std::string_view key, std::string_view value) -> Result<void> {
                               DFS_TRY(LocatedReplica located, located_replica(key, value));
                               replicas[i].push_back(located);
                               return {};
                             }));
  return replicas;
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

Result<std::vector<std::optional<uint16_t>>> replications_of(const View& view,
                                                             std::span<const std::optional<StoredBlock>> blocks) {
  std::vector<std::optional<uint16_t>> replications(blocks.size());
  std::vector<Sought> sought;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i]) sought.push_back({inode_key(blocks[i]->owner.file), i});
  }
  std::vector<Sought> entries;
  std::vector<bool> decided(blocks.size(), false);
  DFS_TRY_OK(
      find_sought(view, Table::kInodeIndex, std::move(sought), [&](size_t i, std::string_view value) -> Result<void> {
        DFS_TRY(EntryKey entry, decode<EntryKey>(value));
        entries.push_back({entry_key(entry.parent, entry.name), i});
        return {};
      }));
  DFS_TRY_OK(
      find_sought(view, Table::kEntries, std::move(entries), [&](size_t i, std::string_view value) -> Result<void> {
        DFS_TRY(InodeRow inode, decode<InodeRow>(value));
        if (inode.versioned) return {};
        replications[i] = inode.replication;
        decided[i] = true;
        return {};
      }));
  // Those that snapshots know as well, or alone.
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (!blocks[i] || decided[i]) continue;
    DFS_TRY(replications[i], replication_of(view, blocks[i]->owner.file));
  }
  return replications;
}

Result<std::unordered_map<BlockId, BlockFacts>> facts_of(const View& view, std::vector<BlockId> ids) {
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  DFS_TRY(std::vector<std::optional<StoredBlock>> stored, find_blocks(view, ids));
  DFS_TRY(std::vector<std::optional<uint16_t>> replications, replications_of(view, stored));
  DFS_TRY(std::vector<std::vector<LocatedReplica>> replicas, replicas_of_all(view, ids));
  std::unordered_map<BlockId, BlockFacts> facts;
  facts.reserve(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (stored[i] && replications[i]) facts.try_emplace(ids[i], *stored[i], *replications[i], std::move(replicas[i]));
  }
  return facts;
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
  std::string encoded = encode(row);
  batch.put(Table::kReplicas, replica_key(block, storage), encoded);
  batch.put(Table::kStorageReplicas, storage_replica_key(storage, block), std::move(encoded));
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
