#include "namenode/service/retry_cache.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;

struct RetryCacheTest : testing::Test {
  RetryCacheTest() {
    caller.rpc_client_id = std::string(16, 'x');
    caller.rpc_call_id = 1;
  }
  RetryCache cache;
  Caller caller;
  TimePoint start{};
};

TEST_F(RetryCacheTest, AnAnswerIsFoundByClientCallAndMethod) {
  cache.remember(caller, "delete", true, start);
  ASSERT_NE(cache.find<bool>(caller, "delete", start), nullptr);
  EXPECT_EQ(cache.find<bool>(caller, "rename", start), nullptr);
  caller.rpc_call_id = 2;
  EXPECT_EQ(cache.find<bool>(caller, "delete", start), nullptr);
  caller.rpc_call_id = 1;
  caller.rpc_client_id[0] = 'y';
  EXPECT_EQ(cache.find<bool>(caller, "delete", start), nullptr);
}

TEST_F(RetryCacheTest, TheFirstAnswerStays) {
  cache.remember(caller, "delete", true, start);
  cache.remember(caller, "delete", false, start);
  EXPECT_TRUE(*cache.find<bool>(caller, "delete", start));
}

TEST_F(RetryCacheTest, AnAnswerIsForgottenAfterTenMinutes) {
  cache.remember(caller, "delete", true, start);
  EXPECT_NE(cache.find<bool>(caller, "delete", start + 10min), nullptr);
  EXPECT_EQ(cache.find<bool>(caller, "delete", start + 10min + 1ms), nullptr);
  EXPECT_EQ(cache.size(), 0);
}

TEST_F(RetryCacheTest, ItHasABound) {
  for (size_t i = 0; i <= RetryCache::kEntriesMax + 10; ++i) {
    caller.rpc_call_id = int32_t(i);
    cache.remember(caller, "delete", true, start);
  }
  EXPECT_EQ(cache.find<bool>(caller, "rename", start), nullptr);
  EXPECT_LE(cache.size(), RetryCache::kEntriesMax);
}

TEST_F(RetryCacheTest, CallsOfTheNameNodeItselfAreNotKept) {
  caller.rpc_client_id.clear();
  cache.remember(caller, "delete", true, start);
  EXPECT_EQ(cache.size(), 0);
}

}  // namespace
}  // namespace dfs::namenode
