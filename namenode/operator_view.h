#pragma once

#include <map>
#include <memory>
#include <string>

#include "namenode/commit/checkpoint.h"
#include "namenode/commit/group_commit.h"
#include "namenode/journal/storage_version.h"
#include "namenode/metrics/sample.h"
#include "namenode/service/client_protocol.h"
#include "namenode/service/datanode_protocol.h"
#include "namenode/service/namespace_access.h"
#include "namenode/settings.h"
#include "namenode/web/page.h"
#include "proto/base/event_loop.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

// The pages of a running NameNode for those who operate it, and what they show. They are made on a thread of their own.
class OperatorView {
 public:
  // All outlive this.
  struct Parts {
    const NameNodeSettings& settings;
    const StorageVersion& version;
    GroupCommit& commit;
    Checkpoint& checkpoint;
    NamespaceAccess& access;
    ClientProtocol& clients;
    DatanodeProtocol& datanodes;
    rpc::Server& rpc;
    StartupProgress& startup;
    Gauges& gauges;
    std::string rpc_address;
  };
  explicit OperatorView(Parts parts);
  ~OperatorView();

  // By path. They live as long as this.
  std::map<std::string, http::Handler*> pages();

 private:
  Sample sample() const;
  void add(std::string path, Page::Make make);

  Parts parts_;
  const uint64_t started_ms_;
  const uint64_t objects_at_start_;
  EventLoop loop_{"pages"};
  std::map<std::string, Page> pages_;
};

}  // namespace dfs::namenode
