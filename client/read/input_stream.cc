#include "client/read/input_stream.h"

#include <algorithm>
#include <cstring>

#include "client/read/read_ahead.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {

InputStream::InputStream(Environment environment, std::string path)
    : environment_(std::move(environment)),
      blocks_(environment_.namenode, environment_.user, environment_.settings, std::move(path)) {}

InputStream::~InputStream() {
  close();
}

Result<std::shared_ptr<InputStream>> InputStream::open(Environment environment, std::string path) {
  auto stream = std::make_shared<InputStream>(std::move(environment), std::move(path));
  DFS_TRY_OK(stream->refresh());
  return stream;
}

Result<void> InputStream::check_open() const {
  if (closed_) return fail(Error::from_java("java.nio.channels.ClosedChannelException", "Stream closed"));
  return {};
}

Result<void> InputStream::refresh() {
  DFS_TRY_OK(check_open());
  stop_read_ahead();
  DFS_TRY_OK(environment_.thread.run(blocks_.refresh()));
  length_ = blocks_.length();
  return {};
}

void InputStream::stop_read_ahead() {
  if (!read_ahead_) return;
  if (environment_.thread.usable()) {
    (void)environment_.thread.run(read_ahead_->stop());
    read_ahead_.reset();
  } else {
    // In a child of fork() its tasks can neither run nor end.
    (void)read_ahead_.release();
  }
}

void InputStream::close() {
  stop_read_ahead();
  closed_ = true;
}

Result<void> InputStream::seek(uint64_t offset) {
  DFS_TRY_OK(check_open());
  if (offset > length_)
    return fail(ErrorCode::kInvalidArgument, "Cannot seek after EOF: " + std::to_string(offset) + " of " +
                                                 std::to_string(length_) + " bytes of " + blocks_.path());
  if (offset == position_) return {};
  const bool within = read_ahead_ && offset > position_ && read_ahead_->skip(offset - position_);
  position_ = offset;
  if (!within) stop_read_ahead();
  return {};
}

Result<size_t> InputStream::read(std::span<uint8_t> to) {
  DFS_TRY_OK(check_open());
  if (to.empty() || position_ >= length_) return 0;
  if (!read_ahead_) {
    read_ahead_ = std::make_unique<ReadAhead>(
        environment_.thread.executor(),
        ReplicaReader::Source{environment_.namenode, environment_.connections, environment_.settings, blocks_, dead_},
        position_, length_.load());
    asio::post(environment_.thread.executor(), [ahead = read_ahead_.get()] { ahead->start(); });
  }
  Result<size_t> count = read_ahead_->take(to);
  if (count)
    position_ += *count;
  else
    stop_read_ahead();
  return count;
}

Task<Result<size_t>> InputStream::read_at(uint64_t offset, std::span<uint8_t> to) {
  ReplicaReader reader({environment_.namenode, environment_.connections, environment_.settings, blocks_, dead_}, offset,
                       offset + to.size());
  ReceivedBytes bytes;
  size_t count = 0;
  // One call beyond the last byte, which ends the operation in good order, so that the connection can be used again.
  while (true) {
    Result<void> received = co_await reader.next(bytes);
    if (!received && count < to.size()) co_return fail(std::move(received).error());
    if (!received || bytes.bytes == 0) co_return count;
    for (ByteView slice : bytes.slices) {
      std::memcpy(to.data() + count, slice.data(), slice.size());
      count += slice.size();
    }
  }
}

Result<size_t> InputStream::pread(uint64_t offset, std::span<uint8_t> to) {
  DFS_TRY_OK(check_open());
  const uint64_t length = length_;
  if (offset >= length || to.empty()) return 0;
  return environment_.thread.run(read_at(offset, to.first(size_t(std::min<uint64_t>(to.size(), length - offset)))));
}

}  // namespace dfs::client
