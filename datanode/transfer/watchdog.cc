#include "datanode/transfer/watchdog.h"

#include "proto/base/task.h"

namespace dfs::datanode {

Watchdog::Watch::Watch(Watchdog& watchdog, Stream& stream, std::chrono::milliseconds patience)
    : watchdog_(watchdog), stream_(stream), patience_(patience) {
  touch();
  position_ = watchdog_.watches_.insert(watchdog_.watches_.end(), this);
}

Watchdog::Watch::~Watch() {
  watchdog_.watches_.erase(position_);
}

Task<void> Watchdog::run() {
  using namespace std::chrono_literals;
  while (!co_await cancelled()) {
    if (!co_await sleep_for(1s)) co_return;
    auto now = std::chrono::steady_clock::now();
    for (Watch* watch : watches_) {
      if (watch->deadline_.load() > now || watch->expired_) continue;
      watch->expired_ = true;
      watch->stream_.close();
    }
  }
}

Signal::Signal(asio::any_io_executor executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

Task<void> Signal::wait() {
  co_await timer_.async_wait(kAwait);
}

Task<void> Signal::wait_until(std::chrono::steady_clock::time_point time) {
  timer_.expires_at(time);
  co_await timer_.async_wait(kAwait);
  timer_.expires_at(asio::steady_timer::time_point::max());
}

std::chrono::nanoseconds Throttle::take(uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (bytes_per_second_ == 0) return {};
  auto now = std::chrono::steady_clock::now();
  auto start = std::max(free_at_, now);
  free_at_ = start + std::chrono::nanoseconds(uint64_t(double(bytes) * 1e9 / double(bytes_per_second_)));
  return start - now;
}

void Throttle::set(uint64_t bytes_per_second) {
  std::lock_guard lock(mutex_);
  bytes_per_second_ = bytes_per_second;
}

uint64_t Throttle::bytes_per_second() const {
  std::lock_guard lock(mutex_);
  return bytes_per_second_;
}

}  // namespace dfs::datanode
