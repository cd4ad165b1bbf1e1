#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "dfs/types.h"
#include "proto/base/task_fwd.h"
#include "proto/http/server.h"

namespace dfs::datanode {

// WebHDFS's half on the DataNode (datanode.web.webhdfs.WebHdfsHandler): the bytes of files. An ordinary client of the
// cluster, in the name of the user that the request names; the NameNode judges what that user may do, and for whom.
//
// The NameNode is the configured one. What a request says of it (namenoderpcaddress) is never used, so that nobody can
// have this process call an address of his choice (CVE-2017-3162).
//
// libdfs waits, so its calls run on threads of their own, bounded in number; a slow HTTP client holds none of them.
class WebHdfs final : public http::Handler {
 public:
  struct Settings {
    std::string namenode_uri;    // "hdfs://host:port" or "hdfs://nameservice"
    fs::ConnectOptions connect;  // the configuration; users are filled in for each request
    size_t threads = 16;
    size_t transfers_max = 256;  // more are told to come back
    size_t users_max = 64;       // whose connections to the NameNode are kept
  };

  explicit WebHdfs(Settings settings);
  // Requires: no request is being handled.
  ~WebHdfs() override;

  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dfs::datanode
