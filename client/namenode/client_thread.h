#pragma once

#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "proto/base/event_loop.h"
#include "proto/base/task.h"

namespace dfs::client {

// The background thread of one FileSystem, and the way from a caller's thread onto it and back.
//
// Calls may come from any thread but its own. In a child of fork() the thread does not exist: calls fail there, and
// destruction leaves everything as it is.
class ClientThread {
 public:
  ClientThread() : loop_(std::make_unique<EventLoop>("libdfs")), process_(getpid()) { loop_->start(); }
  ~ClientThread() {
    if (usable())
      loop_->stop();
    else
      (void)loop_.release();
  }
  ClientThread(const ClientThread&) = delete;
  ClientThread& operator=(const ClientThread&) = delete;

  asio::any_io_executor executor() { return loop_->executor(); }
  bool usable() const { return getpid() == process_; }

  // Runs `task` on the thread and returns its result. What the task refers to must outlive the call, but nothing that
  // it was given by value may own the FileSystem: the last of it is destroyed over there.
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    if (!usable()) return fail(ErrorCode::kIllegalState, "this FileSystem was connected before fork(): connect again");
    Slot<T> slot;
    asio::co_spawn(executor(), deliver<T>(without_cancellation_exceptions(std::move(task)), slot), asio::detached);
    std::unique_lock lock(slot.mutex);
    slot.filled.wait(lock, [&] { return slot.result.has_value(); });
    return *std::move(slot.result);
  }

 private:
  template <class T>
  struct Slot {
    std::mutex mutex;
    std::condition_variable filled;
    std::optional<Result<T>> result;
  };

  template <class T>
  static Task<void> deliver(Task<Result<T>> task, Slot<T>& slot) {
    Result<T> result = co_await std::move(task);
    std::lock_guard lock(slot.mutex);
    slot.result.emplace(std::move(result));
    slot.filled.notify_one();
  }

  std::unique_ptr<EventLoop> loop_;
  pid_t process_;
};

}  // namespace dfs::client
