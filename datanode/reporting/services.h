#pragma once

#include <functional>

#include "datanode/replicas/replica_store.h"
#include "datanode/transfer/operation.h"
#include "proto/hadoop/ClientDatanodeProtocol.pb.h"
#include "proto/hadoop/InterDatanodeProtocol.pb.h"
#include "proto/rpc/method_table.h"
#include "proto/rpc/server.h"

namespace dfs::datanode {

// What clients and administrators ask a DataNode over RPC.
class ClientDatanodeService final : public rpc::Protocol {
 public:
  // What the service asks its owner to do, on any thread.
  struct Owner {
    std::function<void(bool incremental)> trigger_report;
    std::function<void()> shut_down;
    // Who may give orders: the user the DataNode runs as.
    std::string superuser;
    // Its methods are answered under this protocol's name, too: that is where stock's dfsadmin calls them.
    rpc::Protocol* reconfiguration = nullptr;
  };
  ClientDatanodeService(TransferContext& context, Owner owner);

  std::string_view name() const override { return "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override;

 private:
  Result<void> check_superuser(const rpc::CallContext& context) const;
  Result<pb::GetReplicaVisibleLengthResponseProto> visible_length(const pb::GetReplicaVisibleLengthRequestProto&,
                                                                  const rpc::CallContext&);
  Result<pb::GetBlockLocalPathInfoResponseProto> local_path(const pb::GetBlockLocalPathInfoRequestProto&,
                                                            const rpc::CallContext&);
  Result<pb::GetDatanodeInfoResponseProto> datanode_info(const pb::GetDatanodeInfoRequestProto&,
                                                         const rpc::CallContext&);
  Result<pb::GetVolumeReportResponseProto> volume_report(const pb::GetVolumeReportRequestProto&,
                                                         const rpc::CallContext&);
  Result<pb::RefreshNamenodesResponseProto> refresh_namenodes(const pb::RefreshNamenodesRequestProto&,
                                                              const rpc::CallContext&);
  Result<pb::ShutdownDatanodeResponseProto> shut_down(const pb::ShutdownDatanodeRequestProto&, const rpc::CallContext&);
  Result<pb::TriggerBlockReportResponseProto> trigger_report(const pb::TriggerBlockReportRequestProto&,
                                                             const rpc::CallContext&);
  Result<pb::GetBalancerBandwidthResponseProto> balancer_bandwidth(const pb::GetBalancerBandwidthRequestProto&,
                                                                   const rpc::CallContext&);

  TransferContext& context_;
  Owner owner_;
  std::chrono::steady_clock::time_point started_;
  rpc::MethodTable table_;
};

// Block recovery, called by the DataNode that leads it.
class InterDatanodeService final : public rpc::Protocol {
 public:
  explicit InterDatanodeService(ReplicaStore& store);

  std::string_view name() const override { return "org.apache.hadoop.hdfs.server.protocol.InterDatanodeProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override {
    return table_.call(method, request, context);
  }

 private:
  Task<Result<pb::InitReplicaRecoveryResponseProto>> init(const pb::InitReplicaRecoveryRequestProto&,
                                                          const rpc::CallContext&);
  Task<Result<pb::UpdateReplicaUnderRecoveryResponseProto>> update(const pb::UpdateReplicaUnderRecoveryRequestProto&,
                                                                   const rpc::CallContext&);

  ReplicaStore& store_;
  rpc::MethodTable table_;
};

}  // namespace dfs::datanode
