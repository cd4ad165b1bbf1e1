#pragma once

#include <chrono>

#include "proto/base/clock.h"

namespace dfs::namenode {

// How long a piece of work may go on where others wait for it; one that is made of nothing never ends.
class TimeSlice {
 public:
  TimeSlice() = default;
  // `clock` outlives it.
  TimeSlice(const Clock& clock, std::chrono::microseconds length) : clock_(&clock), end_(clock.now() + length) {}
  bool over() const { return clock_ && clock_->now() >= end_; }

 private:
  const Clock* clock_ = nullptr;
  TimePoint end_{};
};

}  // namespace dfs::namenode
