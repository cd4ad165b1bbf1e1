#pragma once

#include <cstdint>

#include "tests/simulation/cluster/cluster.h"

namespace dfs::simulation {

// What may happen in a run.
struct FaultSettings {
  bool power_cuts = false;  // otherwise what was written stays, as after kill -9
  bool namenode_too = false;
  bool disk_errors = false;
  Nanoseconds pause_max = 3 * kSecond;  // between two faults
};

// Kills, starts, pauses, parts and slows down what is in the cluster until `ends`, then makes everything well again:
// all daemons run and see each other. On the run's first thread.
void make_trouble(Cluster& cluster, const FaultSettings& settings, const std::function<bool()>& ends);

}  // namespace dfs::simulation
