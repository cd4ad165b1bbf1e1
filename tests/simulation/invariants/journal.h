#pragma once

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

// Replay of the edit log into empty tables gives what the NameNode that runs has, row by row, once it is idle.
void check_journal(Cluster& cluster, History& history);

}  // namespace dfs::simulation
