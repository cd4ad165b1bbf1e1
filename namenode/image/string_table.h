#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namenode/image/image_file.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// The names that an image has once and its inodes refer to by number (SerialNumberManager). Numbers of the kinds are
// apart: those of a kind begin with 1, and in the section the kind stands in the three bits on top. 0 is no name. In
// inodes a number has 24 bits (CVE-2018-11768).
enum class NameKind : uint8_t { kUser = 1, kGroup = 2, kXattr = 3 };
inline constexpr uint32_t kNameNumberMax = (1u << 24) - 1;

// For reading.
class ImageNames {
 public:
  static Result<ImageNames> read(ImageSection& section);
  // Empty for 0. kCorruptFormat for a number that the table has not.
  Result<std::string> name(NameKind kind, uint32_t number) const;

 private:
  uint32_t kind_bits_ = 0;
  std::unordered_map<uint32_t, std::string> names_;
};

// For writing.
class ImageNumbers {
 public:
  // 0 for the empty name. kUnsupported where there are more than 24 bits can tell apart.
  Result<uint32_t> number(NameKind kind, const std::string& name);
  Result<void> write(ImageWriter& image) const;

 private:
  struct Kind {
    std::unordered_map<std::string, uint32_t> numbers;
    std::vector<const std::string*> names;  // by number, less one; of `numbers`
  };
  std::array<Kind, 4> kinds_;
};

}  // namespace dfs::namenode
