#include "namenode/namespace/path.h"

#include <algorithm>
#include <cstdint>

#include "namenode/namespace/settings.h"
#include "proto/base/utf8.h"

namespace dfs::namenode {

Result<std::vector<std::string>> path_components(std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "Absolute path required, but got '" + std::string(path) + "'");
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> components;
  size_t position = 0;
  while (position < path.size()) {
    ++position;  // the slash
    size_t end = std::min(path.find('/', position), path.size());
    components.emplace_back(path.substr(position, end - position));
    position = end;
  }
  return components;
}

std::string join_path(const std::vector<std::string>& components, size_t count) {
  if (count == 0) return "/";
  std::string path;
  for (size_t i = 0; i < count; ++i) path.append("/").append(components[i]);
  return path;
}

bool is_valid_name(std::string_view path) {
  if (!is_utf8(path) || path.find('\0') != std::string_view::npos) return false;
  auto components = path_components(path);
  if (!components) return false;
  bool below_inodes = components->size() > 3 && (*components)[0] == ".reserved" && (*components)[1] == ".inodes";
  return std::all_of(components->begin(), components->end(), [&](const std::string& name) {
    if (name.empty() || name == "." || name.find(':') != std::string::npos) return false;
    return name != ".." || below_inodes;
  });
}

bool is_path_length_allowed(std::string_view path) {
  // Java counts UTF-16 units; a character of four UTF-8 bytes is two of them.
  size_t units = 0;
  for (char c : path) units += (uint8_t(c) & 0xC0) != 0x80 ? (uint8_t(c) >= 0xF0 ? 2 : 1) : 0;
  if (units > kPathLengthMax) return false;
  return size_t(std::count(path.begin(), path.end(), '/')) <= kPathDepthMax;
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
