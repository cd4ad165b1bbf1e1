#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>

#include "proto/base/check.h"
#include "proto/base/task.h"

namespace dfs::rpc {

// How many calls of a loop run that are no tasks, for whoever has to wait for their end. Of one executor.
class CallsInHand {
 public:
  explicit CallsInHand(asio::any_io_executor executor)
      : none_(std::move(executor), asio::steady_timer::time_point::max()) {}
  ~CallsInHand() { DFS_CHECK(count_ == 0); }

  void begin() { ++count_; }
  // What belongs to the call may go on until the executor is asked for something else.
  void end() {
    if (--count_ == 0 && awaited_) none_.cancel();
  }
  // Returns when there is none; nobody begins one after that.
  Task<void> join() {
    awaited_ = true;
    while (count_ > 0) co_await none_.async_wait(kAwait);
  }

 private:
  size_t count_ = 0;
  bool awaited_ = false;
  asio::steady_timer none_;
};

}  // namespace dfs::rpc
