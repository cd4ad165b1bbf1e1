#pragma once

#include <functional>
#include <memory>

#include "proto/base/error.h"
#include "proto/config/configuration.h"
#include "proto/io/stream.h"

namespace dfs::tools {

// A DataNode with its web server, as `tusk datanode` and `tusk local` run it.
class DataNodeProcess {
 public:
  struct Settings;
  // Opens the web server. `on_failure`: see DataNode::Settings. `reread`: the configuration as it is now, for what may
  // change while the DataNode runs; may be null.
  static Result<std::unique_ptr<DataNodeProcess>> create(const Configuration& configuration,
                                                         std::function<void(Error)> on_failure,
                                                         std::function<Result<Configuration>()> reread = nullptr);
  ~DataNodeProcess();

  // Returns when the NameNode knows this DataNode. stop() from another thread ends the wait.
  Result<void> start();
  void stop();

  // After start().
  Endpoint data_endpoint() const;
  Endpoint http_endpoint() const;
  Endpoint ipc_endpoint() const;

 private:
  explicit DataNodeProcess(std::unique_ptr<Settings> settings);
  Result<void> open();
  struct Parts;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dfs::tools
