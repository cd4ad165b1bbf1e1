#include "datanode/reporting/services.h"

#include <fmt/format.h>

#include "proto/base/task.h"

namespace dfs::datanode {

ClientDatanodeService::ClientDatanodeService(TransferContext& context, Owner owner)
    : context_(context), owner_(std::move(owner)), started_(std::chrono::steady_clock::now()) {
  table_.add("getReplicaVisibleLength", this, &ClientDatanodeService::visible_length);
  table_.add("getBlockLocalPathInfo", this, &ClientDatanodeService::local_path);
  table_.add("getDatanodeInfo", this, &ClientDatanodeService::datanode_info);
  table_.add("getVolumeReport", this, &ClientDatanodeService::volume_report);
  table_.add("refreshNamenodes", this, &ClientDatanodeService::refresh_namenodes);
  table_.add("shutdownDatanode", this, &ClientDatanodeService::shut_down);
  table_.add("triggerBlockReport", this, &ClientDatanodeService::trigger_report);
  table_.add("getBalancerBandwidth", this, &ClientDatanodeService::balancer_bandwidth);
}

rpc::Reply ClientDatanodeService::call(std::string_view method, ByteView request, const rpc::CallContext& context) {
  const bool reconfigures = method == "startReconfiguration" || method == "getReconfigurationStatus" ||
                            method == "listReconfigurableProperties";
  if (reconfigures && owner_.reconfiguration) return owner_.reconfiguration->call(method, request, context);
  return table_.call(method, request, context);
}

Result<void> ClientDatanodeService::check_superuser(const rpc::CallContext& context) const {
  if (context.user.user == owner_.superuser) return {};
  return fail(ErrorCode::kAccessControl,
              "Access denied for user " + context.user.user + ". Superuser privilege is required for this operation");
}

Result<pb::GetReplicaVisibleLengthResponseProto> ClientDatanodeService::visible_length(
    const pb::GetReplicaVisibleLengthRequestProto& request, const rpc::CallContext&) {
  DFS_TRY_OK(check_pool(context_.store, request.block()));
  Block block = from_proto(request.block());
  DFS_TRY(std::shared_ptr<Replica> replica, context_.store.find(block, false));
  Replica::View view = replica->view();
  if (view.block.generation < block.generation) {
    return fail(ErrorCode::kIo, fmt::format("replica.getGenerationStamp() < block.getGenerationStamp(), block={}, "
                                            "replica={}",
                                            to_string(context_.store.pool_id(), block),
                                            to_string(context_.store.pool_id(), view.block)));
  }
  pb::GetReplicaVisibleLengthResponseProto response;
  // Stock answers -1 for a replica that may not be read.
  response.set_length(view.visible_bytes().value_or(UINT64_MAX));
  return response;
}

Result<pb::GetBlockLocalPathInfoResponseProto> ClientDatanodeService::local_path(
    const pb::GetBlockLocalPathInfoRequestProto&, const rpc::CallContext& context) {
  return fail(ErrorCode::kAccessControl, "Can't continue with getBlockLocalPathInfo() authorization. The user " +
                                             context.user.user +
                                             " is not configured in dfs.block.local-path-access.user");
}

Result<pb::GetDatanodeInfoResponseProto> ClientDatanodeService::datanode_info(const pb::GetDatanodeInfoRequestProto&,
                                                                              const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  pb::GetDatanodeInfoResponseProto response;
  auto& info = *response.mutable_localinfo();
  info.set_softwareversion("3.4.1");
  info.set_configversion("core-3.0.0,hdfs-1");
  info.set_uptime(
      uint64_t(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count()));
  return response;
}

Result<pb::GetVolumeReportResponseProto> ClientDatanodeService::volume_report(const pb::GetVolumeReportRequestProto&,
                                                                              const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  pb::GetVolumeReportResponseProto response;
  for (const auto& volume : context_.store.volumes()) {
    auto& report = *response.add_volumeinfo();
    report.set_path(volume->directory());
    report.set_storagetype(pb::StorageTypeProto(int(volume->type())));
    report.set_usedspace(volume->used_bytes());
    report.set_freespace(volume->available_bytes());
    report.set_reservedspace(volume->reserved_bytes());
    report.set_reservedspaceforreplicas(volume->promised_bytes());
    report.set_numblocks(context_.store.replicas().size(*volume));
  }
  return response;
}

// There is one NameNode, and it does not change while we run.
Result<pb::RefreshNamenodesResponseProto> ClientDatanodeService::refresh_namenodes(
    const pb::RefreshNamenodesRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  return pb::RefreshNamenodesResponseProto();
}

Result<pb::ShutdownDatanodeResponseProto> ClientDatanodeService::shut_down(const pb::ShutdownDatanodeRequestProto&,
                                                                           const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  owner_.shut_down();
  return pb::ShutdownDatanodeResponseProto();
}

Result<pb::TriggerBlockReportResponseProto> ClientDatanodeService::trigger_report(
    const pb::TriggerBlockReportRequestProto& request, const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  owner_.trigger_report(request.incremental());
  return pb::TriggerBlockReportResponseProto();
}

Result<pb::GetBalancerBandwidthResponseProto> ClientDatanodeService::balancer_bandwidth(
    const pb::GetBalancerBandwidthRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  pb::GetBalancerBandwidthResponseProto response;
  response.set_bandwidth(context_.balance_throttle.bytes_per_second());
  return response;
}

InterDatanodeService::InterDatanodeService(ReplicaStore& store) : store_(store) {
  table_.add("initReplicaRecovery", this, &InterDatanodeService::init);
  table_.add("updateReplicaUnderRecovery", this, &InterDatanodeService::update);
}

Task<Result<pb::InitReplicaRecoveryResponseProto>> InterDatanodeService::init(
    const pb::InitReplicaRecoveryRequestProto& request, const rpc::CallContext&) {
  DFS_CO_TRY_OK(check_pool(store_, request.block().block().b()));
  auto recovered = co_await store_.init_recovery(from_proto(request.block().block().b()),
                                                 GenerationStamp(request.block().newgenstamp()));
  DFS_CO_TRY(auto source, std::move(recovered));
  pb::InitReplicaRecoveryResponseProto response;
  response.set_replicafound(source.has_value());
  if (source) {
    response.set_state(pb::ReplicaStateProto(int(source->state)));
    response.mutable_block()->set_blockid(raw(source->block.id));
    response.mutable_block()->set_genstamp(raw(source->block.generation));
    response.mutable_block()->set_numbytes(source->block.length_bytes);
  }
  co_return response;
}

Task<Result<pb::UpdateReplicaUnderRecoveryResponseProto>> InterDatanodeService::update(
    const pb::UpdateReplicaUnderRecoveryRequestProto& request, const rpc::CallContext&) {
  DFS_CO_TRY_OK(check_pool(store_, request.block()));
  DFS_CO_TRY(std::string storage_id,
             co_await store_.update_under_recovery(from_proto(request.block()), GenerationStamp(request.recoveryid()),
                                                   BlockId(request.newblockid()), request.newlength()));
  pb::UpdateReplicaUnderRecoveryResponseProto response;
  response.set_storageuuid(std::move(storage_id));
  co_return response;
}

}  // namespace dfs::datanode
