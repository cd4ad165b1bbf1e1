#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"
#include "proto/security/identity.h"

namespace google::protobuf {
class MessageLite;
}

namespace dfs::rpc {

// One connection to one Hadoop RPC server for one protocol and one user: many calls in flight, answers in any order.
//
// Connects at the first call and again at the first call after a failure; closes after a time without calls; never
// repeats a call by itself (retries are the caller's decision: it knows which calls may be repeated). Belongs to the
// executor it is made on, a single thread or a strand.
class Client {
 public:
  struct Settings {
    Endpoint server;
    std::string protocol;  // "org.apache.hadoop.hdfs.protocol.ClientProtocol"
    uint64_t protocol_version = 1;
    security::Identity user;
    std::string client_id;  // 16 bytes; made at random where empty
    std::chrono::milliseconds connect_deadline{20000};
    std::chrono::milliseconds call_deadline{60000};
    std::chrono::milliseconds ping_interval{60000};
    std::chrono::milliseconds idle_deadline{10000};  // ipc.client.connection.maxidletime
    uint32_t response_bytes_max = 128u << 20;        // ipc.maximum.response.length
  };
  struct CallId {
    int32_t id;
    int32_t retry_count;
  };

  Client(boost::asio::any_io_executor executor, Settings settings);
  // Requires: close() has been awaited, or nothing was ever called.
  ~Client();

  // Ids are drawn once for a call and kept when it is repeated, so that the server's retry cache knows it again.
  CallId next_call_id();
  // Fills `response` or returns the server's error under its Java class, without the stack trace. Transport errors are
  // kConnect (nothing was sent), kEof or kTimeout; after the last two the call may or may not have been carried out.
  // `request` is serialised before the first suspension; `response` must live until the task ends.
  Task<Result<void>> call(std::string_view method, const google::protobuf::MessageLite& request,
                          google::protobuf::MessageLite& response, CallId id);
  Task<Result<void>> call(std::string_view method, const google::protobuf::MessageLite& request,
                          google::protobuf::MessageLite& response);
  // Fails the calls in flight with kCancelled and returns when the connection's tasks have ended.
  Task<void> close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace dfs::rpc
