#include "proto/base/task.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <exception>

#include "proto/base/check.h"

namespace dfs {

Task<bool> cancelled() {
  auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

Task<Result<void>> sleep_for(std::chrono::nanoseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  auto [error] = co_await timer.async_wait(kAwait);
  if (error) co_return fail(ErrorCode::kCancelled, "cancelled");
  co_return Result<void>{};
}

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(executor), empty_(executor, asio::steady_timer::time_point::max()) {}

TaskGroup::~TaskGroup() {
  DFS_CHECK(running_.empty());
}

void TaskGroup::spawn(Task<void> task) {
  if (cancelled_) return;
  auto position = running_.insert(running_.end(), std::make_unique<Running>());
  asio::co_spawn(
      executor_, without_cancellation_exceptions(std::move(task)),
      asio::bind_cancellation_slot((*position)->signal.slot(),
                                   asio::bind_executor(executor_, [this, position](std::exception_ptr error) {
                                     if (error) std::rethrow_exception(error);
                                     running_.erase(position);
                                     if (running_.empty()) empty_.cancel();
                                   })));
}

void TaskGroup::cancel() {
  cancelled_ = true;
  for (auto position = running_.begin(); position != running_.end();) {
    Running& running = **position++;
    running.signal.emit(asio::cancellation_type::all);
  }
}

Task<void> TaskGroup::join() {
  while (!running_.empty()) co_await empty_.async_wait(kAwait);
}

}  // namespace dfs
