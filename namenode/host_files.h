#pragma once

#include <string>

#include "namenode/datanodes/host_lists.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// Where the administrator says which DataNodes may serve and which are to leave.
struct HostFiles {
  std::string included;   // dfs.hosts; empty: none
  std::string excluded;   // dfs.hosts.exclude; empty: none
  bool combined = false;  // `included` is JSON and says both (CombinedHostFileManager)
};

// Reads the lists and looks up the names in them. Blocks on the disk and on the name service. An error where a file
// cannot be read or is no list: what was known before goes on to hold.
Result<HostLists> read_host_lists(const HostFiles& files);

// The combined file: an array of objects, or, as once was, the objects one after the other (CombinedHostsFileReader).
Result<std::vector<HostEntry>> parse_combined_hosts(std::string_view text);

}  // namespace dfs::namenode
