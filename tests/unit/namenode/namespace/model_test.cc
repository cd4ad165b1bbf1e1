#include <random>

#include "tests/unit/dose.h"
#include "tests/unit/namenode/namespace/model_attributes.h"

namespace dfs::namenode {
namespace {

// Random mutations of all kinds by several users, against TreeModel: each has the outcome that the model says, and now
// and then the whole tree is compared.
class RandomMutations : public AttributeSteps, public testing::WithParamInterface<uint32_t> {
 protected:
  // Everybody may write somewhere.
  void open_the_root() {
    const uint16_t permission = random() % 2 == 0 ? 01777 : 0777;
    ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/", .permission = permission}));
    model.root().row.permission = permission;
  }
  void step() {
    choose_user();
    switch (random() % 26) {
      case 0:
      case 1:
      case 2:
        return make_directories();
      case 3:
      case 4:
      case 5:
        return write_file();
      case 6:
      case 7:
        return append();
      case 8:
        return truncate();
      case 9:
      case 10:
        return concat();
      case 11:
        return remove();
      case 12:
        return rename_old();
      case 13:
        return rename();
      case 14:
        return random() % 2 == 0 ? set_permission() : set_owner();
      case 15:
        return random() % 2 == 0 ? set_times() : set_replication();
      case 16:
        return set_policy();
      case 17:
        return set_quota();
      case 18:
        return change_xattr();
      case 19:
        return change_acl();
      case 20:
        return recover_lease();
      case 21:
        return let_time_pass();
      default:
        return go_on_writing();
    }
  }
};

TEST_P(RandomMutations, LeaveWhatTheModelSaysAndReplayToTheSameRows) {
  const int steps = is_nightly() ? 50'000 : 1'000;
  const uint32_t seed = is_nightly() ? std::random_device{}() : GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random.seed(seed);
  open_the_root();
  for (int i = 1; i <= steps && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step();
    if (i % 300 == 0) restart();
    if (i % 100 == 0) expect_model();
  }
  expect_replay_equals_tables();
  EXPECT_GT(carried_out, refused / 4);
}

// 20,000 mutations in twenty runs; a million in the nightly dose.
INSTANTIATE_TEST_SUITE_P(Seeds, RandomMutations, testing::Range(1u, 21u));

}  // namespace
}  // namespace dfs::namenode
