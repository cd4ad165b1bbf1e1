#include "datanode/replicas/layout.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace dfs::datanode {
namespace {

constexpr std::string_view kBlockPrefix = "blk_";
constexpr std::string_view kMetaSuffix = ".meta";
constexpr uint16_t kMetaVersion = 1;

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view(":=#!\\").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// Block ids of erasure-coded groups are negative.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Properties parse_properties(std::string_view text) {
  Properties properties;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    size_t cut = 0;
    while (cut < line.size() && line[cut] != '=') cut += line[cut] == '\\' ? 2 : 1;
    if (cut >= line.size()) continue;
    properties[unescape(line.substr(0, cut))] = unescape(line.substr(cut + 1));
  }
  return properties;
}

std::string format_properties(const Properties& properties) {
  std::string out;
  for (const auto& [key, value] : properties) out += escape(key) + "=" + escape(value) + "\n";
  return out;
}

Result<std::string> require(const Properties& properties, const std::string& key, const std::string& file) {
  auto found = properties.find(key);
  if (found == properties.end()) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("{} is invalid: it has no {}", file, key));
  }
  return found->second;
}

std::string Layout::finalized_directory(BlockId id) const {
  return fmt::format("{}/subdir{}/subdir{}", finalized(), (raw(id) >> 16) & 0x1f, (raw(id) >> 8) & 0x1f);
}

std::string block_file_name(BlockId id) {
  return fmt::format("{}{}", kBlockPrefix, int64_t(raw(id)));
}

std::string meta_file_name(BlockId id, GenerationStamp generation) {
  return fmt::format("{}{}_{}{}", kBlockPrefix, int64_t(raw(id)), raw(generation), kMetaSuffix);
}

std::optional<BlockId> parse_block_file_name(std::string_view name) {
  if (!name.starts_with(kBlockPrefix)) return std::nullopt;
  auto id = parse_number<int64_t>(name.substr(kBlockPrefix.size()));
  if (!id) return std::nullopt;
  return BlockId(uint64_t(*id));
}

std::optional<MetaFileName> parse_meta_file_name(std::string_view name) {
  if (!name.starts_with(kBlockPrefix) || !name.ends_with(kMetaSuffix)) return std::nullopt;
  name = name.substr(kBlockPrefix.size(), name.size() - kBlockPrefix.size() - kMetaSuffix.size());
  size_t cut = name.find('_');
  if (cut == std::string_view::npos) return std::nullopt;
  auto id = parse_number<int64_t>(name.substr(0, cut));
  auto generation = parse_number<uint64_t>(name.substr(cut + 1));
  if (!id || !generation) return std::nullopt;
  return MetaFileName{BlockId(uint64_t(*id)), GenerationStamp(*generation)};
}

std::string encode_meta_header(const checksum::Checksum& checksum) {
  std::string out;
  ByteWriter writer(out);
  writer.u16(kMetaVersion);
  writer.bytes(as_text(checksum.header()));
  return out;
}

Result<checksum::Checksum> read_meta_header(File& meta) {
  std::array<uint8_t, kMetaHeaderBytes> header{};
  DFS_TRY(size_t count, meta.pread(header, 0));
  if (count < header.size()) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("The meta file length {} is less than the expected length {}", count, header.size()));
  }
  if (load_big_endian<uint16_t>(header.data()) != kMetaVersion) {
    return fail(ErrorCode::kCorruptFormat, "The meta file has an unknown version");
  }
  return checksum::Checksum::parse_header(ByteView(header).subspan(2));
}

}  // namespace dfs::datanode
