#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proto/base/task_fwd.h"
#include "proto/http/server.h"

namespace dfs::rpc {
class Protocol;
}
namespace dfs::security {
class ProxyUsers;
}

namespace dfs::namenode {

// WebHDFS's half on the NameNode (NamenodeWebHdfsMethods): everything but the bytes of files, for which it sends the
// client on to a DataNode. Also the plain page at /.
//
// Each operation is a call of ClientProtocol, the same object that serves RPC, so there is one set of semantics,
// checks and audit lines, whichever way a call comes in.
class WebHdfs final : public http::Handler {
 public:
  struct Settings {
    std::string rpc_address;            // "host:port", what redirects name as the NameNode
    std::string superuser;              // may ask which DataNodes are alive
    std::string home_prefix = "/user";  // dfs.user.home.dir.prefix
    uint16_t replication = 3;           // dfs.replication, where SETREPLICATION names none
    std::string version;                // shown on the page at /
  };

  // `client_protocol` and `proxy_users` outlive this.
  WebHdfs(Settings settings, rpc::Protocol& client_protocol, const security::ProxyUsers& proxy_users);
  ~WebHdfs() override;

  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dfs::namenode
