#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace dfs::simulation {

using Nanoseconds = uint64_t;
inline constexpr Nanoseconds kNever = UINT64_MAX;
inline constexpr Nanoseconds kMicrosecond = 1'000, kMillisecond = 1'000'000, kSecond = 1'000'000'000;

// A machine of the simulated cluster, with one process on it.
struct Host {
  std::string name;
  uint32_t address = 0;  // IPv4, of this machine's byte order
  bool powered = true;   // off: what is sent to it vanishes
  bool paused = false;   // its threads do not run; its kernel still answers
  uint32_t process = 1;  // of another number are the threads of a process that was killed
  std::set<int> descriptors{};
};

struct Thread {
  uint32_t id = 0;
  Host* host = nullptr;
  uint32_t process = 0;
  pthread_t real{};
  std::atomic<uint32_t> go = 0;
  bool runnable = false;
  bool ended = false;
  bool timed_out = false;
  uint64_t wait = 0;  // number of the wait it is in, or was in last
  const void* waits_on = nullptr;
  void* (*body)(void*) = nullptr;
  void* argument = nullptr;
};

// Runs the threads of all processes of a simulated cluster, one at a time, on virtual time: a thread runs until it
// waits, then another goes on that `random` chooses; where none can, time jumps to the next timer or event. So a run
// is a function of its seed.
//
// The threads are the machine's, for the sake of their thread-local storage; who has the turn wakes the next one. What
// they wait with (mutexes, conditions, futexes, epoll, sleep) comes here through system calls and functions of libc
// that this binary replaces (*_calls.cc).
//
// Made once in a process, on the thread that becomes its first one; never destroyed.
class Scheduler {
 public:
  // Null while nothing is simulated: then every call goes to the machine.
  static Scheduler* running() { return running_; }
  static Scheduler& start(uint64_t seed, Host& first);
  [[noreturn]] static void end(int status);

  Nanoseconds now() const { return now_; }
  // Every look at the clock takes a little, so that a loop that waits for a time comes to an end.
  Nanoseconds look_at_clock() { return now_ += 20; }
  std::mt19937_64& random() { return random_; }
  uint64_t draw(uint64_t below) { return random_() % below; }
  bool chance(double probability) { return double(random_() >> 11) < probability * double(1ull << 53); }
  Thread& current() { return *current_; }

  // What has happened so far, in one number.
  uint64_t trace() const { return trace_; }
  void note(uint64_t what) { trace_ = (trace_ ^ what) * 0x9e3779b97f4a7c15ull, trace_ ^= trace_ >> 29; }
  uint64_t steps() const { return steps_; }

  // Waits until somebody wakes `on`; false where `deadline` came before.
  bool wait(const void* on, Nanoseconds deadline);
  // Those that have waited longest.
  void wake(const void* on, size_t count);
  // Lets others go first, if `random` says so.
  void yield();

  // Calls `event` at that time, on whatever thread: it must neither wait nor lock.
  void at(Nanoseconds time, std::function<void()> event);

  int create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument);
  // Waits for the end of a thread of ours; the caller still joins the machine's.
  void await_end(pthread_t thread);

  // The next threads that the current one makes are of this host.
  void move_to(Host& host);
  // Its threads never run again and know nothing of it.
  void kill_threads(Host& host);
  void pause(Host& host);
  void resume(Host& host);

 private:
  explicit Scheduler(uint64_t seed) : random_(seed) {}
  static void* run_thread(void* thread);
  static void end_thread(void* thread);
  bool is_alive(const Thread& thread) const { return thread.process == thread.host->process; }
  void make_runnable(Thread& thread);
  void switch_to_next();
  Thread& choose();
  void advance();
  [[noreturn]] void report_stuck(const char* why) const;

  struct Timer {
    Nanoseconds time;
    uint64_t order;
    Thread* thread;  // or an event
    uint64_t wait;
    std::function<void()> event;
    bool operator<(const Timer& other) const { return std::tie(other.time, other.order) < std::tie(time, order); }
  };

  static Scheduler* running_;
  Nanoseconds now_ = 0;
  std::mt19937_64 random_;
  uint64_t trace_ = 0, steps_ = 0, timers_made_ = 0, waits_ = 0;
  Thread* current_ = nullptr;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<Thread*> runnable_;
  std::unordered_map<const void*, std::list<std::pair<Thread*, uint64_t>>> waiting_;
  std::priority_queue<Timer> timers_;
  pthread_key_t end_key_{};
};

}  // namespace dfs::simulation
