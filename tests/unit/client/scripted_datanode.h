#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/hadoop/datatransfer.pb.h"
#include "proto/transfer/reader.h"

namespace dfs::client {

// Listens for block transfers on loopback and does on each connection what the test says; the connection ends with the
// script. `connection` counts from 0.
class ScriptedDatanode {
 public:
  using Script = std::function<Task<void>(Stream& stream, transfer::Reader& reader, int connection)>;

  explicit ScriptedDatanode(Script script) : script_(std::move(script)), tasks_(loop_.executor()) {
    auto listener = Listener::open(loop_.executor(), {"127.0.0.1", 0});
    EXPECT_TRUE(listener);
    listener_ = *std::move(listener);
    tasks_.spawn(accept_all());
    loop_.start();
  }
  ~ScriptedDatanode() {
    asio::co_spawn(loop_.executor(), end(), asio::use_future).get();
    loop_.stop();
  }

  uint16_t port() const { return listener_->port(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  int connections() const { return connections_; }

 private:
  Task<void> accept_all() {
    while (auto stream = co_await listener_->accept(loop_.executor()))
      tasks_.spawn(serve(*std::move(stream), connections_++));
  }
  Task<void> serve(std::unique_ptr<Stream> stream, int number) {
    transfer::Reader reader(*stream);
    co_await without_cancellation_exceptions(script_(*stream, reader, number));
    stream->close();
  }
  Task<void> end() {
    listener_->close();
    tasks_.cancel();
    co_await tasks_.join();
  }

  Script script_;
  EventLoop loop_{"datanode"};
  TaskGroup tasks_;
  std::unique_ptr<Listener> listener_;
  std::atomic<int> connections_ = 0;
};

// Keeps a connection open and says nothing, as a frozen process does.
inline Task<void> hang() {
  (void)co_await sleep_for(std::chrono::hours(1));
}

}  // namespace dfs::client
