#include "client/datanode/visible_length.h"

#include <vector>

#include "client/namenode/namenode_proxy.h"
#include "proto/base/task.h"
#include "proto/hadoop/ClientDatanodeProtocol.pb.h"
#include "proto/rpc/client.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {

// Between two rounds over DataNodes that asked to be asked again.
constexpr std::chrono::milliseconds kPause{500};

Task<Result<uint64_t>> ask(const DatanodeIDProto& node, const ExtendedBlockProto& block, security::Identity user,
                           const TransferSettings& settings) {
  rpc::Client::Settings connection;
  connection.server = {settings.connect_by_host_name ? node.hostname() : node.ipaddr(), uint16_t(node.ipcport())};
  connection.protocol = "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol";
  connection.user = std::move(user);
  connection.connect_deadline = settings.connect_deadline;
  connection.call_deadline = settings.io_deadline;
  rpc::Client client(co_await asio::this_coro::executor, std::move(connection));
  GetReplicaVisibleLengthRequestProto request;
  *request.mutable_block() = block;
  GetReplicaVisibleLengthResponseProto response;
  Result<void> answer = co_await client.call("getReplicaVisibleLength", request, response);
  co_await client.close();
  if (!answer) co_return fail(std::move(answer).error());
  // A Java long: -1 is what a DataNode says that has bytes but no promise about them, as after a restart.
  if (int64_t(response.length()) < 0)
    co_return fail(ErrorCode::kIo, node.ipaddr() + ":" + std::to_string(node.xferport()) +
                                       " cannot say how much of its replica is valid");
  co_return response.length();
}

}  // namespace

Task<Result<uint64_t>> visible_length(const LocatedBlockProto& block, security::Identity user,
                                      const TransferSettings& settings) {
  const auto give_up = std::chrono::steady_clock::now() + settings.io_deadline;
  std::vector<const DatanodeInfoProto*> nodes;
  for (const DatanodeInfoProto& node : block.locs()) nodes.push_back(&node);
  int without_replica = 0;
  Error last(ErrorCode::kIo, "no DataNode holds it");
  while (!nodes.empty()) {
    std::vector<const DatanodeInfoProto*> again;
    for (const DatanodeInfoProto* node : nodes) {
      Result<uint64_t> length = co_await ask(node->id(), block.b(), user, settings);
      if (length) co_return length;
      if (co_await cancelled()) co_return length;
      Error error = without_stack_trace(std::move(length).error());
      if (error.code() == ErrorCode::kRetriable) again.push_back(node);
      if (error.code() == ErrorCode::kReplicaNotFound)
        ++without_replica;
      else
        last = std::move(error);
    }
    nodes = std::move(again);
    if (nodes.empty() || std::chrono::steady_clock::now() + kPause > give_up) break;
    DFS_CO_TRY_OK(co_await sleep_for(kPause));
  }
  // All that the NameNode named answered that they have no replica: the pipeline is only being set up.
  if (block.locs_size() > 0 && without_replica == block.locs_size()) co_return 0;
  co_return fail(Error::from_java(
      "org.apache.hadoop.hdfs.CannotObtainBlockLengthException",
      "Cannot obtain block length for block " + std::to_string(block.b().blockid()) + ": " + last.message()));
}

}  // namespace dfs::client
