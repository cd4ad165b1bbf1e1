#include "namenode/store/noted_calls.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

std::string key(uint64_t period, char client, int32_t call) {
  return retry_key(period, std::string(16, client), call);
}

TEST(NotedCalls, ACallThatWasNotedIsNeverNew) {
  std::mt19937 random(3);
  NotedCalls calls({});
  std::set<std::string> noted;
  size_t told_new = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string one = key(600'000 * (random() % 3), char('a' + random() % 5), int32_t(random() % 200) - 20);
    if (calls.is_new(one)) {
      ++told_new;
      ASSERT_FALSE(noted.contains(one));
    }
    calls.note(one);
    noted.insert(one);
    ASSERT_FALSE(calls.is_new(one));
  }
  EXPECT_GT(told_new, 15u);
}

TEST(NotedCalls, TheNextCallOfAClientIsNewAndOneBeforeMayNotBe) {
  NotedCalls calls({});
  calls.note(key(600'000, 'a', 7));
  EXPECT_TRUE(calls.is_new(key(600'000, 'a', 8)));
  EXPECT_FALSE(calls.is_new(key(600'000, 'a', 6)));
  EXPECT_TRUE(calls.is_new(key(600'000, 'b', 6)));
  EXPECT_TRUE(calls.is_new(key(0, 'a', 7)));
  EXPECT_FALSE(calls.is_new("something else"));
}

TEST(NotedCalls, NothingIsKnownOfPeriodsThatWereStoredBefore) {
  NotedCalls calls(key(600'000, 'a', 7));
  EXPECT_FALSE(calls.is_new(key(600'000, 'b', 9)));
  EXPECT_FALSE(calls.is_new(key(0, 'b', 9)));
  EXPECT_TRUE(calls.is_new(key(1'200'000, 'b', 9)));
}

TEST(NotedCalls, APeriodOfTooManyClientsIsGivenUpUntilItIsOver) {
  NotedCalls calls({});
  std::string client(16, 'c');
  for (uint32_t i = 0; i <= 200'000; ++i) {
    for (int byte = 0; byte < 4; ++byte) client[size_t(byte)] = char(i >> (8 * byte));
    calls.note(retry_key(600'000, client, 1));
  }
  EXPECT_FALSE(calls.is_new(key(600'000, 'a', 9)));
  calls.note(key(600'000, 'a', 9));
  EXPECT_TRUE(calls.is_new(key(1'200'000, 'a', 9)));
  calls.forget_before(key(1'200'000, 'a', 0));
  EXPECT_FALSE(calls.is_new(key(600'000, 'a', 9)));  // a clock that is set back may ask for it
  EXPECT_TRUE(calls.is_new(key(1'200'000, 'a', 9)));
}

}  // namespace
}  // namespace dfs::namenode
