#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>

#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"

namespace dfs::datanode {

// Closes streams on which nothing has happened for too long, so that every wait on them has a deadline without a
// timer for each read. Checks once a second.
//
// Belongs to one executor, as do the streams.
class Watchdog {
 public:
  // Watches one stream from construction to destruction.
  class Watch {
   public:
    Watch(Watchdog& watchdog, Stream& stream, std::chrono::milliseconds patience);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // The stream lives: patience begins anew. On any thread.
    void touch() { deadline_ = std::chrono::steady_clock::now() + patience_.load(); }
    void set_patience(std::chrono::milliseconds patience) {
      patience_ = patience;
      touch();
    }
    bool expired() const { return expired_; }

   private:
    friend class Watchdog;
    Watchdog& watchdog_;
    Stream& stream_;
    std::atomic<std::chrono::milliseconds> patience_;
    std::atomic<std::chrono::steady_clock::time_point> deadline_;
    bool expired_ = false;
    std::list<Watch*>::iterator position_;
  };

  // Runs until cancelled.
  Task<void> run();

 private:
  std::list<Watch*> watches_;
};

// Lets coroutines of one executor wait for each other's changes: after each wait() look again.
class Signal {
 public:
  explicit Signal(boost::asio::any_io_executor executor);
  Task<void> wait();
  // No longer than that; for one who waits alone.
  Task<void> wait_until(std::chrono::steady_clock::time_point time);
  // Wakes everyone who waits.
  void notify() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
};

// A bound on bytes per second over all that share it. Belongs to any executor; cheap.
class Throttle {
 public:
  explicit Throttle(uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}
  // Counts `bytes` and returns how long the caller is to wait before it goes on.
  std::chrono::nanoseconds take(uint64_t bytes);
  void set(uint64_t bytes_per_second);
  uint64_t bytes_per_second() const;

 private:
  mutable std::mutex mutex_;
  uint64_t bytes_per_second_;
  std::chrono::steady_clock::time_point free_at_{};
};

}  // namespace dfs::datanode
