#include "namenode/leases/lease_table.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;

constexpr InodeId kA{1}, kB{2}, kC{3};

struct LeaseTableTest : testing::Test {
  LeaseTable leases{{60s, 20min}};
  TimePoint start{};
};

TEST_F(LeaseTableTest, AFileHasTheHolderItWasAssignedLast) {
  leases.assign("x", kA, start);
  EXPECT_EQ(leases.holder_of(kA), "x");
  leases.assign("y", kA, start);
  EXPECT_EQ(leases.holder_of(kA), "y");
  EXPECT_EQ(leases.holder_count(), 1);
  leases.release(kA);
  EXPECT_FALSE(leases.holder_of(kA));
  EXPECT_EQ(leases.holder_count(), 0);
  leases.release(kA);
}

TEST_F(LeaseTableTest, AssigningTwiceKeepsOneEntry) {
  leases.assign("x", kA, start);
  leases.assign("x", kA, start + 1s);
  EXPECT_EQ(leases.file_count(), 1);
  leases.release(kA);
  EXPECT_EQ(leases.holder_count(), 0);
}

TEST_F(LeaseTableTest, TheSoftLimitCountsFromTheLastRenewalOfTheHolder) {
  leases.assign("x", kA, start);
  EXPECT_FALSE(leases.past_soft_limit("x", start + 60s));
  EXPECT_TRUE(leases.past_soft_limit("x", start + 61s));
  EXPECT_TRUE(leases.renew("x", start + 50s));
  EXPECT_FALSE(leases.past_soft_limit("x", start + 61s));
  EXPECT_TRUE(leases.past_soft_limit("nobody", start));
  EXPECT_FALSE(leases.renew("nobody", start));
}

TEST_F(LeaseTableTest, FilesPastTheHardLimitComeLongestSilentHolderFirst) {
  leases.assign("young", kA, start + 10s);
  leases.assign("old", kB, start);
  leases.assign("renewed", kC, start);
  leases.renew("renewed", start + 10min);
  EXPECT_TRUE(leases.expired(start + 20min, 10).empty());
  auto expired = leases.expired(start + 20min + 11s, 10);
  ASSERT_EQ(expired.size(), 2);
  EXPECT_EQ(expired[0].file, kB);
  EXPECT_EQ(expired[0].holder, "old");
  EXPECT_EQ(expired[1].file, kA);
  EXPECT_EQ(leases.expired(start + 1h, 1).size(), 1);
}

}  // namespace
}  // namespace dfs::namenode
