#include "proto/base/later.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <mutex>

namespace dfs {

struct ResumeQueue::State {
  explicit State(const boost::asio::any_io_executor& at) : executor(at) {}
  void run();

  const boost::asio::any_io_executor executor;
  std::mutex mutex;
  std::vector<std::coroutine_handle<>> waiting;  // not empty: run() is posted
  std::vector<std::coroutine_handle<>> running;  // of the executor
};

void ResumeQueue::State::run() {
  {
    std::lock_guard lock(mutex);
    running.swap(waiting);
  }
  for (std::coroutine_handle<> coroutine : running) coroutine.resume();
  running.clear();
}

ResumeQueue::ResumeQueue(const boost::asio::any_io_executor& executor) : state_(std::make_shared<State>(executor)) {}
ResumeQueue::~ResumeQueue() = default;

void ResumeQueue::resume(std::vector<std::coroutine_handle<>>& coroutines) {
  if (coroutines.empty()) return;
  // A coroutine that has been handed over may end at once, and this with it.
  std::shared_ptr<State> state = state_;
  {
    std::lock_guard lock(state->mutex);
    if (!state->waiting.empty()) {
      state->waiting.insert(state->waiting.end(), coroutines.begin(), coroutines.end());
      coroutines.clear();
      return;
    }
    state->waiting.swap(coroutines);
  }
  boost::asio::post(state->executor, [state] { state->run(); });
}

void Resumptions::add(Suspended suspended) {
  for (Group& group : groups_) {
    if (group.home == suspended.home) return group.coroutines.push_back(suspended.coroutine);
  }
  groups_.push_back({suspended.home, {suspended.coroutine}});
}

void Resumptions::resume_all() {
  for (Group& group : groups_) group.home->resume(group.coroutines);
  groups_.clear();
}

}  // namespace dfs
