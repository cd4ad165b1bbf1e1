#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

namespace dfs {

// Lines go to standard error as Hadoop's log4j default writes them ("2026-11-22 10:00:00,123 INFO  ...").
// `log::info("...", ...)` and its siblings are spdlog's, with fmt's format strings checked at compile time.
namespace log {
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

// Requires: called once, before the first thread. `level`: trace, debug, info, warn, error or off.
void start(std::string_view level);
}  // namespace log

}  // namespace dfs
