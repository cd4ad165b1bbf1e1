#include "proto/base/bytes.h"

#include <fmt/format.h>

#include "proto/base/check.h"

namespace dfs {

void ByteWriter::varint(uint64_t value) {
  while (value >= 0x80) {
    u8(uint8_t(value) | 0x80);
    value >>= 7;
  }
  u8(uint8_t(value));
}

void ByteWriter::writable_vlong(int64_t value) {
  if (value >= -112 && value <= 127) {
    u8(uint8_t(value));
    return;
  }
  int first = -112;
  uint64_t magnitude = uint64_t(value);
  if (value < 0) {
    magnitude = ~magnitude;
    first = -120;
  }
  int length = 0;
  for (uint64_t rest = magnitude; rest != 0; rest >>= 8) ++length;
  u8(uint8_t(first - length));
  for (int shift = (length - 1) * 8; shift >= 0; shift -= 8) u8(uint8_t(magnitude >> shift));
}

void ByteWriter::text(std::string_view value) {
  writable_vlong(int64_t(value.size()));
  bytes(value);
}

void ByteWriter::short_text(std::string_view value) {
  DFS_CHECK(value.size() <= 0xffff);
  u16(uint16_t(value.size()));
  bytes(value);
}

Result<ByteView> ByteReader::bytes(size_t length) {
  if (length > remaining()) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("{} bytes wanted at offset {}, {} are left", length, position_, remaining()));
  }
  ByteView view = bytes_.subspan(position_, length);
  position_ += length;
  return view;
}

Result<uint64_t> ByteReader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (position_ == bytes_.size()) return std::unexpected(bytes(1).error());
    const uint8_t byte = bytes_[position_++];
    if (shift == 63 && byte > 1) break;
    value |= uint64_t(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return fail(ErrorCode::kCorruptFormat, fmt::format("varint too long at offset {}", position_));
}

Result<int64_t> ByteReader::writable_vlong() {
  DFS_TRY(uint8_t byte, u8());
  int first = int8_t(byte);
  if (first >= -112) return first;
  bool negative = first < -120;
  int length = negative ? -120 - first : -112 - first;
  uint64_t magnitude = 0;
  DFS_TRY(ByteView rest, bytes(size_t(length)));
  for (uint8_t next : rest) magnitude = magnitude << 8 | next;
  return int64_t(negative ? ~magnitude : magnitude);
}

Result<std::string_view> ByteReader::text() {
  DFS_TRY(int64_t length, writable_vlong());
  if (length < 0) return fail(ErrorCode::kCorruptFormat, fmt::format("negative text length {}", length));
  DFS_TRY(ByteView view, bytes(size_t(length)));
  return as_text(view);
}

Result<std::string_view> ByteReader::short_text() {
  DFS_TRY(uint16_t length, u16());
  DFS_TRY(ByteView view, bytes(length));
  return as_text(view);
}

}  // namespace dfs
