#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "namenode/commit/namespace_thread.h"
#include "namenode/fsck/fsck_options.h"
#include "namenode/namespace/queries.h"
#include "proto/base/event_loop.h"
#include "proto/http/server.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

// GET /fsck (FsckServlet), which `hdfs fsck` prints. A check looks at the moment that is published when it begins, on a
// thread of its own, a part at a time between which other checks go on, and sends each part before it looks further. It
// sees what the user may see who asks (user.name or ugi); corrupt files and blocks by their ids are for the superuser.
//
// -move is refused: what is left of a file's blocks would have to be read from DataNodes.
class FsckPage final : public http::Handler {
 public:
  // All outlive this.
  struct Parts {
    NamespaceThread& thread;
    const NamespaceSettings& settings;
    rpc::Protocol& clients;  // deletes for -delete
    const security::ProxyUsers& proxy_users;
    std::function<Caller(const security::Identity& identity, const std::string& address)> caller;
    std::function<std::shared_ptr<const DatanodeView>()> datanodes;
    std::function<void(const rpc::CallContext& context, const std::string& source)> audit;
    // Blocks without any good replica after `from`, in order of their ids; asked on the namespace thread.
    std::function<std::vector<BlockId>(BlockId from, size_t count_max)> missing;
    // Looks again at where the replicas of blocks are, for -replicate; on the namespace thread.
    std::function<void(const std::vector<BlockId>&)> recheck;
  };
  explicit FsckPage(Parts parts);
  ~FsckPage() override;

  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override;

 private:
  class Check;
  Parts parts_;
  EventLoop loop_{"fsck"};
};

// The parameters that `hdfs fsck` sends.
FsckOptions fsck_options(const http::Fields& query);

}  // namespace dfs::namenode
