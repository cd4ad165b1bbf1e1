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
// in another rack, then a second one in that rack, then anywhere, on the storage types that the file's policy asks for,
// never two replicas on one DataNode. Only DataNodes in service are chosen.
//
// Stale DataNodes are chosen when others do not suffice; then storage types of which nothing is left are replaced by
// the policy's fallbacks. Where Hadoop would give up, DataNodes that are much busier than others and racks with many
// replicas already are taken too. Random by the seed given. Lives on the namespace thread.
class Placement {
 public:
  Placement(const DatanodeMap& datanodes, uint64_t seed) : datanodes_(datanodes), random_(seed) {}

  // At most request.count storages, in pipeline order; request.present are not among them, nor their DataNodes.
  std::vector<StorageNumber> choose(const PlacementRequest& request, TimePoint now);
  // A number below `limit` from the same generator.
  size_t random_below(size_t limit);

 private:
  enum class Care : uint8_t { kEverything, kStaleToo, kBusyToo };
  struct Attempt;

  void place(Attempt& attempt);
  bool place_next(Attempt& attempt);
  bool place_in_rack_of(Attempt& attempt, const Datanode& datanode);
  bool place_away_from(Attempt& attempt, const Datanode& datanode);
  bool place_among(Attempt& attempt, const std::vector<const Datanode*>& datanodes, const std::string* not_in_rack);
  bool place_on(Attempt& attempt, const Datanode& datanode, uint8_t type);
  bool is_good(const Attempt& attempt, const Datanode& datanode, bool consider_load) const;

  const DatanodeMap& datanodes_;
  std::mt19937_64 random_;
};

// How far apart two racks are, counted over the tree that their paths make: 2 in one rack, 4 in neighbouring ones.
int rack_distance(std::string_view one, std::string_view other);

}  // namespace dfs::namenode
