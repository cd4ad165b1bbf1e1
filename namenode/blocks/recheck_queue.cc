#include "namenode/blocks/recheck_queue.h"

#include <algorithm>

namespace dfs::namenode {

void RecheckQueue::add(BlockId block, ReplicaMove move) {
  auto [entry, is_new] = singles_.try_emplace(block);
  if (is_new) order_.push_back(block);
  if (!move.from.empty()) entry->second = std::move(move);
}

void RecheckQueue::add_file(InodeId file) {
  add_walk(Table::kFileBlocks, inode_key(file));
  add_walk(Table::kBlockVersions, inode_key(file));
}

void RecheckQueue::add_storage(StorageNumber storage) {
  add_walk(Table::kStorageReplicas, storage_key(storage));
}

void RecheckQueue::add_all_blocks() {
  add_walk(Table::kFileBlocks, "");
  add_walk(Table::kBlockVersions, "");
}

void RecheckQueue::add_walk(Table table, std::string prefix) {
  // A walk that has begun may have passed what changed since; one that has not will see it.
  Walk walk{table, prefix, prefix};
  if (std::ranges::find(walks_, walk) == walks_.end()) walks_.push_back(std::move(walk));
}

Result<std::vector<RecheckQueue::Entry>> RecheckQueue::next(const View& view, size_t count_max) {
  std::vector<Entry> entries;
  while (!order_.empty() && entries.size() < count_max) {
    auto single = singles_.find(order_.front());
    entries.push_back({single->first, std::move(single->second)});
    singles_.erase(single);
    order_.pop_front();
  }
  while (!walks_.empty() && entries.size() < count_max) {
    Walk& walk = walks_.front();
    std::optional<std::string> stopped_at;
    Result<void> decoded;
    DFS_TRY_OK(view.scan(walk.table, walk.prefix, walk.from, [&](std::string_view key, std::string_view value) {
      if (entries.size() >= count_max) {
        stopped_at = std::string(key);
        return false;
      }
      if (walk.table == Table::kStorageReplicas) {
        entries.push_back({block_of_storage_replica_key(key), {}});
        return true;
      }
      Result<BlockRow> row = decode<BlockRow>(value);
      if (!row) {
        decoded = std::unexpected(std::move(row).error());
        return false;
      }
      entries.push_back({row->id, {}});
      return true;
    }));
    DFS_TRY_OK(std::move(decoded));
    if (stopped_at) {
      walk.from = std::move(*stopped_at);
    } else {
      walks_.pop_front();
    }
  }
  return entries;
}

}  // namespace dfs::namenode
