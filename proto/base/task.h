#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "proto/base/task_fwd.h"

namespace dfs {

namespace asio = boost::asio;

// Every asio operation of ours is awaited with this token: `auto [error, n] = co_await socket.async_read_some(b,
// kAwait)`.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Whether the calling coroutine has been asked to end. A cancelled coroutine is not thrown out of: the operation it
// waits in returns operation_aborted, once, and later ones run as usual, so a loop asks this before it goes on.
Task<bool> cancelled();

// Lets `task` see cancellation as returned errors, never as an exception at its next co_await.
template <class T>
Task<T> without_cancellation_exceptions(Task<T> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_return co_await std::move(task);
}

// Completes after `duration`, or with kCancelled when the awaiting coroutine is cancelled.
Task<Result<void>> sleep_for(std::chrono::nanoseconds duration);

// The result of `operation`, or kTimeout with a message that names `what`, after cancelling it.
template <class T>
Task<Result<T>> with_deadline(std::chrono::nanoseconds duration, std::string_view what, Task<Result<T>> operation) {
  using namespace asio::experimental::awaitable_operators;
  std::string name(what);
  auto winner = co_await (without_cancellation_exceptions(std::move(operation)) || sleep_for(duration));
  if (winner.index() == 0) co_return std::get<0>(std::move(winner));
  co_return fail(ErrorCode::kTimeout,
                 name + " timed out after " +
                     std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms");
}

// Runs `work` on `executor` (a thread pool for what blocks, or another component's strand) and resumes where the
// caller was. `work` runs to its end even if the caller is cancelled meanwhile, so what it refers to must be owned
// by the caller until this returns.
//
// One post there and one back: a coroutine spawned there is posted once more on the other executor before it ends,
// which in a pool wakes a second thread for nothing.
template <class F>
auto run_on(asio::any_io_executor executor, F work) -> Task<decltype(work())> {
  // The caller's loop must not run out of work meanwhile.
  asio::executor_work_guard<asio::any_io_executor> home(co_await asio::this_coro::executor);
  std::conditional_t<std::is_void_v<decltype(work())>, std::monostate, std::optional<decltype(work())>> result;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        asio::post(executor, [&, handler = std::move(handler)]() mutable {
          if constexpr (std::is_void_v<decltype(work())>) {
            work();
          } else {
            result.emplace(work());
          }
          asio::post(home.get_executor(), std::move(handler));
        });
      },
      asio::use_awaitable);
  if constexpr (!std::is_void_v<decltype(work())>) co_return *std::move(result);
}

// Owns the coroutines that a component started, so that nothing is detached.
//
// All of the group's coroutines and calls run on the one executor given (a single thread or a strand). The owner
// must have joined the group before it is destroyed.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  // Requires: joined, or nothing was ever spawned.
  ~TaskGroup();

  // After cancel() a task is dropped unstarted. A task that ends by an exception ends the process.
  void spawn(Task<void> task);
  // Asks every running task to end: its pending asio operation completes with operation_aborted.
  void cancel();
  // Returns when no task is left. Does not cancel.
  Task<void> join();
  size_t size() const { return running_.size(); }

 private:
  struct Running {
    asio::cancellation_signal signal;
  };
  asio::any_io_executor executor_;
  std::list<std::unique_ptr<Running>> running_;
  asio::steady_timer empty_;
  bool cancelled_ = false;
};

}  // namespace dfs
