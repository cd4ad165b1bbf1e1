#include "tools/fuse/mount_options.h"

#include <CLI/CLI.hpp>
#include <sstream>
#include <string_view>

namespace dfs::fuse {
namespace {

constexpr std::string_view kScheme = "hdfs://";

// Splits at commas; "\," stands for one.
std::vector<std::string> split_options(std::string_view text) {
  std::vector<std::string> options(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      options.emplace_back();
    } else {
      if (text[i] == '\\' && i + 1 < text.size()) options.back() += text[i++];
      options.back() += text[i];
    }
  }
  std::erase(options, "");
  return options;
}

std::expected<void, Usage> take_uri(std::string_view uri, MountOptions& options) {
  if (!uri.starts_with(kScheme)) return std::unexpected(Usage{"the address must look like hdfs://HOST:PORT/", 2});
  size_t slash = uri.find('/', kScheme.size());
  std::string_view authority = uri.substr(0, slash);
  if (authority.size() > kScheme.size()) options.authority = authority;
  if (slash == uri.npos) return {};
  std::string root;
  std::istringstream components{std::string(uri.substr(slash))};
  for (std::string name; std::getline(components, name, '/');) {
    if (name == "..") return std::unexpected(Usage{"the address must not contain \"..\"", 2});
    if (!name.empty() && name != ".") root += "/" + name;
  }
  if (!root.empty()) options.root = root;
  return {};
}

}  // namespace

std::expected<MountOptions, Usage> parse_mount_options(int argc, const char* const* argv) {
  MountOptions options;
  std::string uri;
  std::vector<std::string> lists, definitions;
  CLI::App app("Mounts an HDFS file system on a local directory.", "tusk mount");
  app.add_option("URI", uri, "hdfs://HOST:PORT/[FOLDER]")->required();
  app.add_option("DIR", options.directory, "where to mount it")->required();
  app.add_flag("-f,--foreground", options.foreground, "stay in the foreground, print \"ready mount=DIR\"");
  app.add_option("-o", lists, "mount options, e.g. ro,allow_other,attr_timeout=10")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--config", options.config_dir, "folder with core-site.xml and hdfs-site.xml ($HADOOP_CONF_DIR)");
  app.add_option("-D", definitions, "KEY=VALUE over the configuration files")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    int code = app.exit(error, out, out);
    return std::unexpected(Usage{out.str(), code == 0 ? 0 : 2});
  }
  if (auto taken = take_uri(uri, options); !taken) return std::unexpected(std::move(taken).error());
  for (const std::string& definition : definitions) {
    size_t equals = definition.find('=');
    if (equals == definition.npos || equals == 0) return std::unexpected(Usage{"-D needs KEY=VALUE: " + definition, 2});
    options.properties[definition.substr(0, equals)] = definition.substr(equals + 1);
  }
  for (const std::string& list : lists) {
    for (std::string& option : split_options(list)) {
      if (option == "ro") options.read_only = true;
      if (option == "rw") options.read_only = false;
      options.mount_options.push_back(std::move(option));
    }
  }
  return options;
}

}  // namespace dfs::fuse
