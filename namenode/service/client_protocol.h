#pragma once

#include <memory>

#include "namenode/namespace/settings.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

class Administration;
class NamespaceAccess;

// org.apache.hadoop.hdfs.protocol.ClientProtocol: what clients, shells and tools call. Translates between Hadoop's
// messages and the namespace; decides nothing. Reads are answered on the network thread from the published moment.
// Queries of features that are not there answer as a stock cluster without them; other methods kNoSuchMethod.
class ClientProtocol final : public rpc::Protocol {
 public:
  // Both outlive this.
  ClientProtocol(NamespaceAccess& access, Administration& administration);
  ~ClientProtocol() override;

  std::string_view name() const override { return "org.apache.hadoop.hdfs.protocol.ClientProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;
  // How often a method has been called, by clients and over WebHDFS.
  uint64_t calls(std::string_view method) const;

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

// org.apache.hadoop.security.RefreshUserMappingsProtocol
class RefreshUserMappingsProtocol final : public rpc::Protocol {
 public:
  RefreshUserMappingsProtocol(NamespaceAccess& access, Administration& administration);
  ~RefreshUserMappingsProtocol() override;
  std::string_view name() const override { return "org.apache.hadoop.security.RefreshUserMappingsProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

// org.apache.hadoop.tools.GetUserMappingsProtocol
class GetUserMappingsProtocol final : public rpc::Protocol {
 public:
  explicit GetUserMappingsProtocol(NamespaceAccess& access);
  ~GetUserMappingsProtocol() override;
  std::string_view name() const override { return "org.apache.hadoop.tools.GetUserMappingsProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;

 private:
  struct Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace dfs::namenode
