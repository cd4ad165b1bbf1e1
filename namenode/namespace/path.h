#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace dfs::namenode {

// The names along an absolute path, without the root: "/" has none. Slashes after the first of several do not count
// ("/a//b/" is "/a/b"), but such a path is refused where something is created (INode.getPathComponents). kAssertion
// where the path is not absolute.
Result<std::vector<std::string>> path_components(std::string_view path);
// "/" for no names.
std::string join_path(const std::vector<std::string>& components, size_t count);
inline std::string join_path(const std::vector<std::string>& components) {
  return join_path(components, components.size());
}

// DFSUtil.isValidName, and UTF-8: no ".", no "..", no ':' and no empty name in the middle. What may be created.
bool is_valid_name(std::string_view path);
// NameNodeRpcServer.checkPathLength: at most kPathLengthMax characters and kPathDepthMax levels.
bool is_path_length_allowed(std::string_view path);

// DFSUtil.isParentEntry: `path` is `parent` or below it. Neither ends with a slash, but for the root.
bool is_at_or_below(std::string_view path, std::string_view parent);

// "/.reserved" itself; below it; "/.reserved/raw..." and "/.reserved/.inodes..." (FSDirectory's isReserved... family).
bool is_exact_reserved(std::string_view path);
bool is_reserved(std::string_view path);
bool is_reserved_raw(std::string_view path);
bool is_reserved_inodes(std::string_view path);

}  // namespace dfs::namenode
