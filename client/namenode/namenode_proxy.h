#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"
#include "proto/security/identity.h"

namespace google::protobuf {
class MessageLite;
}

namespace dfs::client {

// Calls of ClientNamenodeProtocol, repeated until they are answered: on the same NameNode, or the next one of a
// highly available pair.
//
// Every method that goes through here is @Idempotent or @AtMostOnce in Hadoop's ClientProtocol, so that repeating it
// under its first call id is safe: the server's retry cache knows it again. What is repeated: calls that met a
// standby, a RetriableException, or lost their connection; with growing pauses, until the deadline. An address that
// has never answered is given up much sooner: it is more likely wrong than restarting.
//
// Belongs to the executor given. close() must have returned before destruction.
class NamenodeProxy {
 public:
  struct Settings {
    std::vector<Endpoint> servers;  // at least one
    security::Identity user;
    std::chrono::milliseconds call_deadline{60000};
    std::chrono::milliseconds connect_deadline{20000};
    std::chrono::milliseconds first_contact_deadline{2000};
  };

  NamenodeProxy(boost::asio::any_io_executor executor, Settings settings);
  ~NamenodeProxy();

  // `request` and `response` must outlive the call.
  Task<Result<void>> call(std::string_view method, const google::protobuf::MessageLite& request,
                          google::protobuf::MessageLite& response);
  Task<void> close();

  const security::Identity& user() const;
  boost::asio::any_io_executor executor() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Stock servers put a Java stack trace behind the message: what people read ends before it.
Error without_stack_trace(Error error);

}  // namespace dfs::client
