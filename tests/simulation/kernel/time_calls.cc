// libc's functions that tell or wait for a time.
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/kernel/real_calls.h"
#include "tests/simulation/kernel/scheduler.h"
#include "tests/simulation/kernel/virtual_time.h"

namespace dfs::simulation {
namespace {

uint64_t start_of(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? kWallStartSeconds : kSteadyStartSeconds;
}

}  // namespace

Nanoseconds virtual_time_of(clockid_t clock, const timespec& time) {
  const int64_t seconds = int64_t(time.tv_sec) - int64_t(start_of(clock));
  if (seconds < 0) return 0;
  if (seconds > int64_t(1) << 30) return kNever;
  return Nanoseconds(seconds) * kSecond + Nanoseconds(time.tv_nsec);
}

}  // namespace dfs::simulation

using dfs::simulation::kSecond;
using dfs::simulation::Nanoseconds;
using dfs::simulation::Scheduler;

namespace {

void sleep_until(Nanoseconds time) {
  Scheduler& simulation = *Scheduler::running();
  int nobody_wakes_this = 0;
  simulation.wait(&nobody_wakes_this, time);
}

Nanoseconds length_of(const timespec& time) {
  return Nanoseconds(time.tv_sec) * kSecond + Nanoseconds(time.tv_nsec);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(clock_gettime)(clock, time);
  // Not that of log lines, which must not change what happens.
  const Nanoseconds now = clock == CLOCK_MONOTONIC ? simulation->look_at_clock() : simulation->now();
  time->tv_sec = time_t(dfs::simulation::start_of(clock) + now / kSecond);
  time->tv_nsec = long(now % kSecond);
  return 0;
}

int gettimeofday(timeval* time, void* zone) noexcept {
  if (!Scheduler::running()) return DFS_REAL(gettimeofday)(time, zone);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* to) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}

int nanosleep(const timespec* length, timespec* left) {
  if (!Scheduler::running()) return DFS_REAL(nanosleep)(length, left);
  sleep_until(Scheduler::running()->now() + length_of(*length));
  return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (!Scheduler::running()) return DFS_REAL(clock_nanosleep)(clock, flags, time, left);
  sleep_until((flags & TIMER_ABSTIME) != 0 ? dfs::simulation::virtual_time_of(clock, *time)
                                           : Scheduler::running()->now() + length_of(*time));
  return 0;
}

int usleep(useconds_t length) {
  if (!Scheduler::running()) return DFS_REAL(usleep)(length);
  sleep_until(Scheduler::running()->now() + Nanoseconds(length) * dfs::simulation::kMicrosecond);
  return 0;
}

}  // extern "C"
