#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/web/client_calls.h"
#include "proto/base/clock.h"
#include "proto/http/message.h"
#include "proto/webhdfs/request.h"

namespace hadoop::hdfs {
class DatanodeInfoProto;
class GetDatanodeReportResponseProto;
class HdfsFileStatusProto;
}  // namespace hadoop::hdfs

namespace dfs::namenode {

// Which DataNode a client is sent to for the bytes of a file, and with which address. Thread-safe.
class Redirect {
 public:
  Redirect(rpc::Protocol& protocol, std::string superuser, std::string rpc_address);
  ~Redirect();

  // 307 with a Location, or with noredirect=true the Location as JSON.
  Task<Result<http::Response>> to_datanode(ClientCalls& calls, std::string path, std::string operation,
                                           const webhdfs::Parameters& parameters);

 private:
  using Datanode = hadoop::hdfs::DatanodeInfoProto;
  using LiveDatanodes = std::shared_ptr<const hadoop::hdfs::GetDatanodeReportResponseProto>;

  Task<Result<Datanode>> choose(ClientCalls& calls, std::string path, std::string operation,
                                const webhdfs::Parameters& parameters);
  // One with the block at `offset`; nothing where the file has none there.
  Task<Result<Datanode>> with_block(ClientCalls& calls, std::string path, uint64_t offset,
                                    const std::vector<std::string>& excluded);
  // The one on the client's machine, or any.
  Task<Result<Datanode>> any(std::string client_address, std::vector<std::string> excluded);
  Task<Result<LiveDatanodes>> live();

  rpc::Protocol& protocol_;
  const std::string superuser_;
  const std::string rpc_address_;
  std::mutex mutex_;
  LiveDatanodes live_;
  TimePoint live_until_{};
};

}  // namespace dfs::namenode
