#include <fmt/format.h>

#include "namenode/namenode.h"
#include "tools/tusk/daemon.h"
#include "tools/tusk/main.h"

int run_namenode(int count, char** arguments) {
  using namespace dfs;
  CLI::App app("Runs a NameNode in the foreground; with -format prepares its folders instead.", "tusk namenode");
  tools::DaemonOptions options;
  options.add_to(app);
  bool format = false, force = false, non_interactive = false;
  std::string cluster_id;
  app.add_flag("--format", format, "prepare empty folders (dfs.namenode.name.dir) and stop");
  app.add_option("--clusterId,--clusterid", cluster_id, "with -format: the cluster's id, made at random otherwise");
  app.add_flag("--force", force, "with -format: over what is there");
  app.add_flag("--nonInteractive", non_interactive, "with -format: never ask (it never does)");
  if (auto code = tools::parse(app, count, arguments)) return *code;

  tools::block_stop_signals();
  Result<Configuration> configuration = options.load();
  if (!configuration) return tools::fail_with("namenode", configuration.error());
  auto settings = namenode::NameNodeSettings::from(*configuration);
  if (!settings) return tools::fail_with("namenode", settings.error());
  if (format) {
    auto how = force ? namenode::NameNode::Format::kOverWhatIsThere : namenode::NameNode::Format::kOnlyEmpty;
    Result<void> formatted = namenode::NameNode::format(*settings, cluster_id, how);
    if (!formatted) return tools::fail_with("namenode", formatted.error());
    return 0;
  }
  namenode::NameNode node(*std::move(settings));
  if (Result<void> started = node.start(); !started) return tools::fail_with("namenode", started.error());
  tools::announce(
      fmt::format("ready rpc={} http={}", node.rpc_endpoint().to_string(), node.http_endpoint().to_string()));
  tools::wait_for_stop_signal();
  node.stop();
  return 0;
}
