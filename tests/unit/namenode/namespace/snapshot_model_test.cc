#include "tests/unit/namenode/namespace/snapshot_model.h"

namespace dfs::namenode {
namespace {

TEST_F(SnapshotModel, SnapshotsKeepWhatTheySawAndNothingElse) {
  run_steps(600, 1);
}

TEST_F(SnapshotModel, SnapshotsKeepWhatTheySawOnOtherPathsToo) {
  for (uint32_t seed = 2; seed < 6 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    tables = fresh_tables();
    log.clear();
    blocks.recoveries.clear();
    run_steps(150, seed);
  }
}

}  // namespace
}  // namespace dfs::namenode
