#pragma once

#include <ctime>

#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {

// Where the clocks stand when a run begins. The steady clock must not be 0, which is "never" to many.
inline constexpr uint64_t kWallStartSeconds = 1'800'000'000, kSteadyStartSeconds = 1'000'000;

// A time of one of the clocks as time of the scheduler; what is past is 0.
Nanoseconds virtual_time_of(clockid_t clock, const timespec& time);

}  // namespace dfs::simulation
