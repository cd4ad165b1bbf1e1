#pragma once

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

// No lease without an open file, no open file without a lease.
void check_open_files(Cluster& cluster, History& history);

}  // namespace dfs::simulation
