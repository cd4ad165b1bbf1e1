#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string>

#include "proto/base/task.h"
#include "proto/io/stream.h"

namespace dfs::transfer {

// Gives out `input` at most `piece` bytes at a time, then ends; collects what is written. With `kNothing` read_now()
// finds nothing after each piece, once.
class ScriptedStream final : public Stream {
 public:
  enum class Between { kTheNextPiece, kNothing };
  explicit ScriptedStream(std::string input, size_t piece = SIZE_MAX, Between between = Between::kTheNextPiece)
      : input_(std::move(input)), piece_(piece), between_(between) {}

  Task<Result<size_t>> read_some(std::span<uint8_t> to) override { co_return read_now(to); }
  Task<Result<void>> wait_readable() override { co_return Result<void>{}; }
  Result<size_t> read_now(std::span<uint8_t> to) override {
    if (between_ == Between::kNothing && position_ < input_.size() && std::exchange(given_, !given_)) return 0;
    size_t count = std::min({to.size(), piece_, input_.size() - position_});
    if (count == 0) return fail(ErrorCode::kEof, "end of script");
    std::memcpy(to.data(), input_.data() + position_, count);
    position_ += count;
    return count;
  }
  Task<Result<void>> write(std::span<const asio::const_buffer> buffers) override {
    for (const auto& buffer : buffers) written.append(static_cast<const char*>(buffer.data()), buffer.size());
    co_return Result<void>{};
  }
  void shutdown_write() override {}
  void close() override {}
  const std::string& remote() const override { return name_; }
  const std::string& remote_address() const override { return name_; }
  const std::string& local() const override { return name_; }
  int descriptor() const override { return -1; }
  Task<Result<void>> wait_writable() override { co_return Result<void>{}; }

  std::string written;

 private:
  std::string input_;
  size_t piece_;
  Between between_;
  bool given_ = false;
  size_t position_ = 0;
  std::string name_ = "script";
};

// Runs one coroutine to its end.
template <class T>
T run(Task<T> task) {
  asio::io_context context;
  auto result = asio::co_spawn(context, std::move(task), asio::use_future);
  context.run();
  return result.get();
}

}  // namespace dfs::transfer
