#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"
#include "proto/security/identity.h"

namespace dfs::rpc {

// Who calls, and what exactly-once semantics need. Valid for the duration of the call.
struct CallContext {
  security::Identity user;
  std::string client_address;  // IP alone
  std::string client_id;       // 16 bytes
  int32_t call_id = 0;
  int32_t retry_count = -1;
  std::string caller_context;  // empty if none
  std::string protocol;        // the interface named by the request header
};

// One served Java interface, e.g. "org.apache.hadoop.hdfs.protocol.ClientProtocol".
// Called on network threads, many calls at a time; a call that has to wait suspends.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string_view name() const = 0;
  virtual uint64_t version() const = 0;
  // `request` is the serialised message and stays valid until the task ends; the result is the serialised response.
  // kNoSuchMethod is answered as ERROR_NO_SUCH_METHOD, other errors as ERROR_APPLICATION with their Java class.
  virtual Task<Result<std::string>> call(std::string_view method, ByteView request, const CallContext& context) = 0;
};

// Hadoop RPC version 9 (org.apache.hadoop.ipc.Server) on one address.
class Server {
 public:
  struct Settings {
    Endpoint listen;
    uint32_t frame_bytes_max = 128u << 20;                   // ipc.maximum.data.length
    uint32_t frame_bytes_max_before_context = 64u << 10;     // tusk.ipc.maximum.data.length.unauthenticated
    uint32_t connections_max = 10000;
    uint32_t calls_in_flight_per_connection_max = 1024;      // reading stops until some are answered
    std::chrono::milliseconds handshake_deadline{10000};     // half-open connections
    std::chrono::milliseconds idle_deadline{20000};          // without a call in flight
  };

  // `loops`: executors that connections are spread over, each a single thread. `protocols` and `proxy_users` outlive
  // the server.
  Server(Settings settings, std::vector<boost::asio::any_io_executor> loops, std::vector<Protocol*> protocols,
         const security::ProxyUsers& proxy_users);
  ~Server();

  Result<void> start();
  uint16_t port() const;
  // Closes the listener and every connection; returns when no call is running.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfs::rpc
