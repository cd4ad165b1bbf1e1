#include "namenode/blocks/replication_queue.h"

#include <algorithm>

namespace dfs::namenode {

void ReplicationQueue::put(BlockId block, Urgency urgency, uint16_t replication) {
  const size_t level = urgency == Urgency::kLost && replication == 1 ? kLostOnes : size_t(urgency);
  if (!blocks_[level].insert(block).second) return;
  for (size_t other = 0; other < blocks_.size(); ++other) {
    if (other != level && blocks_[other].erase(block) > 0) return;
  }
}

void ReplicationQueue::remove(BlockId block) {
  for (Blocks& level : blocks_) {
    if (level.erase(block) > 0) return;
  }
}

bool ReplicationQueue::contains(BlockId block) const {
  return std::ranges::any_of(blocks_, [&](const Blocks& level) { return level.contains(block); });
}

size_t ReplicationQueue::size(Urgency urgency) const {
  return blocks_[size_t(urgency)].size() + (urgency == Urgency::kLost ? blocks_[kLostOnes].size() : 0);
}

size_t ReplicationQueue::total_count() const {
  size_t count = 0;
  for (const Blocks& level : blocks_) count += level.size();
  return count;
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
  std::vector<BlockId> found;
  for (size_t level : {size_t(Urgency::kLost), kLostOnes}) {
    auto block = blocks_[level].upper_bound(from);
    for (size_t i = 0; i < count_max && block != blocks_[level].end(); ++i) found.push_back(*block++);
  }
  std::ranges::sort(found);
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

}  // namespace dfs::namenode
