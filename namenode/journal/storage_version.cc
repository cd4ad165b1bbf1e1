#include "namenode/journal/storage_version.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <random>

namespace dfs::namenode {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// java.util.Properties puts a backslash before ':', '=', '#', '!' and itself.
std::string unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain.push_back(text[i]);
  }
  return plain;
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == ':' || c == '=' || c == '#' || c == '!' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

using Properties = std::map<std::string, std::string, std::less<>>;

Result<std::string> text_of(const Properties& properties, std::string_view name) {
  const auto found = properties.find(name);
  if (found == properties.end() || found->second.empty()) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("has no {}", name));
  }
  return found->second;
}

template <class T>
Result<T> number_of(const Properties& properties, std::string_view name) {
  DFS_TRY(const std::string text, text_of(properties, name));
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("has {}={}, which is no number", name, text));
  }
  return value;
}

}  // namespace

StorageVersion StorageVersion::generate(std::string cluster_id, std::string_view address, uint64_t now_ms,
                                        uint64_t random) {
  std::mt19937_64 bits(random);
  if (cluster_id.empty()) {
    const uint64_t high = (bits() & ~uint64_t{0xf000}) | 0x4000;                 // version 4
    const uint64_t low = (bits() & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);  // variant of RFC 4122
    cluster_id = fmt::format("CID-{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff,
                             low >> 48, low & 0xffffffffffff);
  }
  return {.namespace_id = int32_t(1 + bits() % 0x7fffffff),
          .cluster_id = std::move(cluster_id),
          .block_pool_id = fmt::format("BP-{}-{}-{}", bits() % 0x80000000, address, now_ms),
          .creation_time_ms = now_ms};
}

Result<StorageVersion> StorageVersion::parse(std::string_view text) {
  Properties properties;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const size_t equals = line.find('=');
    if (equals == line.npos) return fail(ErrorCode::kCorruptFormat, fmt::format("has the line \"{}\"", line));
    properties[std::string(trim(line.substr(0, equals)))] = unescape(trim(line.substr(equals + 1)));
  }
  DFS_TRY(const std::string type, text_of(properties, "storageType"));
  if (type != "NAME_NODE") {
    return fail(ErrorCode::kCorruptFormat, fmt::format("has storageType={}: it is not a NameNode's", type));
  }
  StorageVersion version;
  DFS_TRY(version.layout_version, number_of<int32_t>(properties, "layoutVersion"));
  if (version.layout_version > kLayoutVersionOldest || version.layout_version < kLayoutVersion) {
    return fail(ErrorCode::kIncorrectVersion,
                fmt::format("has layoutVersion={}; {} (Hadoop 3.3) to {} (Hadoop 3.4) are read", version.layout_version,
                            kLayoutVersionOldest, kLayoutVersion));
  }
  DFS_TRY(version.namespace_id, number_of<int32_t>(properties, "namespaceID"));
  DFS_TRY(version.cluster_id, text_of(properties, "clusterID"));
  DFS_TRY(version.block_pool_id, text_of(properties, "blockpoolID"));
  DFS_TRY(version.creation_time_ms, number_of<uint64_t>(properties, "cTime"));
  return version;
}

std::string StorageVersion::to_text() const {
  return fmt::format(
      "#Written by Tusk\nnamespaceID={}\nclusterID={}\ncTime={}\nstorageType=NAME_NODE\nblockpoolID={}\n"
      "layoutVersion={}\n",
      namespace_id, escape(cluster_id), creation_time_ms, escape(block_pool_id), layout_version);
}

}  // namespace dfs::namenode
