#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace dfs {

using ByteView = std::span<const uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
T load_big_endian(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (sizeof(T) == 2) return T(__builtin_bswap16(uint16_t(value)));
  if constexpr (sizeof(T) == 4) return T(__builtin_bswap32(uint32_t(value)));
  if constexpr (sizeof(T) == 8) return T(__builtin_bswap64(uint64_t(value)));
  return value;
}
template <class T>
void store_big_endian(void* to, T value) {
  value = load_big_endian<T>(&value);
  std::memcpy(to, &value, sizeof(T));
}

// Appends Java's encodings (DataOutputStream, WritableUtils) and protobuf's varint to a string that the caller owns.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(uint8_t value) { out_.push_back(char(value)); }
  void u16(uint16_t value) { fixed(value); }
  void u32(uint32_t value) { fixed(value); }
  void u64(uint64_t value) { fixed(value); }
  void bytes(std::string_view value) { out_.append(value); }
  // Protobuf's base-128 varint, at most 10 bytes.
  void varint(uint64_t value);
  // WritableUtils.writeVLong, also serves writeVInt.
  void writable_vlong(int64_t value);
  // org.apache.hadoop.io.Text: a writable vint of the length in bytes, then UTF-8.
  void text(std::string_view value);
  // UTF8.writeString: u16 length in bytes, then UTF-8. Requires: at most 65535 bytes.
  void short_text(std::string_view value);

 private:
  template <class T>
  void fixed(T value) {
    char buffer[sizeof(T)];
    store_big_endian(buffer, value);
    out_.append(buffer, sizeof(T));
  }
  std::string& out_;
};

// Reads what ByteWriter writes from bytes that the caller keeps alive. Input is hostile: every length is checked
// against what is there before anything is taken, and a violation is kCorruptFormat.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}
  explicit ByteReader(std::string_view text) : bytes_(as_bytes(text)) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  Result<uint8_t> u8() { return fixed<uint8_t>(); }
  Result<uint16_t> u16() { return fixed<uint16_t>(); }
  Result<uint32_t> u32() { return fixed<uint32_t>(); }
  Result<uint64_t> u64() { return fixed<uint64_t>(); }
  // The next `length` bytes, viewed in place.
  Result<ByteView> bytes(size_t length);
  Result<uint64_t> varint();
  Result<int64_t> writable_vlong();
  Result<std::string_view> text();
  Result<std::string_view> short_text();

 private:
  template <class T>
  Result<T> fixed() {
    DFS_TRY(ByteView view, bytes(sizeof(T)));
    return load_big_endian<T>(view.data());
  }
  ByteView bytes_;
  size_t position_ = 0;
};

}  // namespace dfs
