#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/later.h"
#include "proto/base/task.h"
#include "proto/io/stream.h"
#include "proto/security/identity.h"

namespace dfs::rpc {

class Activity;

// Who calls, and what exactly-once semantics need.
struct CallContext {
  security::Identity user;
  std::string client_address;  // IP alone
  std::string client_id;       // 16 bytes
  int32_t call_id = 0;
  int32_t retry_count = -1;
  std::string caller_context;      // empty if none
  std::string caller_signature{};  // of the context, likewise
  std::string_view protocol{};     // name() of the one that is called
};

// What a call comes to: the serialised response or an error, at once or from a coroutine that the server will run on
// the connection's executor. An answer at once costs no coroutine, which is how hot reads should answer; hot calls that
// have to wait should answer Later.
using Reply = std::variant<Result<std::string>, Task<Result<std::string>>, Later<Result<std::string>>>;
// For those who call in the same process.
Task<Result<std::string>> as_task(Reply reply);

// One served Java interface, e.g. "org.apache.hadoop.hdfs.protocol.ClientProtocol"; MethodTable makes most of it.
// Called on network threads, many calls at a time.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string_view name() const = 0;  // as long-lived as this
  virtual uint64_t version() const = 0;
  // `request` (the serialised message) and `context` are valid until call() returns: a task owns what it needs of them.
  // kNoSuchMethod is answered as ERROR_NO_SUCH_METHOD, errors without a code of the RPC layer's own as
  // ERROR_APPLICATION, each with its Java class.
  virtual Reply call(std::string_view method, ByteView request, const CallContext& context) = 0;
};

// Hadoop RPC version 9 (org.apache.hadoop.ipc.Server) on one address, with SIMPLE authentication. A client that starts
// SASL, as one that holds a token does, is told to switch to SIMPLE.
//
// Each connection lives on one of the loops. What a peer sends costs memory only as it arrives; what is not a frame,
// too long or too slow closes that connection alone. start() and stop() are called from a thread that is none of the
// loops.
class Server {
 public:
  struct Settings {
    Endpoint listen;
    uint32_t frame_bytes_max = 128u << 20;                // ipc.maximum.data.length
    uint32_t frame_bytes_max_before_context = 64u << 10;  // tusk.ipc.maximum.data.length.unauthenticated
    uint32_t connections_max = 10000;
    uint32_t calls_in_flight_per_connection_max = 1024;  // reading stops until some are answered
    size_t bytes_in_flight_per_connection_max = 128u << 20;
    size_t outgoing_bytes_max = 8u << 20;                 // likewise, until the peer has read some
    std::chrono::milliseconds handshake_deadline{10000};  // half-open connections
    std::chrono::milliseconds frame_deadline{120000};     // from the first byte of a frame to its last
    std::chrono::milliseconds write_deadline{120000};     // for a peer that does not read its answers
    // Without a call in flight. As stock does, hastily only where many connections are open (ipc.client.idlethreshold).
    uint32_t idle_connections_max = 4000;
    std::chrono::milliseconds idle_deadline_beyond{20000};
    std::chrono::milliseconds idle_deadline{30 * 60000};
    std::vector<std::string> measured_methods{}, held_methods{};  // see Activity
  };

  // `loops`: executors that connections are spread over, each a single thread that runs already or will. `protocols`
  // and `proxy_users` outlive the server.
  Server(Settings settings, std::vector<boost::asio::any_io_executor> loops, std::vector<Protocol*> protocols,
         const security::ProxyUsers& proxy_users);
  // Requires: stopped, or never started.
  ~Server();

  // Listens, or says why not.
  Result<void> start();
  uint16_t port() const;
  // Closes the listener and every connection, cancels the calls; returns when none is running. Requires: the loops run.
  void stop();
  uint32_t connections() const;
  const Activity& activity() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfs::rpc
