#include <random>

#include "tests/unit/dose.h"
#include "tests/unit/namenode/namespace/snapshot_model.h"

namespace dfs::namenode {
namespace {

TEST_F(SnapshotModel, SnapshotsKeepWhatTheySawAndNothingElse) {
  run_steps(600, 1);
}

TEST_F(SnapshotModel, SnapshotsKeepWhatTheySawOnOtherPathsToo) {
  for (uint32_t round = 0; round < (is_nightly() ? 200 : 4) && !HasFailure(); ++round) {
    const uint32_t seed = is_nightly() ? std::random_device{}() : 2 + round;
    SCOPED_TRACE("seed " + std::to_string(seed));
    tables = fresh_tables();
    log.clear();
    blocks.recoveries.clear();
    run_steps(is_nightly() ? 250 : 150, seed);
  }
}

}  // namespace
}  // namespace dfs::namenode
