#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"
#include "proto/io/stream.h"
#include "proto/rpc/frames.h"

namespace dfs::bench {

// Some connections to a Hadoop RPC server with many calls in flight on each, driven by one thread with epoll. Made to
// cost next to nothing beside the server that it measures: requests are written into one buffer a connection, answers
// are read many at a time and only their headers are looked at.
class CallsInFlight {
 public:
  struct Answer {
    uint32_t slot = 0;  // who asked
    bool failed = false;
    std::string_view body;  // the response message, or the Java class and message of the exception
  };

  struct Settings {
    Endpoint server;
    std::string user = "root";
    uint32_t connections = 4;
    uint32_t in_flight = 64;  // of each connection; at most 4096
  };
  static Result<std::unique_ptr<CallsInFlight>> connect(const Settings& settings);
  ~CallsInFlight();

  uint32_t slots() const { return uint32_t(slots_.size()); }
  // Puts a call of `slot` into its connection's buffer. Requires: the slot has no call in flight.
  void call(uint32_t slot, std::string_view method, const google::protobuf::MessageLite& request);
  // Sends what was put, waits until something has come (at most 10 s), and hands over all that has. kTimeout, or kEof
  // where the server has closed.
  Result<void> turn(const std::function<void(const Answer&)>& take);

 private:
  struct Connection;

  explicit CallsInFlight(const Settings& settings);
  Result<void> open(Connection& connection);
  Result<void> send(Connection& connection);
  Result<void> receive(Connection& connection, const std::function<void(const Answer&)>& take);

  Settings settings_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> slots_;
  int poll_ = -1;
};

}  // namespace dfs::bench
