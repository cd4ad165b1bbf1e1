#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// A block with the file that owns it.
struct StoredBlock {
  BlockRow row;
  BlockOwner owner;
};

// Nothing where no file has the block.
Result<std::optional<StoredBlock>> find_block(const View& view, BlockId id);
// The same of many blocks at once, which are in order, none twice.
Result<std::vector<std::optional<StoredBlock>>> find_blocks(const View& view, std::span<const BlockId> ids);
// replicas_of() such blocks.
Result<std::vector<std::vector<LocatedReplica>>> replicas_of_all(const View& view, std::span<const BlockId> ids);
// The replication that the file asks for, now or in a snapshot, whichever is more; nothing where the file is gone.
Result<std::optional<uint16_t>> replication_of(const View& view, InodeId file);
// The same of the files of many blocks; nothing where there is no block.
Result<std::vector<std::optional<uint16_t>>> replications_of(const View& view,
                                                             std::span<const std::optional<StoredBlock>> blocks);

// All that the tables say of a block which a file has.
struct BlockFacts {
  StoredBlock stored;
  uint16_t replication = 0;
  std::vector<LocatedReplica> replicas;
};
// Of many blocks at once, in any order. Not there: those of no file.
Result<std::unordered_map<BlockId, BlockFacts>> facts_of(const View& view, std::vector<BlockId> ids);

// The storage policy that holds for the file: its own, or that of the nearest directory above that has one.
Result<uint8_t> storage_policy_of(const View& view, InodeId file);

// Whether the file is being written.
Result<bool> is_open(const View& view, InodeId file);

// A replica's row stands in kReplicas and, the same, in kStorageReplicas.
void put_replica(Batch& batch, BlockId block, StorageNumber storage, const ReplicaRow& row);
void erase_replica(Batch& batch, BlockId block, StorageNumber storage);
Result<std::optional<ReplicaRow>> find_replica(const View& view, BlockId block, StorageNumber storage);

}  // namespace dfs::namenode
