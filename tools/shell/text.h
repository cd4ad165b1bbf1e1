#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dfs/types.h"

namespace dfs::tools {

// "rwxr-xr-t", as FsPermission prints it.
std::string permission_text(uint16_t permission);
// strftime's format, in the local time zone or UTC.
std::string time_text(fs::Time time, const char* format, bool utc = false);
// "64 M" of 67108864, "1.5 G": StringUtils.TraditionalBinaryPrefix with one decimal.
std::string size_text(uint64_t bytes, bool human_readable);
// Filled with spaces to `width` characters.
std::string padded_left(std::string_view text, size_t width);
std::string padded_right(std::string_view text, size_t width);

// Columns as wide as their widest cell, two spaces between them.
class Table {
 public:
  explicit Table(std::vector<bool> right_aligned) : right_aligned_(std::move(right_aligned)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<bool> right_aligned_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace dfs::tools
