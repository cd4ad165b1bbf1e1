#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/task_fwd.h"
#include "proto/http/message.h"
#include "proto/io/stream.h"

namespace dfs::http {

// One HTTP/1.1 connection, one request at a time: send_head, write..., finish, read_head, read_body... until 0, and
// again. Follows no redirects. Belongs to the executor that connect() ran on.
class Client {
 public:
  struct ResponseHead {
    unsigned status = 0;
    Fields headers;
  };

  // `deadline` bounds the connect and each single operation after it.
  static Task<Result<std::unique_ptr<Client>>> connect(Endpoint server, std::chrono::milliseconds deadline);
  ~Client();

  // Without `length_bytes` the body is chunked; 0 for none.
  Task<Result<void>> send_head(std::string method, std::string target, Fields headers,
                               std::optional<uint64_t> length_bytes);
  Task<Result<void>> write(ByteView bytes);
  Task<Result<void>> finish();
  Task<Result<ResponseHead>> read_head();
  // 0 at the end of the body.
  Task<Result<size_t>> read_body(std::span<uint8_t> to);

  // All of it, for small messages. kIo where the response's body is larger than `body_bytes_max`.
  Task<Result<Response>> exchange(std::string method, std::string target, Fields headers, std::string body,
                                  size_t body_bytes_max = 16u << 20);

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dfs::http
