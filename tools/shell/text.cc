#include "tools/shell/text.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace dfs::tools {

std::string permission_text(uint16_t permission) {
  std::string text = "rwxrwxrwx";
  for (int i = 0; i < 9; ++i)
    if (!(permission & (0400 >> i))) text[size_t(i)] = '-';
  if (permission & 01000) text[8] = permission & 1 ? 't' : 'T';
  return text;
}

std::string time_text(fs::Time time, const char* format, bool utc) {
  const time_t seconds = time_t(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  tm parts;
  if (utc)
    gmtime_r(&seconds, &parts);
  else
    localtime_r(&seconds, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::string size_text(uint64_t bytes, bool human_readable) {
  if (!human_readable || bytes < 1024) return std::to_string(bytes);
  constexpr char kPrefixes[] = "KMGTPE";
  int shift = 10;
  size_t prefix = 0;
  while (prefix + 1 < 6 && bytes >> shift >= 1024) ++prefix, shift += 10;
  if ((bytes & ((1ull << shift) - 1)) == 0) return std::to_string(bytes >> shift) + " " + kPrefixes[prefix];
  double value = double(bytes) / double(1ull << shift);
  // 1023.97 K would print as 1024.0 K.
  if (value >= 1023.95 && prefix + 1 < 6) value /= 1024, ++prefix;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %c", value, kPrefixes[prefix]);
  return text;
}

std::string padded_left(std::string_view text, size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + std::string(text);
}
std::string padded_right(std::string_view text, size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string Table::text() const {
  std::vector<size_t> widths(right_aligned_.size(), 0);
  for (const auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += "  ";
      if (right_aligned_[i])
        text += padded_left(row[i], widths[i]);
      else
        text += i + 1 < row.size() ? padded_right(row[i], widths[i]) : row[i];
    }
    text += '\n';
  }
  return text;
}

}  // namespace dfs::tools
