#include "proto/base/event_loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>

#include "proto/base/check.h"
#include "proto/base/task.h"

namespace dfs {

struct EventLoop::State {
  explicit State(std::string thread_name) : name(std::move(thread_name)) {}
  std::string name;
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard;
  std::thread thread;
};

EventLoop::EventLoop(std::string name) : state_(std::make_unique<State>(std::move(name))) {}

EventLoop::~EventLoop() {
  stop();
}

void EventLoop::start() {
  DFS_CHECK(!state_->thread.joinable());
  state_->guard.emplace(state_->context.get_executor());
  state_->thread = std::thread([state = state_.get()] {
    pthread_setname_np(pthread_self(), state->name.substr(0, 15).c_str());
    state->context.run();
  });
}

void EventLoop::stop() {
  if (!state_->thread.joinable()) return;
  state_->guard.reset();
  state_->context.stop();
  state_->thread.join();
}

asio::any_io_executor EventLoop::executor() {
  return state_->context.get_executor();
}

}  // namespace dfs
