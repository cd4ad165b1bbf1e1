#include "client/datanode/connections.h"

#include "proto/base/task.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {
namespace {
constexpr size_t kIdleMax = 16;
constexpr std::chrono::milliseconds kIdleAgeMax{3000};
}  // namespace

Endpoint transfer_endpoint(const hadoop::hdfs::DatanodeIDProto& node, const TransferSettings& settings) {
  return {settings.connect_by_host_name ? node.hostname() : node.ipaddr(), uint16_t(node.xferport())};
}

void Connections::drop_expired() {
  const auto now = std::chrono::steady_clock::now();
  while (!idle_.empty() && (idle_.size() > kIdleMax || now - idle_.front().since > kIdleAgeMax)) {
    idle_.front().stream->close();
    idle_.pop_front();
  }
}

Task<Result<Connections::Connection>> Connections::get(Endpoint datanode) {
  drop_expired();
  const std::string name = datanode.to_string();
  for (auto idle = idle_.end(); idle != idle_.begin();) {
    if ((--idle)->datanode != name) continue;
    Connection connection{std::move(idle->stream), true};
    idle_.erase(idle);
    co_return connection;
  }
  co_return co_await connect(std::move(datanode));
}

Task<Result<Connections::Connection>> Connections::connect(Endpoint datanode) {
  DFS_CO_TRY(auto stream, co_await connect_tcp(std::move(datanode), settings_.connect_deadline));
  co_return Connection{std::move(stream), false};
}

void Connections::put(Endpoint datanode, std::unique_ptr<Stream> stream) {
  idle_.push_back({datanode.to_string(), std::move(stream), std::chrono::steady_clock::now()});
  drop_expired();
}

void Connections::close() {
  for (Idle& idle : idle_) idle.stream->close();
  idle_.clear();
}

}  // namespace dfs::client
