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
// Connects at the first call and again at the first call after a failure; never repeats a call by itself (retries are
// the caller's decision: it knows which calls may be repeated). Belongs to the executor it is made on.
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
  };
  struct CallId {
    int32_t id;
    int32_t retry_count;
  };

  Client(boost::asio::any_io_executor executor, Settings settings);
  ~Client();

  // Ids are drawn once for a call and kept when it is repeated, so that the server's retry cache knows it again.
  CallId next_call_id();
  // Fills `response` or returns the server's error under its Java class. Transport errors are kConnect, kEof or
  // kTimeout; after kEof and kTimeout the call may or may not have been carried out.
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
