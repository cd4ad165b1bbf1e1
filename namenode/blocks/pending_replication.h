#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namenode/store/rows.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// Replicas that are on their way: copies that were commanded, and members of a pipeline that have not reported the
// finished block. They count as replicas until their time is over. Lives on the namespace thread.
class PendingReplication {
 public:
  // Adds `targets` to what the block waits for and gives all of it time until `deadline`.
  void add(BlockId block, const std::vector<StorageNumber>& targets, TimePoint deadline);
  // This storage is not waited for any longer: it has the block, or never will.
  void settle(BlockId block, StorageNumber storage);
  void remove(BlockId block) { entries_.erase(block); }
  bool contains(BlockId block, StorageNumber storage) const;
  std::vector<StorageNumber> targets(BlockId block) const;
  size_t count(BlockId block) const;
  size_t block_count() const { return entries_.size(); }

  // Takes out what has waited until its deadline.
  std::vector<std::pair<BlockId, std::vector<StorageNumber>>> take_expired(TimePoint now);
  // Takes the storage out of all entries; returns their blocks.
  std::vector<BlockId> drop(StorageNumber storage);

 private:
  struct Entry {
    std::set<StorageNumber> targets;
    TimePoint deadline;
  };
  std::unordered_map<BlockId, Entry> entries_;
};

}  // namespace dfs::namenode
