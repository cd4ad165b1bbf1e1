#include "proto/base/task.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

namespace dfs {
namespace {

using namespace std::chrono_literals;

Task<void> wait_until_cancelled(int& ended) {
  while (!co_await cancelled()) {
    Result<void> slept = co_await sleep_for(1h);
    EXPECT_EQ(slept.error().code(), ErrorCode::kCancelled);
  }
  ++ended;
}

Task<Result<int>> never() {
  (void)co_await sleep_for(1h);
  co_return 1;
}

TEST(TaskGroup, JoinReturnsAfterEveryCancelledTaskHasEnded) {
  asio::io_context context;
  int ended = 0;
  TaskGroup group(context.get_executor());
  group.spawn(wait_until_cancelled(ended));
  group.spawn(wait_until_cancelled(ended));
  asio::co_spawn(
      context,
      [](TaskGroup& tasks) -> Task<void> {
        tasks.cancel();
        co_await tasks.join();
      }(group),
      [&](std::exception_ptr error) {
        EXPECT_FALSE(error);
        EXPECT_EQ(ended, 2);
      });
  context.run();
  EXPECT_EQ(ended, 2);
}

TEST(Task, ADeadlineEndsTheOperationAndNamesIt) {
  asio::io_context context;
  auto result = asio::co_spawn(context, with_deadline(1ms, "reading", never()), asio::use_future);
  context.run();
  auto outcome = result.get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(outcome.error().message(), "reading timed out after 1 ms");
}

TEST(Task, WorkRunsOnTheOtherExecutorAndTheCallerResumesOnItsOwn) {
  asio::io_context context;
  asio::thread_pool pool(1);
  auto result = asio::co_spawn(
      context,
      [](asio::thread_pool& other) -> Task<bool> {
        auto here = std::this_thread::get_id();
        auto there = co_await run_on(other.get_executor(), [] { return std::this_thread::get_id(); });
        co_return here != there&& here == std::this_thread::get_id();
      }(pool),
      asio::use_future);
  context.run();
  EXPECT_TRUE(result.get());
}

}  // namespace
}  // namespace dfs
