#pragma once

#include <vector>

#include "namenode/blocks/stored_block.h"

namespace dfs::namenode {

// A block with its replicas sorted by what they are worth now. Good ones are in one list each.
struct ExaminedBlock {
  StoredBlock stored;
  uint16_t replication = 0;
  std::vector<StorageNumber> live;             // in a live storage in service, not about to be deleted
  std::vector<StorageNumber> decommissioning;  // only a source of copies
  std::vector<StorageNumber> decommissioned;   // likewise, where there is no other
  std::vector<StorageNumber> to_rest;          // entering maintenance, and can be reached: counts less, is a source
  std::vector<StorageNumber> resting;          // in maintenance: counts less, and is not read
  std::vector<StorageNumber> awaited;          // its DataNode may still register
  std::vector<StorageNumber> arriving;         // announced, in a live storage
  std::vector<StorageNumber> being_written;    // of these, those in service that report it
  std::vector<LocatedReplica> bad;             // of another stamp or length, or found corrupt; in a live storage
  std::vector<LocatedReplica> outdated;        // expectations of an earlier pipeline
  std::vector<StorageNumber> holders;          // every storage with a row that is not gone

  size_t maintenance_count() const { return to_rest.size() + resting.size(); }
  // Where it can be copied from.
  size_t source_count() const { return live.size() + decommissioning.size() + decommissioned.size() + to_rest.size(); }
};

}  // namespace dfs::namenode
