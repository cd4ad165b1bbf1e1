#include "client/datanode/visible_length.h"

#include "client/namenode/namenode_proxy.h"
#include "proto/base/task.h"
#include "proto/hadoop/ClientDatanodeProtocol.pb.h"
#include "proto/rpc/client.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {

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
  co_return response.length();
}

}  // namespace

Task<Result<uint64_t>> visible_length(const LocatedBlockProto& block, security::Identity user,
                                      const TransferSettings& settings) {
  constexpr int kRounds = 4;
  Error last(ErrorCode::kIo, "no DataNode holds it");
  for (int round = 0; round < kRounds; ++round) {
    int without_replica = 0;
    bool retriable = false;
    for (const DatanodeInfoProto& node : block.locs()) {
      Result<uint64_t> length = co_await ask(node.id(), block.b(), user, settings);
      if (length) co_return length;
      last = without_stack_trace(std::move(length).error());
      if (co_await cancelled()) co_return fail(std::move(last));
      if (last.code() == ErrorCode::kReplicaNotFound) ++without_replica;
      if (last.code() == ErrorCode::kRetriable) retriable = true;
    }
    // All that the NameNode named answered that they have no replica: the pipeline is only being set up.
    if (block.locs_size() > 0 && without_replica == block.locs_size()) co_return 0;
    if (!retriable) break;
    DFS_CO_TRY_OK(co_await sleep_for(std::chrono::milliseconds(500)));
  }
  co_return fail(ErrorCode::kIo, "Cannot obtain block length for block " + std::to_string(block.b().blockid()) + ": " +
                                     last.to_string());
}

}  // namespace dfs::client
