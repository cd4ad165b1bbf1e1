#include "namenode/service/datanode_conversion.h"

#include "namenode/service/block_list.h"
#include "namenode/service/proto_conversion.h"

namespace dfs::namenode {

namespace hp = hadoop::hdfs;
namespace hd = hadoop::hdfs::datanode;

Registration from_proto(const hd::DatanodeRegistrationProto& registration, std::string address) {
  const hp::DatanodeIDProto& id = registration.datanodeid();
  const hp::StorageInfoProto& storage = registration.storageinfo();
  Registration out;
  out.datanode_uuid = id.datanodeuuid();
  out.ip_address = std::move(address);
  out.host_name = id.hostname();
  out.transfer_port = uint16_t(id.xferport());
  out.http_port = uint16_t(id.infoport());
  out.https_port = uint16_t(id.infosecureport());
  out.ipc_port = uint16_t(id.ipcport());
  out.software_version = registration.softwareversion();
  out.layout_version = int32_t(storage.layoutversion());
  out.namespace_id = storage.namespceid();
  out.cluster_id = storage.clusterid();
  out.creation_time_ms = storage.ctime();
  return out;
}

Heartbeat from_proto(const hd::HeartbeatRequestProto& request) {
  Heartbeat out;
  out.xceiver_count = request.xceivercount();
  out.transfers_in_progress = request.xmitsinprogress();
  out.failed_volumes = request.failedvolumes();
  // What asks for more than commands is not to wait for them.
  if (!request.requestfullblockreportlease()) {
    out.may_be_held = std::chrono::milliseconds(request.maybeheldmillis());
  }
  for (const hp::StorageReportProto& report : request.reports()) {
    StorageReport& storage = out.storages.emplace_back();
    storage.storage_uuid = report.has_storage() ? report.storage().storageuuid() : report.storageuuid();
    storage.storage_type = uint8_t(report.storage().storagetype());
    storage.read_only = report.storage().state() == hp::DatanodeStorageProto::READ_ONLY_SHARED;
    storage.failed = report.failed();
    storage.capacity_bytes = report.capacity();
    storage.dfs_used_bytes = report.dfsused();
    storage.remaining_bytes = report.remaining();
    storage.block_pool_used_bytes = report.blockpoolused();
    // PBHelperClient.convert: what old DataNodes do not say is the rest.
    const uint64_t rest = report.capacity() - std::min(report.capacity(), report.dfsused() + report.remaining());
    storage.non_dfs_used_bytes = report.has_nondfsused() ? report.nondfsused() : rest;
  }
  return out;
}

Result<FullReport> from_proto(const hd::BlockReportRequestProto& request, const std::string& datanode_uuid) {
  std::vector<StorageReplicas> storages;
  for (const hd::StorageBlockReportProto& report : request.reports()) {
    StorageReplicas& out = storages.emplace_back();
    out.storage_uuid = report.storage().storageuuid();
    out.storage_type = uint8_t(report.storage().storagetype());
    if (report.has_numberofblocks()) {
      std::vector<const std::string*> buffers(report.blocksbuffers().pointer_begin(),
                                              report.blocksbuffers().pointer_end());
      DFS_TRY(out.replicas, decode_block_buffers(report.numberofblocks(), buffers));
    } else {
      DFS_TRY(out.replicas, decode_block_longs({report.blocks().data(), size_t(report.blocks_size())}));
    }
  }
  std::optional<BlockReportPart> part;
  if (request.has_context()) {
    part = {request.context().totalrpcs(), request.context().currpc(), request.context().id(),
            request.context().leaseid()};
  }
  return FullReport(datanode_uuid, std::move(storages), part);
}

std::vector<ReplicaEvent> from_proto(const hd::StorageReceivedDeletedBlocksProto& report) {
  std::vector<ReplicaEvent> out;
  out.reserve(size_t(report.blocks_size()));
  for (const hd::ReceivedDeletedBlockInfoProto& entry : report.blocks()) {
    ReplicaEvent& event = out.emplace_back();
    switch (entry.status()) {
      case hd::ReceivedDeletedBlockInfoProto::RECEIVING:
        event.kind = ReplicaEvent::Kind::kReceiving;
        break;
      case hd::ReceivedDeletedBlockInfoProto::RECEIVED:
        event.kind = ReplicaEvent::Kind::kReceived;
        break;
      case hd::ReceivedDeletedBlockInfoProto::DELETED:
        event.kind = ReplicaEvent::Kind::kDeleted;
        break;
    }
    event.block = BlockId{entry.block().blockid()};
    event.length = entry.block().numbytes();
    event.generation_stamp = GenerationStamp{entry.block().genstamp()};
    event.delete_hint = entry.deletehint();
  }
  return out;
}

namespace {

void fill(BlockId id, GenerationStamp stamp, uint64_t length, hp::BlockProto& out) {
  out.set_blockid(raw(id));
  out.set_genstamp(raw(stamp));
  out.set_numbytes(length);
}

hd::BlockCommandProto& add_block_command(hd::BlockCommandProto::Action action, const std::string& pool,
                                         hd::HeartbeatResponseProto& out) {
  hd::DatanodeCommandProto& command = *out.add_cmds();
  command.set_cmdtype(hd::DatanodeCommandProto::BlockCommand);
  command.mutable_blkcmd()->set_action(action);
  command.mutable_blkcmd()->set_blockpoolid(pool);
  return *command.mutable_blkcmd();
}

void add_transfers(const std::vector<TransferCommand>& transfers, const std::string& pool,
                   hd::HeartbeatResponseProto& out) {
  hd::BlockCommandProto& command = add_block_command(hd::BlockCommandProto::TRANSFER, pool, out);
  for (const TransferCommand& transfer : transfers) {
    fill(transfer.block.id, transfer.block.generation_stamp, transfer.block.length, *command.add_blocks());
    hp::DatanodeInfosProto& datanodes = *command.add_targets();
    hp::StorageUuidsProto& uuids = *command.add_targetstorageuuids();
    hp::StorageTypesProto& types = *command.add_targetstoragetypes();
    for (const CommandTarget& target : transfer.targets) {
      to_proto(target.datanode, *datanodes.add_datanodes());
      uuids.add_storageuuids(target.storage_uuid);
      types.add_storagetypes(hp::StorageTypeProto(target.storage_type));
    }
  }
}

void add_invalidations(const std::vector<InvalidateCommand>& invalidations, const std::string& pool,
                       hd::HeartbeatResponseProto& out) {
  hd::BlockCommandProto& command = add_block_command(hd::BlockCommandProto::INVALIDATE, pool, out);
  for (const InvalidateCommand& invalidation : invalidations) {
    fill(invalidation.block, invalidation.generation_stamp, 0, *command.add_blocks());
  }
}

void add_recoveries(const std::vector<RecoverCommand>& recoveries, const std::string& pool,
                    hd::HeartbeatResponseProto& out) {
  hd::DatanodeCommandProto& command = *out.add_cmds();
  command.set_cmdtype(hd::DatanodeCommandProto::BlockRecoveryCommand);
  for (const RecoverCommand& recover : recoveries) {
    hp::RecoveringBlockProto& recovering = *command.mutable_recoverycmd()->add_blocks();
    const BlockRow& block = recover.recovery.block;
    recovering.set_newgenstamp(raw(recover.recovery.recovery_stamp));
    hp::LocatedBlockProto& located = *recovering.mutable_block();
    located.mutable_b()->set_poolid(pool);
    located.mutable_b()->set_blockid(raw(block.id));
    located.mutable_b()->set_generationstamp(raw(block.generation_stamp));
    located.mutable_b()->set_numbytes(block.length);
    located.set_offset(UINT64_MAX);  // unknown
    located.set_corrupt(false);
    for (std::string* part :
         {located.mutable_blocktoken()->mutable_identifier(), located.mutable_blocktoken()->mutable_password(),
          located.mutable_blocktoken()->mutable_kind(), located.mutable_blocktoken()->mutable_service()}) {
      part->clear();
    }
    for (const CommandTarget& replica : recover.replicas) {
      to_proto(replica.datanode, *located.add_locs());
      located.add_iscached(false);
      located.add_storageids(replica.storage_uuid);
      located.add_storagetypes(hp::StorageTypeProto(replica.storage_type));
    }
    if (recover.recovery.truncate_length) {
      fill(recover.recovery.result(), recover.recovery.recovery_stamp, *recover.recovery.truncate_length,
           *recovering.mutable_truncateblock());
    }
  }
}

}  // namespace

void to_proto(const Commands& commands, const std::string& pool, hd::HeartbeatResponseProto& out) {
  if (commands.must_register) {
    hd::DatanodeCommandProto& command = *out.add_cmds();
    command.set_cmdtype(hd::DatanodeCommandProto::RegisterCommand);
    command.mutable_registercmd();
    return;
  }
  if (!commands.recoveries.empty()) add_recoveries(commands.recoveries, pool, out);
  if (!commands.transfers.empty()) add_transfers(commands.transfers, pool, out);
  if (!commands.invalidations.empty()) add_invalidations(commands.invalidations, pool, out);
}

void to_proto(const ClusterIdentity& identity, hp::StorageInfoProto& out) {
  out.set_layoutversion(uint32_t(identity.layout_version));
  out.set_namespceid(identity.namespace_id);
  out.set_clusterid(identity.cluster_id);
  out.set_ctime(identity.creation_time_ms);
}

hp::ExportedBlockKeysProto no_block_keys() {
  hp::ExportedBlockKeysProto keys;
  keys.set_isblocktokenenabled(false);
  keys.set_keyupdateinterval(0);
  keys.set_tokenlifetime(0);
  keys.mutable_currentkey()->set_keyid(0);
  keys.mutable_currentkey()->set_expirydate(0);
  return keys;
}

hp::VersionResponseProto namespace_info(const ClusterIdentity& identity) {
  constexpr uint64_t kBlockReportBuffers = 1;  // NamespaceInfo.Capability
  hp::VersionResponseProto response;
  hp::NamespaceInfoProto& info = *response.mutable_info();
  info.set_buildversion("tusk");
  info.set_unused(0);
  info.set_blockpoolid(identity.block_pool_id);
  to_proto(identity, *info.mutable_storageinfo());
  info.set_softwareversion(std::string(kSoftwareVersion));
  info.set_capabilities(kBlockReportBuffers);
  info.set_state(hp::NNHAStatusHeartbeatProto::ACTIVE);
  return response;
}

}  // namespace dfs::namenode
