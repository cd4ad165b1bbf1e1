#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace dfs::client {

// "/a/b" of "/a//./c/../b/", and of "b" with home "/a". kInvalidArgument for an empty path.
Result<std::string> normal_path(std::string_view path, std::string_view home);

}  // namespace dfs::client
