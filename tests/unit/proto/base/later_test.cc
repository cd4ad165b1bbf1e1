#include "proto/base/later.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "proto/base/error.h"
#include "proto/base/later_as_task.h"

namespace dfs {
namespace {

// Keeps what waits in it until it is opened, on whatever thread.
class Door {
 public:
  bool await_ready() const { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    if (open_) return false;
    waiting_.add({waiting.promise().home, waiting});
    return true;
  }
  void await_resume() const {}

  void open() { waiting_.resume_all(); }
  void stay_open() { open_ = true; }

 private:
  Resumptions waiting_;
  bool open_ = false;
};

Later<int> pass(Door& door, int value, std::vector<std::thread::id>* threads) {
  co_await door;
  if (threads != nullptr) threads->push_back(std::this_thread::get_id());
  co_return value;
}
Later<Result<int>> pass_both(Door& door, int value, std::vector<std::thread::id>* threads) {
  const int first = co_await pass(door, value, threads);
  if (first < 0) co_return fail(ErrorCode::kInvalidArgument, "negative");
  co_return first + co_await pass(door, 1, threads);
}

TEST(Later, BeginsWhenItIsStartedAndEndsAtOnceIfNothingHasToBeWaitedFor) {
  asio::io_context context;
  ResumeQueue home(context.get_executor());
  Door door;
  door.stay_open();
  std::optional<Result<int>> value;
  Later<Result<int>> later = pass_both(door, 6, nullptr);
  EXPECT_FALSE(value);
  start(std::move(later), home, [&](Result<int> result) { value = std::move(result); });
  EXPECT_EQ(value->value(), 7);
  start(pass_both(door, -1, nullptr), home, [&](Result<int> result) { value = std::move(result); });
  EXPECT_EQ(value->error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(context.poll(), 0u);
}

TEST(Later, OneThatIsNeverStartedGoesWithoutATrace) {
  Door door;
  auto owned = std::make_shared<int>(1);
  {
    Later<int> later = [](Door&, std::shared_ptr<int> held) -> Later<int> { co_return *held; }(door, owned);
    Later<int> moved = std::move(later);
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Later, WhatIsHandedBackTogetherIsPostedOnce) {
  asio::io_context context;
  ResumeQueue home(context.get_executor());
  Door first, second;
  std::vector<int> ended;
  for (int i = 0; i < 3; ++i) start(pass(first, i, nullptr), home, [&](int value) { ended.push_back(value); });
  start(pass(second, 3, nullptr), home, [&](int value) { ended.push_back(value); });
  first.open();
  second.open();
  EXPECT_TRUE(ended.empty());
  EXPECT_EQ(context.poll(), 1u);
  EXPECT_EQ(ended, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Later, EachGoesOnWhereItWasStarted) {
  asio::io_context here, there;
  ResumeQueue to_here(here.get_executor()), to_there(there.get_executor());
  Door door;
  std::vector<int> ended;
  auto end = [&](int value) { ended.push_back(value); };
  start(pass(door, 1, nullptr), to_here, end);
  start(pass(door, 2, nullptr), to_there, end);
  start(pass(door, 3, nullptr), to_here, end);
  door.open();
  there.poll();
  EXPECT_EQ(ended, std::vector{2});
  here.poll();
  EXPECT_EQ(ended, (std::vector{2, 1, 3}));
}

TEST(Later, ATaskAwaitsItAndGoesOnWhereItWas) {
  asio::io_context context;
  Door door;
  std::vector<std::thread::id> threads;
  auto sum = asio::co_spawn(context, as_task(pass_both(door, 1, &threads)), asio::use_future);
  context.poll();
  std::thread(&Door::open, &door).join();
  context.poll();
  std::thread(&Door::open, &door).join();
  context.run();
  EXPECT_EQ(sum.get().value(), 2);
  EXPECT_EQ(threads, std::vector(2, std::this_thread::get_id()));
}

TEST(Later, ATaskAwaitsOneThatNeedNotWait) {
  asio::io_context context;
  Door door;
  door.stay_open();
  auto sum = asio::co_spawn(context, as_task(pass_both(door, 1, nullptr)), asio::use_future);
  context.run();
  EXPECT_EQ(sum.get().value(), 2);
}

}  // namespace
}  // namespace dfs
