// pthread's functions, those that can wait.
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>

#include "tests/simulation/kernel/real_calls.h"
#include "tests/simulation/kernel/scheduler.h"
#include "tests/simulation/kernel/virtual_time.h"

using dfs::simulation::kNever;
using dfs::simulation::Nanoseconds;
using dfs::simulation::Scheduler;
using dfs::simulation::virtual_time_of;

namespace {

constexpr double kPreemptions = 0.005;

// A lock is taken as the machine takes it, and waited for here.
template <class Try>
int lock_waiting(const void* on, Nanoseconds deadline, Try attempt) {
  for (;;) {
    int result = attempt();
    if (result != EBUSY) return result;
    if (!Scheduler::running()->wait(on, deadline)) return ETIMEDOUT;
  }
}

int wait_on_condition(pthread_cond_t* condition, pthread_mutex_t* mutex, Nanoseconds deadline) {
  pthread_mutex_unlock(mutex);
  bool woken = Scheduler::running()->wait(condition, deadline);
  pthread_mutex_lock(mutex);
  return woken ? 0 : ETIMEDOUT;
}

}  // namespace

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(pthread_create)(thread, attributes, body, argument);
  return simulation->create(thread, attributes, body, argument);
}

int pthread_join(pthread_t thread, void** result) {
  if (Scheduler* simulation = Scheduler::running()) simulation->await_end(thread);
  return DFS_REAL(pthread_join)(thread, result);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(pthread_mutex_lock)(mutex);
  // Others may come in between, as they may anywhere; here it is likeliest to matter.
  if (simulation->chance(kPreemptions)) simulation->yield();
  return lock_waiting(mutex, kNever, [&] { return pthread_mutex_trylock(mutex); });
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) noexcept {
  if (!Scheduler::running()) return DFS_REAL(pthread_mutex_clocklock)(mutex, clock, until);
  return lock_waiting(mutex, virtual_time_of(clock, *until), [&] { return pthread_mutex_trylock(mutex); });
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  if (!Scheduler::running()) return DFS_REAL(pthread_mutex_timedlock)(mutex, until);
  return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  int result = DFS_REAL(pthread_mutex_unlock)(mutex);
  if (Scheduler* simulation = Scheduler::running()) simulation->wake(mutex, 1);
  return result;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  if (!Scheduler::running()) return DFS_REAL(pthread_cond_wait)(condition, mutex);
  return wait_on_condition(condition, mutex, kNever);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  if (!Scheduler::running()) return DFS_REAL(pthread_cond_clockwait)(condition, mutex, clock, until);
  return wait_on_condition(condition, mutex, virtual_time_of(clock, *until));
}

// By the wall clock: nobody here makes a condition that has another one.
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  if (!Scheduler::running()) return DFS_REAL(pthread_cond_timedwait)(condition, mutex, until);
  return wait_on_condition(condition, mutex, virtual_time_of(CLOCK_REALTIME, *until));
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(pthread_cond_signal)(condition);
  simulation->wake(condition, 1);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(pthread_cond_broadcast)(condition);
  simulation->wake(condition, SIZE_MAX);
  return 0;
}

int pthread_cond_destroy(pthread_cond_t* condition) noexcept {
  return Scheduler::running() ? 0 : DFS_REAL(pthread_cond_destroy)(condition);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  if (!Scheduler::running()) return DFS_REAL(pthread_rwlock_rdlock)(lock);
  return lock_waiting(lock, kNever, [&] { return pthread_rwlock_tryrdlock(lock); });
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  if (!Scheduler::running()) return DFS_REAL(pthread_rwlock_wrlock)(lock);
  return lock_waiting(lock, kNever, [&] { return pthread_rwlock_trywrlock(lock); });
}

int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  int result = DFS_REAL(pthread_rwlock_unlock)(lock);
  if (Scheduler* simulation = Scheduler::running()) simulation->wake(lock, SIZE_MAX);
  return result;
}

int sched_yield() noexcept {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(sched_yield)();
  simulation->yield();
  return 0;
}

// Of the standard library's atomics, futures and initialisations.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& one : a) one = va_arg(list, long);
  va_end(list);
  Scheduler* simulation = Scheduler::running();
  if (!simulation || number != SYS_futex) return DFS_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  auto* word = reinterpret_cast<uint32_t*>(a[0]);
  const auto* time = reinterpret_cast<const timespec*>(a[3]);
  switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != uint32_t(a[2])) {
        errno = EAGAIN;
        return -1;
      }
      Nanoseconds deadline = kNever;
      if (time && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) {
        deadline =
            simulation->now() + Nanoseconds(time->tv_sec) * dfs::simulation::kSecond + Nanoseconds(time->tv_nsec);
      } else if (time) {
        deadline = virtual_time_of((a[1] & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, *time);
      }
      if (simulation->wait(word, deadline)) return 0;
      errno = ETIMEDOUT;
      return -1;
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
      simulation->wake(word, a[2] == INT_MAX ? SIZE_MAX : size_t(a[2]));
      return a[2];
    default:
      errno = ENOSYS;
      return -1;
  }
}

}  // extern "C"
