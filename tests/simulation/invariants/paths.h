#pragma once

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

// The namespace is what the answers to the clients' calls make it: nothing is missing, nothing is there besides. After
// check_acknowledged_bytes(), which finds out what became of calls without an answer. On a client's thread.
void check_paths(Cluster& cluster, History& history);

}  // namespace dfs::simulation
