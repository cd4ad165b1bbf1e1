#pragma once

#include <string_view>

namespace dfs {

// The name that Hadoop uses today for `name` (org.apache.hadoop.hdfs.HdfsConfiguration and Configuration), or `name`.
std::string_view current_key(std::string_view name);

}  // namespace dfs
