#include "proto/checksum/checksum.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "proto/base/check.h"

namespace dfs::checksum {
namespace {

// Reversed polynomials, as the reflected CRCs use them.
constexpr uint32_t kPolynomialCrc32 = 0xedb88320u;
constexpr uint32_t kPolynomialCrc32c = 0x82f63b78u;

// a * b modulo the polynomial; bit 31 is x^0.
uint32_t multiply(uint32_t a, uint32_t b, uint32_t polynomial) {
  uint32_t product = 0;
  for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b & 1) ? (b >> 1) ^ polynomial : b >> 1;
  }
  return product;
}

// x^(8 * bytes) modulo the polynomial, by repeated squaring.
uint32_t shift_of(uint64_t bytes, uint32_t polynomial) {
  uint32_t result = 1u << 31;
  uint32_t square = 1u << 23;  // x^8
  for (; bytes != 0; bytes >>= 1) {
    if (bytes & 1) result = multiply(square, result, polynomial);
    square = multiply(square, square, polynomial);
  }
  return result;
}

}  // namespace

uint32_t crc32(uint32_t crc, ByteView bytes) {
  return crc32_gzip_refl(crc, bytes.data(), bytes.size());
}

uint32_t crc32c(uint32_t crc, ByteView bytes) {
  // ISA-L takes an int length and leaves out the inversions.
  constexpr size_t kPieceMax = 1u << 30;
  crc = ~crc;
  while (!bytes.empty()) {
    size_t length = std::min(bytes.size(), kPieceMax);
    crc = crc32_iscsi(const_cast<uint8_t*>(bytes.data()), int(length), crc);
    bytes = bytes.subspan(length);
  }
  return ~crc;
}

uint32_t concatenate(Type type, uint32_t crc_a, uint32_t crc_b, uint64_t length_b) {
  DFS_CHECK(type != Type::kNull);
  uint32_t polynomial = type == Type::kCrc32 ? kPolynomialCrc32 : kPolynomialCrc32c;
  return multiply(shift_of(length_b, polynomial), crc_a, polynomial) ^ crc_b;
}

Result<Checksum> Checksum::make(int type, uint64_t chunk_bytes) {
  if (type < 0 || type > int(Type::kCrc32c)) {
    return fail(ErrorCode::kCorruptFormat,
                "The value " + std::to_string(type) + " does not map to a valid checksum Type");
  }
  if (chunk_bytes == 0 || chunk_bytes > kChunkBytesMax) {
    return fail(ErrorCode::kCorruptFormat, "Invalid bytes per checksum: " + std::to_string(chunk_bytes));
  }
  return Checksum{Type(type), uint32_t(chunk_bytes)};
}

Result<Checksum> Checksum::parse_header(ByteView header) {
  ByteReader reader(header);
  DFS_TRY(uint8_t type, reader.u8());
  DFS_TRY(uint32_t chunk_bytes, reader.u32());
  return make(type, chunk_bytes);
}

std::array<uint8_t, Checksum::kHeaderBytes> Checksum::header() const {
  std::array<uint8_t, kHeaderBytes> bytes{};
  bytes[0] = uint8_t(type);
  store_big_endian(&bytes[1], chunk_bytes);
  return bytes;
}

uint32_t Checksum::update(uint32_t crc, ByteView chunk) const {
  switch (type) {
    case Type::kNull:
      return 0;
    case Type::kCrc32:
      return crc32(crc, chunk);
    case Type::kCrc32c:
      return crc32c(crc, chunk);
  }
  return 0;
}

void Checksum::compute(ByteView data, std::span<uint8_t> sums) const {
  DFS_CHECK(sums.size() == sums_bytes(data.size()));
  if (type == Type::kNull) return;
  for (uint8_t* sum = sums.data(); !data.empty(); sum += 4) {
    ByteView chunk = data.first(std::min<size_t>(chunk_bytes, data.size()));
    store_big_endian(sum, update(0, chunk));
    data = data.subspan(chunk.size());
  }
}

std::optional<size_t> Checksum::first_mismatch(ByteView data, ByteView sums) const {
  DFS_CHECK(sums.size() == sums_bytes(data.size()));
  if (type == Type::kNull) return std::nullopt;
  const uint8_t* sum = sums.data();
  for (size_t offset = 0; offset < data.size(); offset += chunk_bytes, sum += 4) {
    ByteView chunk = data.subspan(offset, std::min<size_t>(chunk_bytes, data.size() - offset));
    if (load_big_endian<uint32_t>(sum) != update(0, chunk)) return offset;
  }
  return std::nullopt;
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::kNull:
      return "NULL";
    case Type::kCrc32:
      return "CRC32";
    case Type::kCrc32c:
      return "CRC32C";
  }
  return "NULL";
}

Result<Type> type_named(std::string_view name) {
  for (Type type : {Type::kNull, Type::kCrc32, Type::kCrc32c}) {
    if (name == name_of(type)) return type;
  }
  return fail(ErrorCode::kInvalidArgument, "Bad checksum type: " + std::string(name) + " (known: NULL, CRC32, CRC32C)");
}

}  // namespace dfs::checksum
