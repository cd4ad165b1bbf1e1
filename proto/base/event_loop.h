#pragma once

#include <memory>
#include <string>

#include "proto/base/task_fwd.h"

namespace dfs {

// A thread that runs one io_context: where a component's coroutines live.
//
// start() begins, stop() ends the thread after the work in hand; whatever was spawned on it must have been joined
// before. Thread-safe except start and stop.
class EventLoop {
 public:
  // `name`: at most 15 characters, shown by ps and perf.
  explicit EventLoop(std::string name);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void start();
  void stop();
  boost::asio::any_io_executor executor();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfs
