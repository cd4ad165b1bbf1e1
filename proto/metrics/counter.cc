#include "proto/metrics/counter.h"

namespace dfs::metrics {

size_t assign_lane() {
  static std::atomic<size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % kLanes;
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (const Lane& each : lanes_) sum += each.value.load(std::memory_order_relaxed);
  return sum;
}

uint64_t Rate::count() const {
  uint64_t sum = 0;
  for (const Lane& each : lanes_) sum += each.count.load(std::memory_order_relaxed);
  return sum;
}

std::chrono::nanoseconds Rate::total() const {
  uint64_t sum = 0;
  for (const Lane& each : lanes_) sum += each.nanoseconds.load(std::memory_order_relaxed);
  return std::chrono::nanoseconds(sum);
}

double Rate::average_ms(TimePoint now) const {
  const uint64_t counted = count();
  const std::chrono::nanoseconds took = total();
  std::lock_guard lock(mutex_);
  // Looks race: one that read its sums before another may come here after it.
  double average = last_.average_ms;
  if (counted > last_.count && took >= last_.total) {
    average = std::chrono::duration<double, std::milli>(took - last_.total).count() / double(counted - last_.count);
  }
  if (now - last_.at >= kInterval && counted >= last_.count) last_ = {now, counted, took, average};
  return average;
}

}  // namespace dfs::metrics
