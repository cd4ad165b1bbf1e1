#pragma once

#include <string>
#include <vector>

namespace dfs::namenode {

// The methods of the protocols that are served here, also those that answer that they are not there.
std::vector<std::string> rpc_methods();

}  // namespace dfs::namenode
