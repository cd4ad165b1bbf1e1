#pragma once

#include <cstddef>
#include <set>
#include <unordered_map>
#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// Blocks that cannot be decided about until a storage says what it holds: a certain one, or all of them. Lives on the
// namespace thread.
class Postponed {
 public:
  void until_confirmed(BlockId block, StorageNumber storage);
  void until_all_are_settled(BlockId block) { unsettled_.insert(block); }
  // Decided about again.
  void remove(BlockId block);
  // Those that waited for this storage, in order; whatever else they wait for.
  std::vector<BlockId> take(StorageNumber storage);
  bool waits_for_all() const { return !unsettled_.empty(); }
  // Those that waited for all.
  std::vector<BlockId> take_settled();
  size_t size() const { return unsettled_.size() + waiting_for_.size(); }

 private:
  std::set<BlockId> unsettled_;
  std::unordered_map<StorageNumber, std::set<BlockId>> by_storage_;
  std::unordered_map<BlockId, std::vector<StorageNumber>> waiting_for_;
};

}  // namespace dfs::namenode
