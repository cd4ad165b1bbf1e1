#include "client/core/path.h"

#include <vector>

namespace dfs::client {

Result<std::string> normal_path(std::string_view path, std::string_view home) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "Can not create a Path from an empty string");
  std::string joined;
  if (!path.starts_with('/')) {
    joined = std::string(home) + "/" + std::string(path);
    path = joined;
  }
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (component.empty() || component == ".") continue;
    if (component != "..")
      components.push_back(component);
    else if (!components.empty())
      components.pop_back();
  }
  std::string normal;
  for (std::string_view component : components) {
    normal += '/';
    normal += component;
  }
  return normal.empty() ? "/" : normal;
}

}  // namespace dfs::client
