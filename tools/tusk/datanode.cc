#include <fmt/format.h>

#include <optional>
#include <thread>

#include "tools/tusk/daemon.h"
#include "tools/tusk/datanode_process.h"
#include "tools/tusk/main.h"

int run_datanode(int count, char** arguments) {
  using namespace dfs;
  CLI::App app("Runs a DataNode in the foreground.", "tusk datanode");
  tools::DaemonOptions options;
  options.add_to(app);
  bool rollback = false;
  app.add_flag("--rollback", rollback, "bring back what was deleted during a rolling upgrade");
  if (auto code = tools::parse(app, count, arguments)) return *code;

  if (rollback) options.overrides.push_back("tusk.datanode.rollback=true");

  tools::block_stop_signals();
  Result<Configuration> configuration = options.load();
  if (!configuration) return tools::fail_with("datanode", configuration.error());
  std::optional<Error> failure;  // written before request_stop(), read after wait_for_stop_signal()
  auto node = tools::DataNodeProcess::create(
      *configuration,
      [&failure](Error error) {
        failure = std::move(error);
        tools::request_stop();
      },
      [&options] { return options.load(); });
  if (!node) return tools::fail_with("datanode", node.error());

  // The start waits for the NameNode, however long it takes, and a stop signal must end that too.
  std::thread starting([&] {
    if (Result<void> started = (*node)->start(); started) {
      tools::announce(fmt::format("ready data={} http={} ipc={}", (*node)->data_endpoint().to_string(),
                                  (*node)->http_endpoint().to_string(), (*node)->ipc_endpoint().to_string()));
    } else if (started.error().code() != ErrorCode::kCancelled) {
      failure = std::move(started).error();
      tools::request_stop();
    }
  });
  tools::wait_for_stop_signal();
  (*node)->stop();
  starting.join();
  return failure ? tools::fail_with("datanode", *failure) : 0;
}
