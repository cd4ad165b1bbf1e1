#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

namespace dfs::fuse {

// What `tusk mount URI DIR [...]` asks for.
struct MountOptions {
  std::string authority;   // "hdfs://HOST:PORT", or empty for fs.defaultFS
  std::string root = "/";  // the HDFS folder to mount
  std::string directory;
  bool foreground = false;
  bool read_only = false;
  std::string config_dir;
  std::map<std::string, std::string> properties;
  // What follows -o, for libfuse and mount(2).
  std::vector<std::string> mount_options;
};

struct Usage {
  std::string text;
  int exit_code = 0;  // 0: help was asked for
};

// Reads `tusk mount`'s arguments; argv[0] is the verb.
std::expected<MountOptions, Usage> parse_mount_options(int argc, const char* const* argv);

}  // namespace dfs::fuse
