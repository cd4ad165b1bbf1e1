#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "proto/base/ids.h"

namespace dfs::namenode {

// How urgently a block needs another replica (LowRedundancyBlocks).
enum class Urgency : uint8_t {
  kOneLeft,  // a single replica stands between it and its loss
  kVeryLow,  // less than a third of what it should have
  kLow,
  kBadlyPlaced,  // enough of them, but all in one rack
  kLost,         // no good replica anywhere: nothing to copy from
};
inline constexpr size_t kUrgencyCount = 5;

// Blocks that lack replicas, most urgent first. Lives on the namespace thread.
class ReplicationQueue {
 public:
  // Enters the block, or moves it to this urgency.
  void put(BlockId block, Urgency urgency, uint16_t replication);
  void remove(BlockId block);
  bool contains(BlockId block) const;

  // Up to `count_max` blocks that can be worked on: urgent ones first, and within an urgency going on behind the last
  // block of the previous call, so that one that cannot be helped does not stand in the way of others.
  std::vector<BlockId> next(size_t count_max);

  size_t size(Urgency urgency) const;
  // All but the lost.
  size_t low_count() const { return total_count() - size(Urgency::kLost); }
  size_t total_count() const;
  size_t lost_with_replication_one() const { return blocks_[kLostOnes].size(); }
  // In order.
  std::vector<BlockId> lost_after(BlockId from, size_t count_max) const;

 private:
  // Of the lost, those that should have one replica alone have a level of their own.
  static constexpr size_t kLostOnes = kUrgencyCount;
  using Blocks = std::set<BlockId>;

  std::array<Blocks, kUrgencyCount + 1> blocks_;
  std::array<BlockId, kUrgencyCount> last_{};
};

}  // namespace dfs::namenode
