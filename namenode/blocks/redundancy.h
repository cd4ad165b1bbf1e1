#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "namenode/blocks/replication_queue.h"

namespace dfs::namenode {

// How many replicas a block needs on DataNodes in service (BlockManager.getExpectedLiveRedundancyNum): those in
// maintenance come back, but `maintenance_min` must be there meanwhile.
inline size_t required_live(size_t replication, size_t in_maintenance, size_t maintenance_min) {
  return std::max(replication - std::min(replication, in_maintenance), std::min(replication, maintenance_min));
}

// How urgent a copy is where any good replica is left (LowRedundancyBlocks.getPriority).
inline Urgency urgency_of(size_t live, size_t required, uint16_t replication) {
  if (live >= required) return Urgency::kBadlyPlaced;
  if (live <= 1) return Urgency::kOneLeft;
  return live * 3 < replication ? Urgency::kVeryLow : Urgency::kLow;
}

// Whether the block lets a DataNode leave (DatanodeAdminManager.isSufficient): it has what it needs elsewhere, or at
// least what is safe. All that counts is on DataNodes in service that have reported it since they registered.
struct Sufficiency {
  size_t live = 0;           // replicas
  size_t being_written = 0;  // those that an open file's last block has in its pipeline
  size_t in_maintenance = 0;
  size_t replication = 0;
  bool well_placed = true;
  bool last_of_open_file = false;
};
struct SufficiencyLimits {
  size_t replication_min = 1;      // dfs.namenode.replication.min
  size_t replication_default = 3;  // dfs.replication
  size_t maintenance_min = 1;      // dfs.namenode.maintenance.replication.min
};
enum class Leaving : uint8_t { kForGood, kForMaintenance };

inline bool is_sufficient(const Sufficiency& block, Leaving leaving, const SufficiencyLimits& limits) {
  const size_t required = required_live(block.replication, block.in_maintenance, limits.maintenance_min);
  if (block.live >= required && block.well_placed) return true;
  // What its pipeline writes elsewhere is copied on when the block is complete.
  const size_t safe = block.live + (block.last_of_open_file ? block.being_written : 0);
  if (leaving == Leaving::kForMaintenance) return safe >= std::min(block.replication, limits.maintenance_min);
  return safe >= (block.last_of_open_file ? limits.replication_min : limits.replication_default);
}

}  // namespace dfs::namenode
