#include "datanode/replicas/scan_cursor.h"

#include <charconv>

namespace dfs::datanode {
namespace {

std::optional<uint64_t> number(const Properties& properties, const std::string& key) {
  auto found = properties.find(key);
  if (found == properties.end()) return std::nullopt;
  const std::string& text = found->second;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string ScanCursor::path(const Volume& volume) {
  return volume.layout().pool() + "/scan.cursor";
}

ScanCursor ScanCursor::load(const Volume& volume, WallTime now) {
  ScanCursor fresh{.round_began = now};
  auto text = volume.disk().read_file(path(volume));
  if (!text) return fresh;
  Properties properties = parse_properties(*text);
  auto began = number(properties, "roundBeganMillis");
  auto last = number(properties, "lastBlock");
  // A clock that was set back must not stretch the round.
  if (!began || !last || *began > to_millis(now)) return fresh;
  return {.round_began = WallTime(std::chrono::milliseconds(*began)), .last = BlockId(*last)};
}

Result<void> ScanCursor::save(const Volume& volume) const {
  return volume.disk().write_file_atomically(
      path(volume), format_properties({{"roundBeganMillis", std::to_string(to_millis(round_began))},
                                       {"lastBlock", std::to_string(raw(last))}}));
}

}  // namespace dfs::datanode
