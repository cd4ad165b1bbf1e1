#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/error.h"
#include "proto/base/task_fwd.h"
#include "proto/io/stream.h"
#include "proto/transfer/op.h"

namespace dfs::transfer {

// Sequence number of the empty packets that keep a quiet pipeline open; they are acknowledged but hold no place.
inline constexpr int64_t kHeartbeatSeqno = -1;
// Of an acknowledgement that belongs to no packet: the pipeline is broken, or an out-of-band status follows.
inline constexpr int64_t kUnknownSeqno = -2;
// dfs.data.transfer.max.packet.size; includes header, sums and data.
inline constexpr uint32_t kPacketBytesMax = 16u << 20;

// A packet on the wire (org.apache.hadoop.hdfs.protocol.datatransfer.PacketHeader, PacketReceiver):
//   u32 payload length, counting itself, the sums and the data | u16 header length
//   | PacketHeaderProto | sums, one for each chunk | data
struct PacketHeader {
  int64_t offset_in_block = 0;
  int64_t seqno = 0;
  bool last_packet_in_block = false;
  bool sync_block = false;
  uint32_t data_bytes = 0;
};

// A header with the two lengths before it, encoded in place so that a packet can be written without an allocation.
class EncodedPacketHeader {
 public:
  static constexpr size_t kBytesMax = 6 + 27;

  EncodedPacketHeader(const PacketHeader& header, size_t sums_bytes);
  ByteView bytes() const { return {buffer_.data(), length_}; }

 private:
  std::array<uint8_t, kBytesMax> buffer_;
  size_t length_ = 0;
};

// A received packet. The views point into the buffer of the reader or batch that it came from.
struct Packet {
  PacketHeader header;
  ByteView whole;  // from the payload length to the end of the data
  ByteView sums;
  ByteView data;
};

// The packet at the beginning of `bytes`, which holds at least packet_bytes() of it.
Result<Packet> parse_packet(ByteView bytes);
// How many bytes the packet takes whose first six are in `lengths`. kCorruptFormat where Hadoop refuses it.
inline constexpr size_t kPacketLengthsBytes = 6;
Result<size_t> packet_bytes(ByteView lengths);

// One write of header, sums and data, none of which is copied. Requires: header.data_bytes == data.size().
Task<Result<void>> send_packet(Stream& stream, PacketHeader header, ByteView sums, ByteView data);

// The answer to one packet: the statuses of the DataNodes from the sender's neighbour to the end of the pipeline.
struct PipelineAck {
  int64_t seqno = 0;
  std::vector<Status> replies;
  uint64_t downstream_nanos = 0;

  bool is_success() const;
};

// Delimited PipelineAckProto; the flags repeat the statuses in their low four bits (PipelineAck.combineHeader) with
// congestion and slowness DISABLED.
void encode_ack(const PipelineAck& ack, std::string& out);
// `body` is the message without its length.
Result<PipelineAck> parse_ack(ByteView body);

}  // namespace dfs::transfer
