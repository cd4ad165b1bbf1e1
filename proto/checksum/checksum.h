#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/error.h"

namespace dfs::checksum {

// DataChecksum.Type; the values stand in meta files and on the wire.
enum class Type : uint8_t { kNull = 0, kCrc32 = 1, kCrc32c = 2 };

// Both CRCs continue from `crc`, the value of the bytes before (0 at the start), with the processor's instructions.
uint32_t crc32(uint32_t crc, ByteView bytes);
uint32_t crc32c(uint32_t crc, ByteView bytes);

// The CRC of A followed by B, from the two CRCs and the length of B (org.apache.hadoop.util.CrcUtil.compose).
// Requires: type is not kNull.
uint32_t concatenate(Type type, uint32_t crc_a, uint32_t crc_b, uint64_t length_b);

// One checksum for each chunk of so many bytes, the last chunk possibly shorter: org.apache.hadoop.util.DataChecksum.
// Sums stand as big-endian 32-bit values one after the other, or take no space with kNull.
struct Checksum {
  static constexpr size_t kHeaderBytes = 5;
  // A chunk longer than this comes from a broken file or peer, not from a configuration.
  static constexpr uint32_t kChunkBytesMax = 16u << 20;

  Type type = Type::kCrc32c;
  uint32_t chunk_bytes = 512;

  // kCorruptFormat for a type that does not exist or a chunk size of zero or beyond the maximum.
  static Result<Checksum> make(int type, uint64_t chunk_bytes);
  // The header of a meta file after its version: u8 type, u32 bytes per chunk.
  static Result<Checksum> parse_header(ByteView header);
  std::array<uint8_t, kHeaderBytes> header() const;

  size_t sum_bytes() const { return type == Type::kNull ? 0 : 4; }
  uint64_t chunks(uint64_t data_bytes) const { return (data_bytes + chunk_bytes - 1) / chunk_bytes; }
  uint64_t sums_bytes(uint64_t data_bytes) const { return chunks(data_bytes) * sum_bytes(); }

  // The checksum of one chunk, or of its first part when `crc` is 0 and of what follows when it is that part's.
  uint32_t update(uint32_t crc, ByteView chunk) const;
  // Requires: sums.size() == sums_bytes(data.size()).
  void compute(ByteView data, std::span<uint8_t> sums) const;
  // The offset in `data` of the first chunk whose sum differs. Requires: as compute.
  std::optional<size_t> first_mismatch(ByteView data, ByteView sums) const;

  bool operator==(const Checksum&) const = default;
};

// "NULL", "CRC32", "CRC32C", as in dfs.checksum.type.
std::string_view name_of(Type type);
Result<Type> type_named(std::string_view name);

}  // namespace dfs::checksum
