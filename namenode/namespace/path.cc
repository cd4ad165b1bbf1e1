#include "namenode/namespace/path.h"

#include <algorithm>
#include <cstdint>

#include "namenode/namespace/settings.h"
#include "proto/base/utf8.h"

namespace dfs::namenode {

Result<std::vector<std::string>> path_components(std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(ErrorCode::kAssertion, "Absolute path required, but got '" + std::string(path) + "'");
  }
  std::vector<std::string> components;
  components.reserve(size_t(std::ranges::count(path, '/')));
  size_t position = 0;
  while (position < path.size()) {
    ++position;  // the slash
    size_t end = std::min(path.find('/', position), path.size());
    if (end > position) components.emplace_back(path.substr(position, end - position));
    position = end;
  }
  return components;
}

std::string join_path(const std::vector<std::string>& components, size_t count) {
  if (count == 0) return "/";
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) size += 1 + components[i].size();
  std::string path;
  path.reserve(size);
  for (size_t i = 0; i < count; ++i) path.append("/").append(components[i]);
  return path;
}

bool is_valid_name(std::string_view path) {
  if (!is_utf8(path) || path.find('\0') != std::string_view::npos || !path.starts_with('/')) return false;
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find(':') != std::string_view::npos) return false;
  const bool below_inodes = path.starts_with("/.reserved/.inodes/") && std::ranges::count(path, '/') > 3;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.empty() || name == "." || (name == ".." && !below_inodes)) return false;
    path.remove_prefix(name.size());
  }
  return true;
}

bool is_path_length_allowed(std::string_view path) {
  if (path.size() <= kPathDepthMax) return true;
  // Java counts UTF-16 units; a character of four UTF-8 bytes is two of them.
  size_t units = 0;
  for (char c : path) units += (uint8_t(c) & 0xC0) != 0x80 ? (uint8_t(c) >= 0xF0 ? 2 : 1) : 0;
  if (units > kPathLengthMax) return false;
  return size_t(std::count(path.begin(), path.end(), '/')) <= kPathDepthMax;
}

bool is_at_or_below(std::string_view path, std::string_view parent) {
  if (!path.starts_with(parent)) return false;
  return path.size() == parent.size() || parent == "/" || path[parent.size()] == '/';
}

bool is_exact_reserved(std::string_view path) {
  return path == "/.reserved";
}
bool is_reserved(std::string_view path) {
  return path.starts_with("/.reserved/");
}
bool is_reserved_raw(std::string_view path) {
  return path.starts_with("/.reserved/raw");
}
bool is_reserved_inodes(std::string_view path) {
  return path.starts_with("/.reserved/.inodes");
}

}  // namespace dfs::namenode
