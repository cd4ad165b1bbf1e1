#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "proto/base/clock.h"

namespace dfs::metrics {

// Counting costs one uncontended atomic addition: threads that count beside each other write to lanes of their own.
inline constexpr size_t kLanes = 4;
size_t assign_lane();
inline size_t lane() {
  constinit thread_local uint8_t mine = UINT8_MAX;
  if (mine == UINT8_MAX) [[unlikely]]
    mine = uint8_t(assign_lane());
  return mine;
}

// How often something has happened since the start. Thread-safe.
class Counter {
 public:
  void add(uint64_t count = 1) { lanes_[lane()].value.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const;

 private:
  struct alignas(64) Lane {
    std::atomic<uint64_t> value{0};
  };
  std::array<Lane, kLanes> lanes_;
};

// How often something has happened, and how long it took (Hadoop's MutableRate). Thread-safe.
class Rate {
 public:
  void add(std::chrono::nanoseconds took) { add(1, took); }
  void add(uint64_t count, std::chrono::nanoseconds took_together) {
    Lane& mine = lanes_[lane()];
    mine.count.fetch_add(count, std::memory_order_relaxed);
    mine.nanoseconds.fetch_add(uint64_t(took_together.count()), std::memory_order_relaxed);
  }
  uint64_t count() const;
  std::chrono::nanoseconds total() const;

  // What one took on average of late: since a look that was at least kInterval ago, or, if nothing has happened since,
  // what it was then. Looks more frequent than that do not take each other's samples away.
  static constexpr std::chrono::seconds kInterval{10};
  double average_ms(TimePoint now) const;

 private:
  struct alignas(64) Lane {
    std::atomic<uint64_t> count{0};
    std::atomic<uint64_t> nanoseconds{0};
  };
  std::array<Lane, kLanes> lanes_;

  struct Look {
    TimePoint at{};
    uint64_t count = 0;
    std::chrono::nanoseconds total{0};
    double average_ms = 0;
  };
  mutable std::mutex mutex_;
  mutable Look last_;
};

}  // namespace dfs::metrics
