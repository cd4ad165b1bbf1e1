#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proto/base/event_loop.h"
#include "proto/base/task_fwd.h"

namespace dfs {

class TaskGroup;

// A thread for tasks that wait and work in turn, away from those who serve.
class TaskThread {
 public:
  explicit TaskThread(const std::string& name);
  // Stops it.
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  void start();
  // Cancels the tasks and waits for their ends. Nothing where it was not started.
  void stop();
  // Between start() and stop(); from any thread.
  void spawn(std::function<Task<void>()> task);
  boost::asio::any_io_executor executor() { return loop_.executor(); }

 private:
  EventLoop loop_;
  std::unique_ptr<TaskGroup> tasks_;
};

}  // namespace dfs
