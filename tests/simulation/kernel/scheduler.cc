#include "tests/simulation/kernel/scheduler.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/kernel/real_calls.h"

namespace dfs::simulation {
namespace {

constexpr Nanoseconds kStep = 300;
// Far more than any run of ours takes: somebody waits in a circle.
constexpr Nanoseconds kLongest = 2 * 3600 * kSecond;
constexpr int kDestructorRounds = 3;  // of at least four (PTHREAD_DESTRUCTOR_ITERATIONS)

// Not through syscall(), which is replaced.
long futex(std::atomic<uint32_t>& word, int operation, uint32_t value) {
  long result;
  register long timeout asm("r10") = 0;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(SYS_futex), "D"(&word), "S"(operation), "d"(value), "r"(timeout)
               : "rcx", "r11", "memory");
  return result;
}

void give_turn(Thread& thread) {
  thread.go.store(1, std::memory_order_release);
  futex(thread.go, FUTEX_WAKE_PRIVATE, 1);
}
void await_turn(Thread& thread) {
  while (thread.go.load(std::memory_order_acquire) == 0) futex(thread.go, FUTEX_WAIT_PRIVATE, 0);
  thread.go.store(0, std::memory_order_relaxed);
}

struct Ending {
  Thread* thread;
  int rounds = 0;
};

}  // namespace

Scheduler* Scheduler::running_ = nullptr;

Scheduler& Scheduler::start(uint64_t seed, Host& first) {
  auto* made = new Scheduler(seed);
  pthread_key_create(&made->end_key_, end_thread);
  auto& thread = *made->threads_.emplace_back(std::make_unique<Thread>());
  thread.host = &first;
  thread.process = first.process;
  thread.real = pthread_self();
  made->current_ = &thread;
  running_ = made;
  return *made;
}

void Scheduler::end(int status) {
  std::fflush(nullptr);
  _exit(status);
}

void Scheduler::make_runnable(Thread& thread) {
  thread.runnable = true;
  runnable_.push_back(&thread);
}

bool Scheduler::wait(const void* on, Nanoseconds deadline) {
  Thread& self = *current_;
  self.wait = ++waits_;
  self.waits_on = on;
  self.timed_out = false;
  auto& queue = waiting_[on];
  queue.emplace_back(&self, self.wait);
  if (deadline != kNever) timers_.push({deadline, ++timers_made_, &self, self.wait, {}});
  switch_to_next();
  if (self.timed_out) {
    auto left = waiting_.find(on);
    if (left != waiting_.end()) {
      std::erase_if(left->second, [&](const auto& one) { return one.first == &self; });
      if (left->second.empty()) waiting_.erase(left);
    }
  }
  self.waits_on = nullptr;
  return !self.timed_out;
}

void Scheduler::wake(const void* on, size_t count) {
  auto found = waiting_.find(on);
  if (found == waiting_.end()) return;
  auto& queue = found->second;
  while (count > 0 && !queue.empty()) {
    auto [thread, number] = queue.front();
    queue.pop_front();
    if (thread->wait != number || thread->runnable || !is_alive(*thread)) continue;
    make_runnable(*thread);
    --count;
  }
  if (queue.empty()) waiting_.erase(found);
}

void Scheduler::yield() {
  if (runnable_.empty()) return;
  Thread& self = *current_;
  self.wait = ++waits_;
  self.timed_out = false;
  make_runnable(self);
  switch_to_next();
}

void Scheduler::at(Nanoseconds time, std::function<void()> event) {
  timers_.push({std::max(time, now_), ++timers_made_, nullptr, 0, std::move(event)});
}

// What is due until now; where nobody can run, of the next moment at which anything is.
void Scheduler::advance() {
  for (;;) {
    while (!timers_.empty() && timers_.top().time <= now_) {
      Timer timer = std::move(const_cast<Timer&>(timers_.top()));
      timers_.pop();
      if (!timer.thread) {
        timer.event();
      } else if (timer.thread->wait == timer.wait && timer.thread->waits_on && !timer.thread->runnable &&
                 is_alive(*timer.thread)) {
        timer.thread->timed_out = true;
        make_runnable(*timer.thread);
      }
    }
    std::erase_if(runnable_, [&](Thread* thread) { return !is_alive(*thread); });
    for (Thread* thread : runnable_) {
      if (!thread->host->paused) return;
    }
    if (timers_.empty()) report_stuck("all threads wait for one another");
    now_ = std::max(now_, timers_.top().time);
    if (now_ > kLongest) report_stuck("the run takes too long");
  }
}

Thread& Scheduler::choose() {
  advance();
  size_t able = 0;
  for (Thread* thread : runnable_) able += !thread->host->paused;
  size_t chosen = able == 1 ? 0 : draw(able);
  for (auto one = runnable_.begin();; ++one) {
    if ((*one)->host->paused || chosen-- > 0) continue;
    Thread& thread = **one;
    runnable_.erase(one);
    thread.runnable = false;
    return thread;
  }
}

void Scheduler::switch_to_next() {
  now_ += kStep;
  ++steps_;
  Thread& self = *current_;
  Thread& next = choose();
  note(now_ ^ uint64_t(next.id) << 48);
  if (&next == &self) return;
  current_ = &next;
  give_turn(next);
  await_turn(self);
}

void* Scheduler::run_thread(void* of) {
  Thread& thread = *static_cast<Thread*>(of);
  await_turn(thread);
  pthread_setspecific(running_->end_key_, new Ending{&thread});
  return thread.body(thread.argument);
}

// After the destructors of what is local to the thread, which still has the turn.
void Scheduler::end_thread(void* of) {
  auto* ending = static_cast<Ending*>(of);
  if (++ending->rounds < kDestructorRounds) {
    pthread_setspecific(running_->end_key_, ending);
    return;
  }
  Thread& thread = *ending->thread;
  delete ending;
  thread.ended = true;
  running_->wake(&thread, SIZE_MAX);
  Thread& next = running_->choose();
  running_->note(next.id);
  running_->current_ = &next;
  give_turn(next);
}

int Scheduler::create(pthread_t* made, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) {
  auto& thread = *threads_.emplace_back(std::make_unique<Thread>());
  thread.id = uint32_t(threads_.size() - 1);
  thread.host = current_->host;
  thread.process = current_->process;
  thread.body = body;
  thread.argument = argument;
  int result = DFS_REAL(pthread_create)(&thread.real, attributes, run_thread, &thread);
  if (result != 0) {
    threads_.pop_back();
    return result;
  }
  *made = thread.real;
  make_runnable(thread);
  return 0;
}

void Scheduler::await_end(pthread_t real) {
  // The newest of that name: a name is given again once its thread has been joined.
  for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread) {
    if (!pthread_equal((*thread)->real, real)) continue;
    Thread* joined = thread->get();  // others are made meanwhile
    while (!joined->ended) wait(joined, kNever);
    return;
  }
}

void Scheduler::move_to(Host& host) {
  current_->host = &host;
  current_->process = host.process;
}

void Scheduler::kill_threads(Host& host) {
  ++host.process;
  host.paused = false;
}

void Scheduler::pause(Host& host) {
  host.paused = true;
}
void Scheduler::resume(Host& host) {
  host.paused = false;
}

void Scheduler::report_stuck(const char* why) const {
  std::fprintf(stderr, "simulation: %s at %.6f s\n", why, double(now_) / 1e9);
  for (const auto& thread : threads_) {
    if (thread->ended || !is_alive(*thread)) continue;
    char name[32] = {};
    pthread_getname_np(thread->real, name, sizeof(name));
    std::fprintf(stderr, "  thread %u (%s) of %s waits on %p%s\n", thread->id, name, thread->host->name.c_str(),
                 thread->waits_on, thread->host->paused ? ", paused" : "");
  }
  std::abort();
}

}  // namespace dfs::simulation
