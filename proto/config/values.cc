#include "proto/config/values.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace dfs {
namespace {

char lower(char c) {
  return char(std::tolower(static_cast<unsigned char>(c)));
}

template <class T, class... Format>
std::optional<T> parse_whole(std::string_view text, Format... format) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format...);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<int64_t> parse_int(std::string_view text) {
  bool negative = text.starts_with('-');
  std::string_view digits = negative ? text.substr(1) : text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    auto value = parse_whole<int64_t>(digits.substr(2), 16);
    if (!value || *value < 0) return std::nullopt;
    return negative ? -*value : *value;
  }
  if (!negative && text.starts_with('+')) text.remove_prefix(1);
  return parse_whole<int64_t>(text);
}

std::optional<double> parse_double(std::string_view text) {
  if (!text.empty() && (lower(text.back()) == 'f' || lower(text.back()) == 'd')) text.remove_suffix(1);
  auto value = parse_whole<double>(text);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return value;
}

std::optional<bool> parse_bool(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  if (folded == "true") return true;
  if (folded == "false") return false;
  return std::nullopt;
}

std::optional<uint64_t> parse_size(std::string_view text) {
  int shift = 0;
  if (!text.empty()) {
    size_t position = std::string_view("kmgtpe").find(lower(text.back()));
    if (position != std::string_view::npos) {
      shift = 10 * (int(position) + 1);
      text.remove_suffix(1);
    }
  }
  auto number = parse_whole<int64_t>(text);
  if (!number || *number < 0 || *number > std::numeric_limits<int64_t>::max() >> shift) return std::nullopt;
  return uint64_t(*number) << shift;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds default_unit) {
  struct Unit {
    std::string_view suffix;
    int64_t nanoseconds;
  };
  // In this order, so that "ms" is not taken for "s".
  constexpr Unit kUnits[] = {{"ns", 1},
                             {"us", 1000},
                             {"ms", 1000'000},
                             {"s", 1000'000'000},
                             {"m", 60'000'000'000},
                             {"h", 3600'000'000'000},
                             {"d", 86'400'000'000'000}};
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  std::string_view rest = folded;
  int64_t unit_nanoseconds = std::chrono::nanoseconds(default_unit).count();
  for (const Unit& unit : kUnits) {
    if (!rest.ends_with(unit.suffix)) continue;
    rest.remove_suffix(unit.suffix.size());
    unit_nanoseconds = unit.nanoseconds;
    break;
  }
  auto number = parse_whole<int64_t>(rest);
  if (!number) return std::nullopt;
  __int128 milliseconds = __int128(*number) * unit_nanoseconds / 1'000'000;
  if (milliseconds > std::numeric_limits<int64_t>::max() || milliseconds < std::numeric_limits<int64_t>::min()) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(int64_t(milliseconds));
}

}  // namespace dfs
