#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dfs {

// The text of a setting as Hadoop reads it; empty if it is not one. The text has no surrounding space.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);
std::optional<bool> parse_bool(std::string_view text);
// StringUtils.TraditionalBinaryPrefix, without negative sizes.
std::optional<uint64_t> parse_size(std::string_view text);
// Configuration.getTimeDuration; what is below a millisecond is cut off.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds default_unit);

std::string_view trimmed(std::string_view text);

}  // namespace dfs
