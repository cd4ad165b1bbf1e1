#include "namenode/blocks/pending_replication.h"

namespace dfs::namenode {

void PendingReplication::add(BlockId block, const std::vector<StorageNumber>& targets, TimePoint deadline) {
  if (targets.empty()) return;
  Entry& entry = entries_[block];
  entry.targets.insert(targets.begin(), targets.end());
  entry.deadline = deadline;
}

void PendingReplication::settle(BlockId block, StorageNumber storage) {
  auto entry = entries_.find(block);
  if (entry == entries_.end()) return;
  entry->second.targets.erase(storage);
  if (entry->second.targets.empty()) entries_.erase(entry);
}

bool PendingReplication::contains(BlockId block, StorageNumber storage) const {
  auto entry = entries_.find(block);
  return entry != entries_.end() && entry->second.targets.contains(storage);
}

std::vector<StorageNumber> PendingReplication::targets(BlockId block) const {
  auto entry = entries_.find(block);
  if (entry == entries_.end()) return {};
  return {entry->second.targets.begin(), entry->second.targets.end()};
}

size_t PendingReplication::count(BlockId block) const {
  auto entry = entries_.find(block);
  return entry == entries_.end() ? 0 : entry->second.targets.size();
}

std::vector<std::pair<BlockId, std::vector<StorageNumber>>> PendingReplication::take_expired(TimePoint now) {
  std::vector<std::pair<BlockId, std::vector<StorageNumber>>> expired;
  std::erase_if(entries_, [&](const auto& entry) {
    const auto& [targets, deadline] = entry.second;
    if (now < deadline) return false;
    expired.push_back({entry.first, {targets.begin(), targets.end()}});
    return true;
  });
  return expired;
}

std::vector<BlockId> PendingReplication::drop(StorageNumber storage) {
  std::vector<BlockId> dropped;
  for (auto& [block, entry] : entries_) {
    if (entry.targets.erase(storage) > 0) dropped.push_back(block);
  }
  std::erase_if(entries_, [](const auto& item) { return item.second.targets.empty(); });
  return dropped;
}

}  // namespace dfs::namenode
