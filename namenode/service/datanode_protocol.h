#pragma once

#include <memory>
#include <string_view>

#include "namenode/datanodes/registration.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

class ClusterBlocks;
class NamespaceAccess;
class RackMapping;

// org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol: what DataNodes, ours and stock ones, report, and the
// commands that they get back. Everything runs as work of the namespace thread.
class DatanodeProtocol final : public rpc::Protocol {
 public:
  // All outlive this.
  DatanodeProtocol(NamespaceAccess& access, ClusterBlocks& blocks, RackMapping& racks, ClusterIdentity identity);
  ~DatanodeProtocol() override;

  std::string_view name() const override { return "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;
  uint64_t calls(std::string_view method) const;

  // Sent to each DataNode with its next heartbeat. Thread-safe.
  void set_balancer_bandwidth(uint64_t bytes_per_second);

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace dfs::namenode
