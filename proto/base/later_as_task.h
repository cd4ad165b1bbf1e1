#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <optional>
#include <utility>

#include "proto/base/later.h"
#include "proto/base/task.h"

namespace dfs {

// Awaits `later` from a Task, which goes on where it was. Not cancellable: another thread holds what waits.
template <class T>
Task<T> as_task(Later<T> later) {
  ResumeQueue home(co_await asio::this_coro::executor);
  std::optional<T> value;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        start(std::move(later), home, [&value, handler = std::move(handler)](T result) mutable {
          value.emplace(std::move(result));
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, std::move(handler));
        });
      },
      asio::use_awaitable);
  co_return *std::move(value);
}

// The same of anything else that a Later can await.
template <class Awaitable>
auto as_task(Awaitable awaitable) -> Task<decltype(awaitable.await_resume())> {
  return as_task([](Awaitable awaited) -> Later<decltype(awaited.await_resume())> {
    co_return co_await awaited;
  }(std::move(awaitable)));
}

}  // namespace dfs
