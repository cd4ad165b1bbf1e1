#pragma once

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

// Once all is well: every file that is open is recovered, and each has what was acknowledged, byte for byte, and
// nothing that was not written. With `may_lose_unsynced` what was synced or closed. On a client's thread.
void check_acknowledged_bytes(Cluster& cluster, History& history, bool may_lose_unsynced);

}  // namespace dfs::simulation
