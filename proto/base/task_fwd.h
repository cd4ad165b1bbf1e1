#pragma once

#include "proto/base/error.h"

// Lets a header declare coroutines without paying for Boost.Asio; the .cc that awaits includes "proto/base/task.h".
namespace boost::asio {
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
}  // namespace boost::asio

namespace dfs {
template <class T>
using Task = boost::asio::awaitable<T, boost::asio::any_io_executor>;
}  // namespace dfs
