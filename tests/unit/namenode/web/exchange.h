#pragma once

#include <optional>
#include <string>
#include <utility>

#include "proto/http/server.h"

namespace dfs::namenode {

// Of an HTTP exchange without a connection: a request that has only a head.
class NoBody final : public http::RequestBody {
 public:
  Task<Result<size_t>> read_some(std::span<uint8_t>) override { co_return 0; }
};

// What was answered.
class Recorder final : public http::ResponseWriter {
 public:
  Task<Result<void>> send(http::Response given) override {
    response = std::move(given);
    finished = true;
    co_return Result<void>();
  }
  Task<Result<void>> begin(unsigned status, http::Fields headers, std::optional<uint64_t> length_bytes) override {
    response.status = status;
    response.headers = std::move(headers);
    announced = length_bytes;
    co_return Result<void>();
  }
  Task<Result<void>> write(ByteView bytes) override {
    if (gone) co_return fail(ErrorCode::kEof, "gone");
    response.body += as_text(bytes);
    co_return Result<void>();
  }
  Task<Result<void>> finish() override {
    finished = true;
    co_return Result<void>();
  }
  http::Response response;
  std::optional<uint64_t> announced;
  bool finished = false;
  bool gone = false;  // the reader
};

}  // namespace dfs::namenode
