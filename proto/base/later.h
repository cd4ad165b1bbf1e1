#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "proto/base/task_fwd.h"

namespace dfs {

// The way back to an executor (a single thread or a strand) for coroutines that other threads are done with.
// Thread-safe. What was handed over still goes on after this is gone.
class ResumeQueue {
 public:
  explicit ResumeQueue(const boost::asio::any_io_executor& executor);
  ~ResumeQueue();
  ResumeQueue(const ResumeQueue&) = delete;
  ResumeQueue& operator=(const ResumeQueue&) = delete;

  // Resumes each once on the executor, which is posted to once however many they are, and not again while it has not
  // come round to those before. Leaves `coroutines` empty.
  void resume(std::vector<std::coroutine_handle<>>& coroutines);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// A coroutine that has stopped, and where it goes on. What the caller of resume() wrote before, the coroutine sees.
struct Suspended {
  ResumeQueue* home = nullptr;
  std::coroutine_handle<> coroutine;
};

// Gathers coroutines, to hand those of one executor back together. Of one thread.
class Resumptions {
 public:
  void add(Suspended suspended);
  void resume_all();

 private:
  struct Group {
    ResumeQueue* home;
    std::vector<std::coroutine_handle<>> coroutines;
  };
  std::vector<Group> groups_;
};

// A coroutine that waits for nothing but other Laters and for threads that hand it back through the ResumeQueue it was
// started with, which all that it awaits share: an awaitable of ours finds it as `promise().home`. It cannot be
// cancelled, and costs little more than its frame, where a Task costs an executor's machinery: for calls that are made
// by the hundred thousand a second. Begins when it is awaited; an exception ends the process.
template <class T>
class [[nodiscard]] Later {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  Later(Later&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Later& operator=(Later&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Later() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    ResumeQueue* home;  // null: the awaiting coroutine's
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) const noexcept {
      handle.promise().awaiting = awaiting;
      if constexpr (requires { awaiting.promise().home; }) {
        handle.promise().home = awaiting.promise().home;
      } else {
        handle.promise().home = home;
      }
      return handle;
    }
    T await_resume() const { return *std::move(handle.promise().value); }
  };
  // Once. The Later outlives the await, as a temporary in the awaiting expression does.
  Awaiter operator co_await() && noexcept { return {handle_, nullptr}; }
  Awaiter at(ResumeQueue& home) && noexcept { return {handle_, &home}; }

 private:
  explicit Later(Handle handle) : handle_(handle) {}
  Handle handle_;
};

template <class T>
struct Later<T>::promise_type {
  struct Return {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(Handle ended) const noexcept { return ended.promise().awaiting; }
    void await_resume() const noexcept {}
  };
  Later get_return_object() { return Later(Handle::from_promise(*this)); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  Return final_suspend() const noexcept { return {}; }
  template <class U>
  void return_value(U&& returned) {
    value.emplace(std::forward<U>(returned));
  }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

  std::optional<T> value;
  std::coroutine_handle<> awaiting;
  ResumeQueue* home = nullptr;
};

namespace later_detail {

// Runs at once; its frame goes when it ends.
struct Started {
  struct promise_type {
    Started get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace later_detail

// Starts `later` on the calling thread, which is that of `home`, and calls `done` with its value: there, at once or
// later. `home` lives until then.
template <class T, class Done>
later_detail::Started start(Later<T> later, ResumeQueue& home, Done done) {
  done(co_await std::move(later).at(home));
}

}  // namespace dfs
