#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "proto/base/task.h"

namespace dfs {

// Runs a test's coroutine on a loop of its own until nothing is left to do.
inline void run(Task<void> test) {
  asio::io_context context;
  bool ended = false;
  asio::co_spawn(context, without_cancellation_exceptions(std::move(test)), [&](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
    ended = true;
  });
  context.run();
  EXPECT_TRUE(ended);
}

}  // namespace dfs
