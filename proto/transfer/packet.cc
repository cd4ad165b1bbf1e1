#include "proto/transfer/packet.h"

#include <boost/asio/buffer.hpp>

#include "proto/base/check.h"
#include "proto/base/task.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace dfs::transfer {
namespace pb = hadoop::hdfs;

namespace {

// Protobuf's tags of the fields of PacketHeaderProto: (number << 3) | wire type.
constexpr uint8_t kTagOffset = 0x09, kTagSeqno = 0x11, kTagLast = 0x18, kTagDataBytes = 0x25, kTagSync = 0x28;

template <class T>
uint8_t* put_little_endian(uint8_t* to, uint8_t tag, T value) {
  static_assert(std::endian::native == std::endian::little);
  *to++ = tag;
  std::memcpy(to, &value, sizeof(T));
  return to + sizeof(T);
}

}  // namespace

EncodedPacketHeader::EncodedPacketHeader(const PacketHeader& header, size_t sums_bytes) {
  uint8_t* to = buffer_.data() + kPacketLengthsBytes;
  to = put_little_endian(to, kTagOffset, header.offset_in_block);
  to = put_little_endian(to, kTagSeqno, header.seqno);
  *to++ = kTagLast;
  *to++ = header.last_packet_in_block;
  to = put_little_endian(to, kTagDataBytes, int32_t(header.data_bytes));
  if (header.sync_block) {
    *to++ = kTagSync;
    *to++ = 1;
  }
  length_ = size_t(to - buffer_.data());
  store_big_endian(&buffer_[0], uint32_t(4 + sums_bytes + header.data_bytes));
  store_big_endian(&buffer_[4], uint16_t(length_ - kPacketLengthsBytes));
}

Result<size_t> packet_bytes(ByteView lengths) {
  DFS_CHECK(lengths.size() >= kPacketLengthsBytes);
  uint32_t payload = load_big_endian<uint32_t>(lengths.data());
  uint16_t header = load_big_endian<uint16_t>(lengths.data() + 4);
  if (payload < 4 || payload > INT32_MAX) {
    return fail(ErrorCode::kCorruptFormat, "Invalid payload length " + std::to_string(int32_t(payload)));
  }
  if (header > INT16_MAX) {
    return fail(ErrorCode::kCorruptFormat, "Invalid header length " + std::to_string(int16_t(header)));
  }
  if (uint64_t(payload) + header > kPacketBytesMax) {
    return fail(ErrorCode::kCorruptFormat, "Incorrect value for packet payload size: " + std::to_string(payload));
  }
  return kPacketLengthsBytes + header + payload - 4;
}

Result<Packet> parse_packet(ByteView bytes) {
  DFS_TRY(size_t length, packet_bytes(bytes));
  DFS_CHECK(bytes.size() >= length);
  size_t header_bytes = load_big_endian<uint16_t>(bytes.data() + 4);
  pb::PacketHeaderProto proto;
  if (!proto.ParseFromArray(bytes.data() + kPacketLengthsBytes, int(header_bytes))) {
    return fail(ErrorCode::kCorruptFormat, "Invalid packet header");
  }
  ByteView payload = bytes.first(length).subspan(kPacketLengthsBytes + header_bytes);
  if (proto.datalen() < 0 || size_t(proto.datalen()) > payload.size()) {
    return fail(ErrorCode::kCorruptFormat,
                "Invalid packet: data length in packet header exceeds data length received. "
                "dataPlusChecksumLen=" +
                    std::to_string(payload.size()) + " dataLen=" + std::to_string(proto.datalen()));
  }
  if (proto.offsetinblock() < 0) return fail(ErrorCode::kCorruptFormat, "Invalid packet: negative offset in block");
  size_t sums_bytes = payload.size() - size_t(proto.datalen());
  return Packet{.header = {.offset_in_block = proto.offsetinblock(),
                           .seqno = proto.seqno(),
                           .last_packet_in_block = proto.lastpacketinblock(),
                           .sync_block = proto.syncblock(),
                           .data_bytes = uint32_t(proto.datalen())},
                .whole = bytes.first(length),
                .sums = payload.first(sums_bytes),
                .data = payload.subspan(sums_bytes)};
}

Task<Result<void>> send_packet(Stream& stream, PacketHeader header, ByteView sums, ByteView data) {
  DFS_DCHECK(header.data_bytes == data.size());
  EncodedPacketHeader encoded(header, sums.size());
  std::array<asio::const_buffer, 3> buffers{asio::const_buffer(encoded.bytes().data(), encoded.bytes().size()),
                                            asio::const_buffer(sums.data(), sums.size()),
                                            asio::const_buffer(data.data(), data.size())};
  co_return co_await stream.write(buffers);
}

bool PipelineAck::is_success() const {
  for (Status reply : replies) {
    if (reply != Status::kSuccess) return false;
  }
  return true;
}

void encode_ack(const PipelineAck& ack, std::string& out) {
  pb::PipelineAckProto proto;
  proto.set_seqno(ack.seqno);
  for (Status reply : ack.replies) {
    proto.add_reply(pb::Status(int(reply)));
    proto.add_flag(uint32_t(reply));
  }
  proto.set_downstreamacktimenanos(ack.downstream_nanos);
  ByteWriter(out).varint(proto.ByteSizeLong());
  proto.AppendToString(&out);
}

Result<PipelineAck> parse_ack(ByteView body) {
  pb::PipelineAckProto proto;
  if (!proto.ParseFromArray(body.data(), int(body.size()))) {
    return fail(ErrorCode::kCorruptFormat, "Invalid pipeline acknowledgement");
  }
  PipelineAck ack{.seqno = proto.seqno(), .replies = {}, .downstream_nanos = proto.downstreamacktimenanos()};
  ack.replies.reserve(size_t(proto.reply_size()));
  // PipelineAck.getHeaderFlag: a newer sender's flags win over its replies, of which an old receiver knows fewer.
  for (int i = 0; i < proto.reply_size(); ++i) {
    ack.replies.push_back(i < proto.flag_size() ? Status(proto.flag(i) & 0xf) : Status(int(proto.reply(i))));
  }
  return ack;
}

}  // namespace dfs::transfer
