#include "proto/base/task_thread.h"

#include <utility>

#include "proto/base/task.h"

namespace dfs {

TaskThread::TaskThread(const std::string& name) : loop_(name) {}

TaskThread::~TaskThread() {
  stop();
}

void TaskThread::start() {
  loop_.start();
  tasks_ = std::make_unique<TaskGroup>(loop_.executor());
}

void TaskThread::stop() {
  if (!tasks_) return;
  asio::co_spawn(
      loop_.executor(),
      [](TaskGroup& tasks) -> Task<void> {
        tasks.cancel();
        co_await tasks.join();
      }(*tasks_),
      asio::use_future)
      .get();
  tasks_.reset();
  loop_.stop();
}

void TaskThread::spawn(std::function<Task<void>()> task) {
  asio::post(loop_.executor(), [this, made = std::move(task)] { tasks_->spawn(made()); });
}

}  // namespace dfs
