#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"

namespace google::protobuf {
class MessageLite;
}

namespace dfs::rpc {

// What a message that cannot be parsed is answered with.
inline constexpr std::string_view kInvalidMessageClass =
    "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException";

// A conversation begins with seven bytes from the client,
//
//   "hrpc" | version (9) | service class | authentication (0: none, 0xdf: SASL)
//
// and goes on, both ways, in frames:
//
//   length (32 bits, big endian, of all that follows) | header message | messages...
//
// each message being a varint of its length and its protobuf (org.apache.hadoop.ipc.RpcConstants and RpcWritable).
inline constexpr size_t kPreambleBytes = 7;
inline constexpr uint8_t kVersion = 9;
inline constexpr uint8_t kAuthenticationNone = 0;
inline constexpr uint8_t kAuthenticationSasl = 0xdf;
inline constexpr int32_t kAuthorizationFailedCall = -1;
inline constexpr int32_t kConnectionContextCall = -3;
inline constexpr int32_t kPingCall = -4;
inline constexpr int32_t kSaslCall = -33;
inline constexpr size_t kLengthBytes = 4;

// Opens a frame at the end of `out`; its length is filled in by close_frame with the position returned.
size_t open_frame(std::string& out);
void close_frame(std::string& out, size_t position);

void append_delimited(std::string& out, const google::protobuf::MessageLite& message);
void append_delimited(std::string& out, std::string_view serialised);
// The bytes of the next message, viewed in place.
Result<ByteView> read_delimited(ByteReader& reader);
// False for bytes that are not such a message, or one that lacks required fields.
bool parse_message(ByteView bytes, google::protobuf::MessageLite& message);

// What has arrived of a stream and is not yet consumed. Memory grows by doubling as bytes arrive, never by a length
// that a peer announced.
class FrameBuffer {
 public:
  // Room for the next read, at least one byte.
  std::span<uint8_t> space();
  void filled(size_t length) { end_ += length; }
  ByteView unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void consume(size_t length);

 private:
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace dfs::rpc
