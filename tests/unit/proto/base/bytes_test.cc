#include "proto/base/bytes.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace dfs {
namespace {

TEST(Bytes, WritableVlongsReadBackAndMatchJava) {
  for (int64_t value : {int64_t(0), int64_t(127), int64_t(-112), int64_t(128), int64_t(-113), int64_t(255),
                        int64_t(1) << 40, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    std::string out;
    ByteWriter(out).writable_vlong(value);
    ByteReader reader{std::string_view(out)};
    EXPECT_EQ(reader.writable_vlong().value(), value);
    EXPECT_EQ(reader.remaining(), 0u);
  }
  std::string out;
  ByteWriter(out).writable_vlong(300);  // WritableUtils.writeVLong(300) in Java: 8e 01 2c
  EXPECT_EQ(out, "\x8e\x01\x2c");
}

TEST(Bytes, TextLongerThanTheBytesIsRefusedBeforeItIsTaken) {
  std::string out;
  ByteWriter(out).text("abc");
  out.pop_back();
  EXPECT_EQ(ByteReader(std::string_view(out)).text().error().code(), ErrorCode::kCorruptFormat);
}

TEST(Bytes, AVarintOfElevenBytesIsRefused) {
  std::string out(11, '\x80');
  EXPECT_FALSE(ByteReader(std::string_view(out)).varint());
  out = std::string(9, '\xff') + '\x01';
  EXPECT_EQ(ByteReader(std::string_view(out)).varint().value(), std::numeric_limits<uint64_t>::max());
}

}  // namespace
}  // namespace dfs
