#include "namenode/blocks/replication_queue.h"

#include <algorithm>

namespace dfs::namenode {

void ReplicationQueue::put(BlockId block, Urgency urgency, uint16_t replication) {
  auto [entry, is_new] = urgency_.try_emplace(block, urgency);
  if (!is_new && entry->second != urgency) {
    blocks_[size_t(entry->second)].erase(block);
    entry->second = urgency;
  }
  blocks_[size_t(urgency)].insert(block);
  if (urgency == Urgency::kLost && replication == 1) {
    lost_ones_.insert(block);
  } else {
    lost_ones_.erase(block);
  }
}

void ReplicationQueue::remove(BlockId block) {
  auto entry = urgency_.find(block);
  if (entry == urgency_.end()) return;
  blocks_[size_t(entry->second)].erase(block);
  lost_ones_.erase(block);
  urgency_.erase(entry);
}

std::vector<BlockId> ReplicationQueue::next(size_t count_max) {
  std::vector<BlockId> chosen;
  for (Urgency urgency : {Urgency::kOneLeft, Urgency::kVeryLow, Urgency::kLow, Urgency::kBadlyPlaced}) {
    const std::set<BlockId>& level = blocks_[size_t(urgency)];
    BlockId& last = last_[size_t(urgency)];
    size_t count = std::min(level.size(), count_max - chosen.size());
    auto position = level.upper_bound(last);
    for (size_t i = 0; i < count; ++i) {
      if (position == level.end()) position = level.begin();
      last = *position;
      chosen.push_back(*position++);
    }
  }
  return chosen;
}

std::vector<BlockId> ReplicationQueue::lost_after(BlockId from, size_t count_max) const {
  const std::set<BlockId>& lost = blocks_[size_t(Urgency::kLost)];
  std::vector<BlockId> found;
  for (auto block = lost.upper_bound(from); block != lost.end() && found.size() < count_max; ++block) {
    found.push_back(*block);
  }
  return found;
}

}  // namespace dfs::namenode
