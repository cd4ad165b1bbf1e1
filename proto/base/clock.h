#pragma once

#include <chrono>
#include <cstdint>

namespace dfs {

// Milliseconds since 1970, as Hadoop keeps modification times.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using TimePoint = std::chrono::steady_clock::time_point;

// Where time comes from: the machine's clock in production, a virtual one in tests. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // For timestamps that people and files see; may jump.
  virtual WallTime wall() const = 0;
  // For intervals and deadlines; never goes back.
  virtual TimePoint now() const = 0;

  static Clock& system();
};

inline uint64_t to_millis(WallTime time) {
  return uint64_t(time.time_since_epoch().count());
}

}  // namespace dfs
