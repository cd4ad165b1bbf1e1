#pragma once

#include <vector>

#include "namenode/blocks/stored_block.h"

namespace dfs::namenode {

// A block with its replicas sorted by what they are worth now.
struct ExaminedBlock {
  StoredBlock stored;
  uint16_t replication = 0;
  std::vector<StorageNumber> live;       // good, in a live storage, not about to be deleted
  std::vector<StorageNumber> leaving;    // as live, but on a DataNode that is being decommissioned: only a source
  std::vector<StorageNumber> awaited;    // good, and its DataNode may still register
  std::vector<StorageNumber> arriving;   // announced, in a live storage
  std::vector<LocatedReplica> bad;       // of another stamp or length, or found corrupt; in a live storage
  std::vector<LocatedReplica> outdated;  // expectations of an earlier pipeline
  std::vector<StorageNumber> holders;    // every storage with a row that is not gone
};

}  // namespace dfs::namenode
