#include <cctype>

#include "namenode/metrics/rates.h"
#include "namenode/metrics/sample.h"

namespace dfs::namenode {
namespace {

using metrics::Source;

std::string capitalized(std::string name) {
  if (!name.empty()) name[0] = char(std::toupper(uint8_t(name[0])));
  return name;
}

}  // namespace

// RpcMetrics. There are no queues in front of handlers: a call is in process from when it has been read, and what waits
// are changes, for the namespace thread.
Source rpc_activity(const Sample& sample) {
  const rpc::Activity& rpc = *sample.rpc;
  Source source{
      .name = "RpcActivityForPort" + std::to_string(sample.rpc_port), .record = "rpc", .tags = {}, .metrics = {}};
  metrics::Object users;
  for (const auto& [user, count] : rpc.connections_by_user()) users.emplace_back(user, count);
  source.tags = {{"port", std::to_string(sample.rpc_port)},
                 {"serverName", "ClientNamenodeProtocol"},
                 {"Context", "rpc"},
                 {"NumOpenConnectionsPerUser", metrics::to_json(std::move(users), metrics::JsonLayout::kCompact)},
                 {"Hostname", sample.host_name}};
  source.counter("ReceivedBytes", "Number of received bytes", rpc.received_bytes.value());
  source.counter("SentBytes", "Number of sent bytes", rpc.sent_bytes.value());
  add_rate(source, sample.now, "RpcEnQueueTime", "enQueue time", kNever);
  add_rate(source, sample.now, "RpcQueueTime", "queue time", rpc.queue_time);
  add_rate(source, sample.now, "RpcLockWaitTime", "lock wait time", kNever);
  add_rate(source, sample.now, "RpcProcessingTime", "processing time", rpc.processing_time);
  add_rate(source, sample.now, "RpcResponseTime", "response time", kNever);
  add_rate(source, sample.now, "DeferredRpcProcessingTime", "deferred processing time", kNever);
  source.counter("RpcAuthenticationFailures", "Number of authentication failures", 0);
  source.counter("RpcAuthenticationSuccesses", "Number of authentication successes", 0);
  source.counter("RpcAuthorizationFailures", "Number of authorization failures", rpc.unauthorized.value());
  source.counter("RpcAuthorizationSuccesses", "Number of authorization successes", rpc.authorized.value());
  source.counter("RpcClientBackoff", "Number of client backoff requests", 0);
  source.counter("RpcClientBackoffDisconnected", "Number of disconnected client backoff requests", 0);
  source.counter("RpcSlowCalls", "Number of slow RPC calls", 0);
  source.counter("RpcRequeueCalls", "Number of requeue calls", 0);
  source.counter("RpcCallSuccesses", "Number of successful RPC calls", rpc.successes.value());
  source.sort_by_name();
  source.gauge("NumOpenConnections", "Number of open connections", sample.rpc_connections);
  source.gauge("NumInProcessHandler", "Number of in process handlers", rpc.in_process());
  source.gauge("CallQueueLength", "Length of the call queue", sample.calls_waiting);
  source.gauge("NumDroppedConnections", "Number of dropped connections", rpc.dropped_connections.value());
  source.gauge("TotalRequests", "Number of total requests", rpc.queue_time.count());
  source.gauge("TotalRequestsPerSecond", "Number of total requests per second", rpc.calls_per_second());
  return source;
}

Source rpc_detailed_activity(const Sample& sample) {
  Source source{
      .name = "RpcDetailedActivityForPort" + std::to_string(sample.rpc_port),
      .record = "rpcdetailed",
      .tags = {{"port", std::to_string(sample.rpc_port)}, {"Context", "rpcdetailed"}, {"Hostname", sample.host_name}},
      .metrics = {}};
  const std::vector<rpc::Activity::Method> methods = sample.rpc->methods();
  for (const auto& [method, rate] : methods) {
    const std::string name = capitalized(method);
    add_rate(source, sample.now, name, method, *rate);
  }
  for (const auto& [method, rate] : methods) {
    add_rate(source, sample.now, "Deferred" + capitalized(method), "deferred" + capitalized(method), kNever);
  }
  // Here the time of a call as a whole is the time that it is processed.
  for (const auto& [method, rate] : methods) {
    add_rate(source, sample.now, "Overall" + capitalized(method), "overall" + capitalized(method), *rate);
  }
  return source;
}

}  // namespace dfs::namenode
