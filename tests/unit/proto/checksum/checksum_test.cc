#include "proto/checksum/checksum.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace dfs::checksum {
namespace {

std::vector<uint8_t> pattern(size_t length) {
  std::vector<uint8_t> bytes(length);
  for (size_t i = 0; i < length; ++i) bytes[i] = uint8_t(i * 131 + i / 257);
  return bytes;
}

TEST(Checksum, KnownValuesOfBothCrcs) {
  EXPECT_EQ(crc32(0, as_bytes("123456789")), 0xcbf43926u);
  EXPECT_EQ(crc32c(0, as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(0, {}), 0u);
}

TEST(Checksum, ACrcContinuesWhereTheLastPieceEnded) {
  auto bytes = pattern(1000);
  for (size_t cut : {0u, 1u, 511u, 1000u}) {
    ByteView all(bytes);
    EXPECT_EQ(crc32c(crc32c(0, all.first(cut)), all.subspan(cut)), crc32c(0, all));
    EXPECT_EQ(crc32(crc32(0, all.first(cut)), all.subspan(cut)), crc32(0, all));
  }
}

TEST(Checksum, TwoCrcsConcatenateWithoutTheBytes) {
  auto bytes = pattern(70000);
  ByteView all(bytes);
  for (size_t cut : {0u, 1u, 512u, 65536u, 70000u}) {
    ByteView a = all.first(cut), b = all.subspan(cut);
    EXPECT_EQ(concatenate(Type::kCrc32c, crc32c(0, a), crc32c(0, b), b.size()), crc32c(0, all));
    EXPECT_EQ(concatenate(Type::kCrc32, crc32(0, a), crc32(0, b), b.size()), crc32(0, all));
  }
}

TEST(Checksum, EveryChunkIsVerifiedAndTheFirstBadOneNamed) {
  for (Type type : {Type::kCrc32, Type::kCrc32c}) {
    Checksum checksum{type, 512};
    auto data = pattern(1500);
    std::vector<uint8_t> sums(checksum.sums_bytes(data.size()));
    EXPECT_EQ(sums.size(), 12u);
    checksum.compute(data, sums);
    EXPECT_EQ(checksum.first_mismatch(data, sums), std::nullopt);
    data[1400] ^= 1;
    EXPECT_EQ(checksum.first_mismatch(data, sums), 1024u);
    data[600] ^= 0x80;
    EXPECT_EQ(checksum.first_mismatch(data, sums), 512u);
  }
}

TEST(Checksum, NullTakesNoSpaceAndAcceptsEverything) {
  Checksum checksum{Type::kNull, 512};
  auto data = pattern(1500);
  EXPECT_EQ(checksum.sums_bytes(data.size()), 0u);
  EXPECT_EQ(checksum.first_mismatch(data, {}), std::nullopt);
}

TEST(Checksum, TheHeaderIsHadoops) {
  auto header = Checksum{Type::kCrc32c, 512}.header();
  EXPECT_EQ(as_text(header), std::string_view("\x02\x00\x00\x02\x00", 5));
  auto parsed = Checksum::parse_header(header);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, (Checksum{Type::kCrc32c, 512}));
}

TEST(Checksum, ABrokenHeaderIsRefused) {
  EXPECT_FALSE(Checksum::parse_header(as_bytes(std::string_view("\x02\x00\x00", 3))));
  EXPECT_FALSE(Checksum::parse_header(as_bytes(std::string_view("\x03\x00\x00\x02\x00", 5))));
  EXPECT_FALSE(Checksum::parse_header(as_bytes(std::string_view("\x02\x00\x00\x00\x00", 5))));
  EXPECT_FALSE(Checksum::parse_header(as_bytes(std::string_view("\x02\xff\x00\x00\x00", 5))));
}

TEST(Checksum, TypesGoByHadoopsNames) {
  EXPECT_EQ(*type_named("CRC32C"), Type::kCrc32c);
  EXPECT_EQ(*type_named("NULL"), Type::kNull);
  EXPECT_FALSE(type_named("MD5"));
}

}  // namespace
}  // namespace dfs::checksum
