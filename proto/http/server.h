#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/task_fwd.h"
#include "proto/http/message.h"
#include "proto/io/stream.h"

namespace dfs::http {

// The body of a request as it arrives, chunked or with a length. A client that expects "100 Continue" gets it at the
// first read, so a handler that answers without reading spares it the upload.
class RequestBody {
 public:
  virtual ~RequestBody() = default;
  // At most `to.size()` bytes; 0 at the end. kEof where the client goes away before, kTimeout where it stalls.
  virtual Task<Result<size_t>> read_some(std::span<uint8_t> to) = 0;
};

// One response: either send(), or begin(), write()s and finish().
class ResponseWriter {
 public:
  virtual ~ResponseWriter() = default;
  virtual Task<Result<void>> send(Response response) = 0;
  // Without `length_bytes` the body is chunked. A body that ends short of its length, or a handler that returns before
  // finish(), closes the connection, so that the client sees a truncated response.
  virtual Task<Result<void>> begin(unsigned status, Fields headers, std::optional<uint64_t> length_bytes) = 0;
  virtual Task<Result<void>> write(ByteView bytes) = 0;
  virtual Task<Result<void>> finish() = 0;
};

// Called on the connection's executor, one request at a time for a connection. The references live until it returns.
// A handler that returns without an answer is answered for with 500.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<void> handle(const Request& request, RequestBody& body, ResponseWriter& writer) = 0;
};

// HTTP/1.1 with keep-alive on some addresses. Malformed requests are answered with 400, 413 or 431 and closed.
class Server {
 public:
  struct Settings {
    std::vector<Endpoint> listen;
    uint32_t header_bytes_max = 64u << 10;
    uint32_t connections_max = 1000;                    // more wait in the listen queue
    std::chrono::milliseconds header_deadline{30'000};  // from the first byte of a request to the end of its header
    std::chrono::milliseconds idle_deadline{60'000};    // between requests, and for each read or write of a body
  };

  // `loops`: executors that connections are spread over, each a single thread. `handler` outlives the server.
  Server(Settings settings, std::vector<boost::asio::any_io_executor> loops, Handler& handler);
  ~Server();

  // Opens every address or none: kConnect "Problem binding to [host:port] : ...".
  Result<void> start();
  // In the order of Settings::listen.
  std::vector<uint16_t> ports() const;
  // Cancels what is running and returns when it has ended. Not on a loop's own thread.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfs::http
