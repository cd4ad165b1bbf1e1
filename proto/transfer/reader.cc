#include "proto/transfer/reader.h"

#include <google/protobuf/message_lite.h>

#include <algorithm>

#include "proto/base/task.h"

namespace dfs::transfer {
namespace {
constexpr size_t kFirstBytes = 8u << 10;
// More than this is not read ahead: enough that a system call is cheap beside what it brings, and little enough that it
// is still in a core's cache when it is verified and written.
constexpr size_t kReadAheadBytesMax = 128u << 10;
}  // namespace

std::span<uint8_t> Reader::room(size_t length) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + length > memory_.size() || end_ == memory_.size()) {
    if (begin_ > 0) {
      std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    // Doubling what has really arrived, so that an announced length alone costs nothing.
    if (end_ == memory_.size()) memory_.resize(std::max(kFirstBytes, memory_.size() * 2));
  }
  std::span<uint8_t> free = std::span(memory_).subspan(end_);
  if (packet_bytes_ > 0) {
    const size_t whole_packets = (buffered() + free.size()) / packet_bytes_ * packet_bytes_;
    if (whole_packets >= length && whole_packets > buffered()) free = free.first(whole_packets - buffered());
  }
  offered_bytes_ = free.size();
  return free;
}

void Reader::filled(size_t count) {
  end_ += count;
  // A peer that fills all we offer has more to send.
  if (count == offered_bytes_ && memory_.size() < kReadAheadBytesMax && begin_ == 0) memory_.resize(memory_.size() * 2);
}

Task<Result<void>> Reader::fill(size_t length) {
  DFS_CO_TRY(size_t count, co_await stream_.read_some(room(length)));
  filled(count);
  co_return Result<void>{};
}

Task<Result<ByteView>> Reader::need(size_t length) {
  while (end_ - begin_ < length) DFS_CO_TRY_OK(co_await fill(length));
  co_return available();
}

Task<Result<Op>> Reader::op() {
  DFS_CO_TRY(ByteView bytes, co_await need(3));
  uint16_t version = load_big_endian<uint16_t>(bytes.data());
  Op op{bytes[2]};
  if (version != kVersion) {
    co_return fail(ErrorCode::kVersionMismatch, "Version Mismatch (Expected: " + std::to_string(kVersion) +
                                                    ", Received: " + std::to_string(int16_t(version)) + " )");
  }
  begin_ += 3;
  co_return op;
}

Task<Result<uint64_t>> Reader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    DFS_CO_TRY(ByteView bytes, co_await need(1));
    uint8_t byte = bytes[0];
    ++begin_;
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80) co_return value;
  }
  co_return fail(ErrorCode::kCorruptFormat, "Invalid length before a message");
}

Task<Result<ByteView>> Reader::message(size_t bytes_max) {
  DFS_CO_TRY(uint64_t length, co_await varint());
  if (length > bytes_max) {
    co_return fail(ErrorCode::kCorruptFormat, "Message of " + std::to_string(length) + " bytes, at most " +
                                                  std::to_string(bytes_max) + " are taken");
  }
  DFS_CO_TRY(ByteView bytes, co_await need(length));
  begin_ += length;
  co_return bytes.first(length);
}

Task<Result<void>> Reader::message(google::protobuf::MessageLite& into, size_t bytes_max) {
  DFS_CO_TRY(ByteView body, co_await message(bytes_max));
  if (!into.ParseFromArray(body.data(), int(body.size()))) {
    co_return fail(ErrorCode::kCorruptFormat, "Invalid " + into.GetTypeName());
  }
  co_return Result<void>{};
}

Task<Result<Packet>> Reader::packet() {
  DFS_CO_TRY(ByteView lengths, co_await need(kPacketLengthsBytes));
  DFS_CO_TRY(size_t length, packet_bytes(lengths));
  DFS_CO_TRY(ByteView bytes, co_await need(length));
  DFS_CO_TRY(Packet packet, parse_packet(bytes));
  begin_ += length;
  co_return packet;
}

Result<size_t> Reader::packet_bytes_wanted() const {
  if (buffered() < kPacketLengthsBytes) return kPacketLengthsBytes;
  return packet_bytes(available());
}

Result<bool> Reader::take_packets(PacketBatch& batch) {
  batch.packets.clear();
  batch.whole = {};
  const uint8_t* start = memory_.data() + begin_;
  do {
    DFS_TRY(size_t length, packet_bytes_wanted());
    if (buffered() < kPacketLengthsBytes || buffered() < length) break;
    DFS_TRY(Packet packet, parse_packet(available()));
    batch.packets.push_back(packet);
    begin_ += length;
    packet_bytes_ = length;
  } while (!batch.packets.back().header.last_packet_in_block);
  if (batch.packets.empty()) return false;
  batch.whole = {start, size_t(memory_.data() + begin_ - start)};
  // The batch leaves with our memory and we go on in its old one, taking along the beginning of the next packet.
  std::swap(batch.memory, memory_);
  size_t rest = end_ - begin_;
  if (memory_.size() < std::max(rest, kFirstBytes)) memory_.resize(std::max(batch.memory.size(), kFirstBytes));
  std::memcpy(memory_.data(), batch.memory.data() + begin_, rest);
  begin_ = 0;
  end_ = rest;
  return true;
}

Result<bool> Reader::packets_now(PacketBatch& batch) {
  while (true) {
    DFS_TRY(bool taken, take_packets(batch));
    if (taken) return true;
    DFS_TRY(size_t wanted, packet_bytes_wanted());
    DFS_TRY(size_t count, stream_.read_now(room(wanted)));
    if (count == 0) return false;
    filled(count);
  }
}

Task<Result<PipelineAck>> Reader::ack() {
  DFS_CO_TRY(ByteView body, co_await message());
  co_return parse_ack(body);
}

Result<bool> Reader::ack_now(PipelineAck& into) {
  while (true) {
    ByteReader bytes(available());
    size_t wanted = 1;
    if (auto length = bytes.varint()) {
      if (*length > kMessageBytesMax) return fail(ErrorCode::kCorruptFormat, "Invalid pipeline acknowledgement");
      const size_t prefix = buffered() - bytes.remaining();
      wanted = prefix + size_t(*length);
      if (buffered() >= wanted) {
        DFS_TRY(into, parse_ack(available().subspan(prefix, size_t(*length))));
        begin_ += wanted;
        return true;
      }
    } else if (buffered() >= 10) {
      return fail(ErrorCode::kCorruptFormat, "Invalid length before a message");
    }
    DFS_TRY(size_t count, stream_.read_now(room(wanted)));
    if (count == 0) return false;
    filled(count);
  }
}

Task<Result<void>> Reader::read_all(std::span<uint8_t> to) {
  while (!to.empty()) {
    size_t count = std::min(buffered(), to.size());
    if (count > 0) {
      std::memcpy(to.data(), memory_.data() + begin_, count);
      begin_ += count;
    } else {
      DFS_CO_TRY(size_t read, co_await stream_.read_some(to));
      count = read;
    }
    to = to.subspan(count);
  }
  co_return Result<void>{};
}

}  // namespace dfs::transfer
