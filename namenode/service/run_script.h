#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "proto/base/error.h"

namespace dfs::namenode {

// Runs a program of the administrator and returns what it writes to its standard output. Blocks until it ends. When
// `limit` is over it is killed, with everything it started. An error also where it ends with another code than 0, or
// writes more than a megabyte.
Result<std::string> run_script(const std::vector<std::string>& command, std::chrono::milliseconds limit);

}  // namespace dfs::namenode
