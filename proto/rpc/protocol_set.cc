#include "proto/rpc/protocol_set.h"

#include <fmt/format.h>

#include "proto/base/check.h"
#include "proto/hadoop/ProtocolInfo.pb.h"

namespace dfs::rpc {
namespace {

using namespace hadoop::common;

constexpr std::string_view kMetaProtocol = "org.apache.hadoop.ipc.ProtocolMetaInfoPB";
constexpr std::string_view kProtobufKind = "RPC_PROTOCOL_BUFFER";

// The Java interface that speaks a protocol in protobuf, which is what ProtocolMetaInfoPB is asked about, and the name
// that its @ProtocolInfo gives the protocol.
struct JavaInterface {
  std::string_view name;
  std::string_view protocol;
};
constexpr JavaInterface kJavaInterfaces[] = {
    {"org.apache.hadoop.hdfs.protocolPB.ClientNamenodeProtocolPB", "org.apache.hadoop.hdfs.protocol.ClientProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.ClientDatanodeProtocolPB",
     "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.DatanodeProtocolPB", "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.DatanodeLifelineProtocolPB",
     "org.apache.hadoop.hdfs.server.protocol.DatanodeLifelineProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.InterDatanodeProtocolPB",
     "org.apache.hadoop.hdfs.server.protocol.InterDatanodeProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.NamenodeProtocolPB", "org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol"},
    {"org.apache.hadoop.hdfs.protocolPB.ReconfigurationProtocolPB",
     "org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol"},
    {"org.apache.hadoop.ha.protocolPB.HAServiceProtocolPB", "org.apache.hadoop.ha.HAServiceProtocol"},
    {"org.apache.hadoop.security.protocolPB.RefreshUserMappingsProtocolPB",
     "org.apache.hadoop.security.RefreshUserMappingsProtocol"},
    {"org.apache.hadoop.security.protocolPB.RefreshAuthorizationPolicyProtocolPB",
     "org.apache.hadoop.security.authorize.RefreshAuthorizationPolicyProtocol"},
    {"org.apache.hadoop.ipc.protocolPB.RefreshCallQueueProtocolPB", "org.apache.hadoop.ipc.RefreshCallQueueProtocol"},
    {"org.apache.hadoop.ipc.protocolPB.GenericRefreshProtocolPB", "org.apache.hadoop.ipc.GenericRefreshProtocol"},
    {"org.apache.hadoop.tools.protocolPB.GetUserMappingsProtocolPB", "org.apache.hadoop.tools.GetUserMappingsProtocol"},
    {kMetaProtocol, kMetaProtocol},
};

}  // namespace

class ProtocolSet::MetaInfo final : public Protocol {
 public:
  explicit MetaInfo(const ProtocolSet& set) : set_(set) {
    table_.add("getProtocolVersions", this, &MetaInfo::versions);
    table_.add("getProtocolSignature", this, &MetaInfo::signature);
  }

  std::string_view name() const override { return kMetaProtocol; }
  uint64_t version() const override { return 1; }
  Reply call(std::string_view method, ByteView request, const CallContext& context) override {
    return table_.call(method, request, context);
  }

 private:
  // Null for a known interface that is not served here; an error for one that no Java class path would hold.
  Result<const Protocol*> served(const std::string& java_interface) const {
    for (const JavaInterface& known : kJavaInterfaces) {
      if (known.name != java_interface) continue;
      auto found = set_.protocols_.find(known.protocol);
      return found == set_.protocols_.end() ? nullptr : found->second;
    }
    return fail(Error::from_java("java.lang.ClassNotFoundException", java_interface));
  }

  Result<GetProtocolVersionsResponseProto> versions(const GetProtocolVersionsRequestProto& request,
                                                    const CallContext&) {
    DFS_TRY(const Protocol* protocol, served(request.protocol()));
    GetProtocolVersionsResponseProto response;
    if (protocol != nullptr) {
      ProtocolVersionProto* entry = response.add_protocolversions();
      entry->set_rpckind(std::string(kProtobufKind));
      entry->add_versions(protocol->version());
    }
    return response;
  }

  // Without the fingerprints of methods, which are hashes of Java signatures.
  Result<GetProtocolSignatureResponseProto> signature(const GetProtocolSignatureRequestProto& request,
                                                      const CallContext&) {
    DFS_TRY(const Protocol* protocol, served(request.protocol()));
    GetProtocolSignatureResponseProto response;
    if (protocol != nullptr && request.rpckind() == kProtobufKind) {
      response.add_protocolsignature()->set_version(protocol->version());
    }
    return response;
  }

  const ProtocolSet& set_;
  MethodTable table_;
};

ProtocolSet::ProtocolSet(const std::vector<Protocol*>& protocols) : meta_(std::make_unique<MetaInfo>(*this)) {
  for (Protocol* protocol : protocols) DFS_CHECK(protocols_.emplace(protocol->name(), protocol).second);
  protocols_.emplace(meta_->name(), meta_.get());
}

ProtocolSet::~ProtocolSet() = default;

Result<Protocol*> ProtocolSet::find(std::string_view name, uint64_t version) const {
  auto found = protocols_.find(name);
  if (found == protocols_.end()) return fail(ErrorCode::kNoSuchProtocol, fmt::format("Unknown protocol: {}", name));
  if (found->second->version() != version) {
    return fail(ErrorCode::kVersionMismatch, fmt::format("Protocol {} version mismatch. (client = {}, server = {})",
                                                         name, version, found->second->version()));
  }
  return found->second;
}

}  // namespace dfs::rpc
