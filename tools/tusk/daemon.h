#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "proto/base/error.h"
#include "proto/config/configuration.h"

namespace dfs::tools {

// What the daemons' command lines share: --config DIR (default $HADOOP_CONF_DIR), -D key=value, --log LEVEL.
struct DaemonOptions {
  std::string config_directory;
  std::vector<std::string> overrides;
  std::string log_level = "info";

  void add_to(CLI::App& app);
  Result<Configuration> load() const;
};

// Parses Hadoop's style too (-format for --format). nullopt: go on; otherwise exit with that code.
std::optional<int> parse(CLI::App& app, int count, char** arguments);

// Blocks SIGTERM and SIGINT in this thread and those that it starts from now on. Call before any other thread exists.
void block_stop_signals();
// Waits for one of them.
void wait_for_stop_signal();
// Ends that wait from another thread.
void request_stop();

// Prints "tusk VERB: message" as one line to standard error; the exit code.
int fail_with(std::string_view verb, const Error& error);

// Prints a line to standard output and flushes it: the sign that a daemon serves.
void announce(const std::string& line);

}  // namespace dfs::tools
