#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "namenode/blocks/blocks.h"

namespace dfs::namenode {

// Block recoveries that are under way, with the DataNode that leads each. Lives on the namespace thread.
class Recoveries {
 public:
  struct Entry {
    BlockRecovery recovery;
    std::vector<StorageNumber> replicas;
    std::string primary;  // DataNode uuid; empty: no replica could be reached yet
    bool sent = false;
  };
  // In place of an earlier recovery of this block; keeps who led that, so that another can be tried.
  Entry& put(BlockRecovery recovery);
  void remove(BlockId block) { entries_.erase(block); }
  const Entry* find(BlockId block) const;
  // Those that have no primary yet, to be assigned.
  std::vector<Entry*> unassigned();
  // Takes the unsent recoveries that this DataNode leads; they stay known.
  std::vector<Entry> take(const std::string& primary);
  // The DataNode is dead: what it led is unassigned.
  void drop(const std::string& primary);

 private:
  std::map<BlockId, Entry> entries_;
};

}  // namespace dfs::namenode
