#include "namenode/blocks/postponed.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

constexpr StorageNumber kHere{1}, kThere{2};

TEST(Postponed, blocks_come_out_with_what_they_waited_for_and_only_once) {
  Postponed postponed;
  postponed.until_confirmed(BlockId(2), kHere);
  postponed.until_confirmed(BlockId(1), kHere);
  postponed.until_confirmed(BlockId(1), kHere);
  postponed.until_confirmed(BlockId(1), kThere);
  postponed.until_confirmed(BlockId(3), kThere);
  EXPECT_FALSE(postponed.waits_for_all());
  postponed.until_all_are_settled(BlockId(4));
  EXPECT_TRUE(postponed.waits_for_all());
  EXPECT_EQ(postponed.size(), 4u);
  EXPECT_EQ(postponed.take(kHere), (std::vector{BlockId(1), BlockId(2)}));
  EXPECT_TRUE(postponed.take(kHere).empty());
  EXPECT_EQ(postponed.take(kThere), std::vector{BlockId(3)});
  EXPECT_EQ(postponed.take_settled(), std::vector{BlockId(4)});
  EXPECT_EQ(postponed.size(), 0u);
  postponed.until_confirmed(BlockId(1), kHere);
  postponed.until_all_are_settled(BlockId(1));
  postponed.remove(BlockId(1));
  EXPECT_EQ(postponed.size(), 0u);
  EXPECT_TRUE(postponed.take(kHere).empty());
}

}  // namespace
}  // namespace dfs::namenode
