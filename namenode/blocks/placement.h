#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "namenode/blocks/blocks.h"
#include "namenode/datanodes/datanode_map.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// Where new replicas go, by Hadoop's default rules (BlockPlacementPolicyDefault): the writer's own DataNode, then one
// in another rack, then a second one in that rack, then anywhere, never two replicas on one DataNode.
//
// DataNodes that are stale, much busier than the others or of another storage type than the policy asks for are
// passed over as long as others are left; dead, decommissioning and full ones always. Random by the seed given. Lives
// on the namespace thread.
class Placement {
 public:
  Placement(const DatanodeMap& datanodes, uint64_t seed) : datanodes_(datanodes), random_(seed) {}

  // At most request.count storages, in pipeline order; request.present are not among them, nor their DataNodes.
  std::vector<StorageNumber> choose(const PlacementRequest& request, TimePoint now);
  // A number below `limit` from the same generator.
  size_t random_below(size_t limit);

 private:
  enum class Care : uint8_t { kEverything, kAnyRack, kSpaceOnly };
  struct Attempt;

  bool choose_one(Attempt& attempt);
  bool choose_from(Attempt& attempt, Care care, const std::vector<const Datanode*>& from);
  bool rack_suits(const Attempt& attempt, const Datanode& datanode) const;
  StorageNumber storage_on(const Attempt& attempt, const Datanode& datanode, Care care);

  const DatanodeMap& datanodes_;
  std::mt19937_64 random_;
};

}  // namespace dfs::namenode
