#include "namenode/blocks/blocks_of_datanode.h"

#include <algorithm>

#include "namenode/blocks/replica_rules.h"
#include "namenode/blocks/stored_block.h"

namespace dfs::namenode {
namespace {

class Collection {
 public:
  Collection(const View& view, const DatanodeView& datanodes, const BlocksOfDatanode& request)
      : view_(view), datanodes_(datanodes), request_(request) {}

  bool complete() const { return bytes_ >= request_.bytes || rows_ >= request_.rows_max; }

  // The replicas of a storage from `from` on, before `end` if given.
  Result<void> collect(StorageNumber storage, const std::string& from, std::string_view end) {
    Result<void> added;
    DFS_TRY_OK(
        view_.scan(Table::kStorageReplicas, storage_key(storage), from, [&](std::string_view key, std::string_view) {
          if (complete() || (!end.empty() && key >= end)) return false;
          ++rows_;
          added = add(block_of_storage_replica_key(key));
          return added.has_value();
        }));
    return added;
  }

  std::vector<BlockWithStorages> take() && {
    for (BlockWithStorages& hot : hot_) {
      if (bytes_ >= request_.bytes) break;
      bytes_ += hot.block.length;
      cold_.push_back(std::move(hot));
    }
    return std::move(cold_);
  }

 private:
  Result<void> add(BlockId id) {
    DFS_TRY(std::optional<StoredBlock> stored, find_block(view_, id));
    if (!stored || stored->row.state != BlockState::kComplete || stored->row.length < request_.block_bytes_min)
      return {};
    BlockWithStorages found{stored->row, {}};
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view_, id));
    for (const LocatedReplica& located : replicas) {
      auto place = datanodes_.by_storage.find(uint32_t(located.storage));
      if (place == datanodes_.by_storage.end() || !is_good(stored->row, located.replica)) continue;
      if (datanodes_.datanodes[place->second.datanode].liveness == DatanodeLiveness::kDead) continue;
      found.storages.push_back(located.storage);
    }
    if (found.storages.empty()) return {};
    DFS_TRY(bool hot, is_hot(stored->owner.file));
    if (!hot) bytes_ += found.block.length;
    (hot ? hot_ : cold_).push_back(std::move(found));
    return {};
  }

  Result<bool> is_hot(InodeId file) const {
    if (request_.hot_since_ms == 0) return false;
    DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, file));
    if (!entry) return false;
    DFS_TRY(std::optional<InodeRow> inode, find_entry(view_, entry->parent, entry->name));
    return inode && (inode->under_construction || inode->access_time_ms > request_.hot_since_ms ||
                     inode->modification_time_ms > request_.hot_since_ms);
  }

  const View& view_;
  const DatanodeView& datanodes_;
  const BlocksOfDatanode& request_;
  std::vector<BlockWithStorages> cold_, hot_;
  uint64_t bytes_ = 0;  // of cold_
  size_t rows_ = 0;
};

}  // namespace

Result<std::vector<BlockWithStorages>> blocks_of_datanode(const View& view, const DatanodeView& datanodes,
                                                          const BlocksOfDatanode& request) {
  auto datanode = std::ranges::find(datanodes.datanodes, request.datanode_uuid, &DatanodeStatus::uuid);
  if (request.datanode_uuid.empty() || datanode == datanodes.datanodes.end()) {
    return fail(ErrorCode::kHadoopInvalidArgument, "Datanode " + request.datanode_uuid + " not found.");
  }
  Collection collection(view, datanodes, request);
  for (bool from_the_first : {false, true}) {
    for (const StorageStatus& storage : datanode->storages) {
      if (!storage.confirmed || storage.failed) continue;
      if (request.storage_type && storage.storage_type != *request.storage_type) continue;
      const std::string begin = storage_replica_key(storage.number, request.begin_at);
      DFS_TRY_OK(from_the_first ? collection.collect(storage.number, storage_key(storage.number), begin)
                                : collection.collect(storage.number, begin, {}));
    }
  }
  return std::move(collection).take();
}

}  // namespace dfs::namenode
