#include "proto/rpc/frames.h"

#include <google/protobuf/message_lite.h>

#include <cstring>

#include "proto/base/check.h"

namespace dfs::rpc {
namespace {

constexpr size_t kFirstBytes = 4096;
// What an empty buffer may keep; a connection is idle most of its life.
constexpr size_t kKeptBytesMax = 256 << 10;

}  // namespace

size_t open_frame(std::string& out) {
  size_t position = out.size();
  out.append(kLengthBytes, '\0');
  return position;
}

void close_frame(std::string& out, size_t position) {
  store_big_endian(out.data() + position, uint32_t(out.size() - position - kLengthBytes));
}

void append_delimited(std::string& out, const google::protobuf::MessageLite& message) {
  size_t length = message.ByteSizeLong();
  ByteWriter(out).varint(length);
  size_t position = out.size();
  out.resize(position + length);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(out.data()) + position);
}

void append_delimited(std::string& out, std::string_view serialised) {
  ByteWriter writer(out);
  writer.varint(serialised.size());
  writer.bytes(serialised);
}

Result<ByteView> read_delimited(ByteReader& reader) {
  DFS_TRY(uint64_t length, reader.varint());
  return reader.bytes(length);
}

bool parse_message(ByteView bytes, google::protobuf::MessageLite& message) {
  return message.ParsePartialFromArray(bytes.data(), int(bytes.size())) && message.IsInitialized();
}

std::span<uint8_t> FrameBuffer::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kKeptBytesMax) buffer_ = std::vector<uint8_t>(kFirstBytes);
  }
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(std::max(kFirstBytes, buffer_.size() * 2));
  return std::span(buffer_).subspan(end_);
}

void FrameBuffer::consume(size_t length) {
  DFS_DCHECK(length <= end_ - begin_);
  begin_ += length;
}

}  // namespace dfs::rpc
