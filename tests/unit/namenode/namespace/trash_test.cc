#include "namenode/namespace/trash.h"

#include <algorithm>

#include "namenode/namespace/operations/tree.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;

const WallTime kNow{std::chrono::milliseconds(1'700'000'000'000)};

class TrashTest : public NamespaceFixture {
 protected:
  void make(const std::string& path) {
    auto made = run(operations::mkdirs, operations::Mkdirs{.path = path});
    EXPECT_TRUE(made) << error_of(made);
  }
  TrashWork work() {
    auto found = trash_work(*tables, trash, kNow);
    EXPECT_TRUE(found) << error_of(found);
    return found ? *found : TrashWork();
  }
  static std::string old(std::chrono::milliseconds age) { return name_of_checkpoint(kNow - age); }
  TrashSettings trash{.deletion_interval = 60min};
};

TEST_F(TrashTest, NamesOfCheckpointsAreTheirLocalTime) {
  EXPECT_EQ(time_of_checkpoint(name_of_checkpoint(kNow), kNow), kNow);
  EXPECT_EQ(time_of_checkpoint(name_of_checkpoint(kNow) + "-12", kNow), kNow);
  EXPECT_EQ(time_of_checkpoint(name_of_checkpoint(kNow).substr(0, 10), kNow),
            std::chrono::floor<std::chrono::minutes>(kNow));
  for (const char* none : {"", "Current", "23111", "x231114221320"})
    EXPECT_FALSE(time_of_checkpoint(none, kNow)) << none;
  // 20 years ahead, then 80 back.
  EXPECT_GT(time_of_checkpoint("430101000000", kNow), kNow);
  EXPECT_LT(time_of_checkpoint("450101000000", kNow), kNow);
}

TEST_F(TrashTest, WhatIsOldGoesAndWhatIsCurrentBecomesACheckpoint) {
  EXPECT_TRUE(work().made.empty());  // without homes
  const std::string alices = "/user/alice/.Trash/", bobs = "/user/bob/.Trash/";
  make(alices + "Current/user/alice/d");
  make(alices + old(59min));
  make(alices + old(61min));
  make(alices + "keepsake");
  make(bobs + old(2h));
  make("/user/carol/data/.Trash/Current");
  make("/tmp/.Trash/Current");
  TrashWork found = work();
  std::ranges::sort(found.expired);
  EXPECT_EQ(found.expired, (std::vector<std::string>{alices + old(61min), bobs + old(2h)}));
  ASSERT_EQ(found.made.size(), 1u);
  EXPECT_EQ(found.made[0].current, alices + "Current");
  EXPECT_EQ(found.made[0].checkpoint, alices + name_of_checkpoint(kNow));

  make(found.made[0].checkpoint);
  make(found.made[0].checkpoint + "-1");
  EXPECT_EQ(work().made[0].checkpoint, alices + name_of_checkpoint(kNow) + "-2");

  trash.deletes_unknown = true;
  found = work();
  EXPECT_EQ(std::ranges::count(found.expired, alices + "keepsake"), 1);
}

TEST_F(TrashTest, TheIntervalOfTheEmptierIsNeverLongerThanThatOfDeletion) {
  EXPECT_EQ(trash.between_runs(), 60min);
  trash.emptier_interval = 10min;
  EXPECT_EQ(trash.between_runs(), 10min);
  trash.emptier_interval = 61min;
  EXPECT_EQ(trash.between_runs(), 60min);
}

}  // namespace
}  // namespace dfs::namenode
