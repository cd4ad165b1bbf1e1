#pragma once

#include <memory>
#include <string_view>

#include "namenode/datanodes/registration.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

class Administration;
class NamespaceAccess;

// org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol: what balancers, movers and other NameNodes ask. There are no
// images here for a secondary NameNode to renew, so what it asks for that is refused.
class NamenodeProtocol final : public rpc::Protocol {
 public:
  // All outlive this.
  NamenodeProtocol(NamespaceAccess& access, Administration& administration, ClusterIdentity identity);
  ~NamenodeProtocol() override;

  std::string_view name() const override { return "org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace dfs::namenode
