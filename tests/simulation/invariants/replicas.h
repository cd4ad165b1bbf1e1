#pragma once

#include <string>

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

// The block map equals what lies on the disks of the DataNodes: of each block of a file the finalized replicas that the
// NameNode believes in, of the right generation and length, and no others; enough of them; each with the bytes that
// were written and sums that match. What is not so; empty: nothing.
std::string what_is_wrong_with_replicas(Cluster& cluster);

// The same, once there was time to copy and delete.
void check_replicas(Cluster& cluster, History& history);

}  // namespace dfs::simulation
