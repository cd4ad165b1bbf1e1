#include "namenode/commit/kept_back.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace dfs::namenode {
namespace {

TimePoint at(int milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}
constexpr Awaited kReplica{Awaited::Kind::kReplica, 7}, kOther{Awaited::Kind::kReplica, 8},
    kCommands{Awaited::Kind::kCommands, 7};

TEST(KeptBack, AnArrivalFreesThoseThatWaitForItAndNoOthers) {
  KeptBack<std::string> kept;
  kept.put(kReplica, at(30), "a");
  kept.put(kReplica, at(10), "b");
  kept.put(kOther, at(20), "c");
  kept.put(kCommands, at(20), "d");
  std::vector<std::string> freed;
  kept.take({Awaited::Kind::kReplica, 9}, freed);
  EXPECT_TRUE(freed.empty());
  kept.take(kReplica, freed);
  std::ranges::sort(freed);
  EXPECT_EQ(freed, (std::vector<std::string>{"a", "b"}));
  kept.take(kReplica, freed);
  EXPECT_EQ(freed.size(), 2u);
  EXPECT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept.next_due(), at(20));
}

TEST(KeptBack, TimeFreesThoseWhoseTurnItIsInOrder) {
  KeptBack<std::string> kept;
  EXPECT_EQ(kept.next_due(), std::nullopt);
  kept.put(kReplica, at(30), "last");
  kept.put(kReplica, at(10), "first");
  kept.put(kReplica, at(20), "second");
  std::vector<std::string> freed;
  kept.take_due(at(9), freed);
  EXPECT_TRUE(freed.empty());
  kept.take_due(at(20), freed);
  EXPECT_EQ(freed, (std::vector<std::string>{"first", "second"}));
  kept.take(kReplica, freed);
  EXPECT_EQ(freed.back(), "last");
  EXPECT_EQ(kept.size(), 0u);
  kept.put(kReplica, at(30), "again");
  kept.take_due(TimePoint::max(), freed);
  EXPECT_EQ(freed.back(), "again");
  EXPECT_EQ(kept.next_due(), std::nullopt);
}

TEST(KeptBack, FewWaitForTheSameThing) {
  KeptBack<std::string> kept;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(kept.is_full(kReplica));
    kept.put(kReplica, at(10), "one of them");
  }
  EXPECT_TRUE(kept.is_full(kReplica));
  std::vector<std::string> freed;
  kept.take_due(at(10), freed);
  EXPECT_FALSE(kept.is_full(kReplica));
}

}  // namespace
}  // namespace dfs::namenode
