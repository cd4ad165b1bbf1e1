#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/error.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"
#include "proto/transfer/op.h"
#include "proto/transfer/packet.h"

namespace dfs::transfer {

// Some packets that arrived together, with the memory they lie in: received once, then checked, forwarded and written
// from there. `whole` is all of them as they came, for forwarding.
struct PacketBatch {
  std::vector<uint8_t> memory;
  std::vector<Packet> packets;
  ByteView whole;
};

// Takes operations, messages and packets from a stream, reading as much as the peer has sent in one go.
//
// Memory grows only as bytes arrive, at most to the largest thing allowed. Belongs to the stream's executor; one call
// at a time. What is returned by view is valid until the next call. The caller sees to deadlines: closing the stream
// ends a call with kEof or kCancelled.
class Reader {
 public:
  // An operation's or a response's message is small; the longest carry a few hundred targets.
  static constexpr size_t kMessageBytesMax = 1u << 20;

  // `stream` outlives the reader.
  explicit Reader(Stream& stream) : stream_(stream) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Version and code of the next operation; kVersionMismatch for another version. kEof at a clean end.
  Task<Result<Op>> op();
  // The body of the next delimited message, of at most `bytes_max`.
  Task<Result<ByteView>> message(size_t bytes_max = kMessageBytesMax);
  // The next delimited message, parsed.
  Task<Result<void>> message(google::protobuf::MessageLite& into, size_t bytes_max = kMessageBytesMax);
  Task<Result<Packet>> packet();
  // All packets that have arrived whole, up to and including a last packet of a block; false if none has. Does not
  // wait, and may be called on any thread. Reuses the memory of `batch`; what it held is gone.
  Result<bool> packets_now(PacketBatch& batch);
  Task<Result<PipelineAck>> ack();
  // The same without waiting, on any thread: false if none has arrived whole.
  Result<bool> ack_now(PipelineAck& into);
  // Exactly `to.size()` bytes that are not part of a message.
  Task<Result<void>> read_all(std::span<uint8_t> to);

  // Bytes taken from the stream and not yet returned.
  size_t buffered() const { return end_ - begin_; }

 private:
  // Makes `length` bytes available in one piece, and returns all that are.
  Task<Result<ByteView>> need(size_t length);
  // Reads once, at least one byte.
  Task<Result<void>> fill(size_t length);
  // Where to read to: room for at least a little, on the way to `length` available bytes. Ends, as far as can be
  // foreseen, where a packet ends, so that no part of one has to be moved.
  std::span<uint8_t> room(size_t length);
  void filled(size_t count);
  // The packets that are there whole; false if there are none.
  Result<bool> take_packets(PacketBatch& batch);
  // How many bytes the packet takes that comes next, as far as is known.
  Result<size_t> packet_bytes_wanted() const;
  ByteView available() const { return {memory_.data() + begin_, end_ - begin_}; }
  Task<Result<uint64_t>> varint();

  Stream& stream_;
  std::vector<uint8_t> memory_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t offered_bytes_ = 0;  // by room()
  size_t packet_bytes_ = 0;   // of the packet before
};

}  // namespace dfs::transfer
