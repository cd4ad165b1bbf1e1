#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "proto/base/clock.h"
#include "proto/base/later.h"
#include "proto/base/task.h"
#include "proto/io/stream.h"
#include "proto/rpc/calls_in_hand.h"
#include "proto/rpc/frames.h"
#include "proto/rpc/session.h"

namespace dfs::rpc {

// One accepted connection: reads frames, runs calls, sends answers.
//
// Lives on one loop and is kept alive by its tasks and calls, which the loop's owner waits for. Answers that are ready
// together leave in one write; a peer that does not read its answers is not read from either once they exceed the
// bound.
class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  // Everything outlives the connection's tasks and calls.
  struct Environment {
    asio::any_io_executor executor;
    const Server::Settings& settings;
    const ProtocolSet& protocols;
    const security::ProxyUsers& proxy_users;
    TaskGroup& tasks;
    CallsInHand& calls;
    ResumeQueue& resumptions;
    Activity& activity;
  };

  ServerConnection(const Environment& environment, std::unique_ptr<Stream> stream, TimePoint now);
  ~ServerConnection();

  // Returns when the peer has gone or was shut out; calls may still run then, their answers are dropped.
  Task<void> serve();
  // Called from time to time: notes the time and shuts out a peer that is too slow or idle for longer than `idle`.
  void tick(TimePoint now, std::chrono::nanoseconds idle);

 private:
  enum class Progress {
    kNeedMore,  // bytes
    kFull,      // answers must go out first
    kFarewell,  // nothing more is read; what is unsent is sent
    kDrop,
  };

  Progress process();
  void start(PendingCall pending, size_t bytes);
  Task<void> run(BegunCall call, Task<Result<std::string>> task, size_t bytes);
  void finish(const BegunCall& call, const Result<std::string>& response, size_t bytes);
  void gather();
  bool full() const;
  // Sends what the kernel takes at once; the rest goes on in a task.
  void send();
  Task<void> drain();
  Task<void> farewell();
  Task<void> wait_for_change();
  void changed();

  const Environment environment_;
  const std::unique_ptr<Stream> stream_;
  Session session_;
  FrameBuffer in_;
  std::string out_;      // not yet given to the stream
  std::string sending_;  // with the stream, while writing_
  bool writing_ = false;
  bool processing_ = false;
  bool gathering_ = false;
  bool leaving_ = false;
  bool broken_ = false;
  bool counted_ = false;  // among the connections of its user
  uint32_t calls_in_flight_ = 0;
  size_t bytes_in_flight_ = 0;
  asio::steady_timer change_;

  TimePoint now_;
  const TimePoint accepted_;
  TimePoint last_read_;
  TimePoint frame_begun_;
  TimePoint write_begun_;
};

}  // namespace dfs::rpc
