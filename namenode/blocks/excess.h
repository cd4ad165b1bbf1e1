#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "namenode/blocks/recheck_queue.h"
#include "namenode/store/rows.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// A replica that may be given up.
struct ExcessCandidate {
  StorageNumber storage{};
  std::string datanode_uuid{};
  std::string rack{};
  uint8_t storage_type = 1;
  uint64_t remaining_bytes = 0;
  TimePoint last_heartbeat{};
};

// Which of the replicas go so that `keep` remain, as BlockPlacementPolicyDefault.chooseReplicasToDelete has it: first
// the one that a mover gives up, if that leaves no fewer racks; then, of two racks, from the one that has several; and
// of those the DataNode that was silent the longest, if for longer than `silent_since`, or the one with the least
// space. Only replicas on `excess_types` go, one for each: fewer than asked for where these do not suffice.
std::vector<StorageNumber> choose_excess(std::vector<ExcessCandidate> replicas, size_t keep,
                                         std::vector<uint8_t> excess_types, const ReplicaMove& move,
                                         TimePoint silent_since);

}  // namespace dfs::namenode
