#include "namenode/service/proto_conversion.h"

#include <algorithm>
#include <array>

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

DatanodeInfoProto::AdminState to_proto(AdminState state) {
  switch (state) {
    case AdminState::kDecommissionInProgress:
      return DatanodeInfoProto::DECOMMISSION_INPROGRESS;
    case AdminState::kDecommissioned:
      return DatanodeInfoProto::DECOMMISSIONED;
    case AdminState::kEnteringMaintenance:
      return DatanodeInfoProto::ENTERING_MAINTENANCE;
    case AdminState::kInMaintenance:
      return DatanodeInfoProto::IN_MAINTENANCE;
    case AdminState::kNormal:
      break;
  }
  return DatanodeInfoProto::NORMAL;
}

StorageTypeProto storage_type(uint8_t number) {
  return StorageTypeProto_IsValid(number) ? StorageTypeProto(number) : DISK;
}

void empty_token(hadoop::common::TokenProto& token) {
  token.set_identifier("");
  token.set_password("");
  token.set_kind("");
  token.set_service("");
}

void add_types(std::span<const uint8_t> types, StorageTypesProto& out) {
  for (uint8_t type : types) out.add_storagetypes(storage_type(type));
}

constexpr uint64_t kNoQuota = uint64_t(-1);

// Java's ordinals: RAM_DISK, which has no quota, is left out, as is the whole list where it says nothing.
template <class Message>
void add_type_quotas(const QuotaUsage& usage, Message& out) {
  constexpr std::array kTypes = {RAM_DISK, SSD, DISK, ARCHIVE, PROVIDED, NVDIMM};
  auto quota_of = [&](size_t type) {
    auto there = std::ranges::find(usage.type_quotas, uint8_t(type), &TypeQuota::storage_type);
    return there == usage.type_quotas.end() ? kNoQuota : there->bytes;
  };
  bool says_something = false;
  for (size_t type = 1; type < kTypes.size(); ++type) {
    says_something = says_something || usage.consumed.types[type] > 0 || int64_t(quota_of(type)) > 0;
  }
  if (!says_something) return;
  for (size_t type = 1; type < kTypes.size(); ++type) {
    StorageTypeQuotaInfoProto& info = *out.mutable_typequotainfos()->add_typequotainfo();
    info.set_type(kTypes[type]);
    info.set_quota(quota_of(type));
    info.set_consumed(uint64_t(usage.consumed.types[type]));
  }
}

}  // namespace

void to_proto(const DatanodeStatus& datanode, DatanodeIDProto& out) {
  out.set_ipaddr(datanode.ip_address);
  out.set_hostname(datanode.host_name);
  out.set_datanodeuuid(datanode.uuid);
  out.set_xferport(datanode.transfer_port);
  out.set_infoport(datanode.http_port);
  out.set_ipcport(datanode.ipc_port);
  out.set_infosecureport(datanode.https_port);
}

void to_proto(const DatanodeStatus& datanode, DatanodeInfoProto& out) {
  to_proto(datanode, *out.mutable_id());
  uint64_t capacity = 0, used = 0, remaining = 0, pool_used = 0, other = 0;
  for (const StorageStatus& storage : datanode.storages) {
    capacity += storage.capacity_bytes;
    used += storage.dfs_used_bytes;
    remaining += storage.remaining_bytes;
    pool_used += storage.block_pool_used_bytes;
    other += storage.non_dfs_used_bytes;
  }
  out.set_capacity(capacity);
  out.set_dfsused(used);
  out.set_remaining(remaining);
  out.set_blockpoolused(pool_used);
  out.set_nondfsused(other);
  out.set_lastupdate(datanode.last_update_ms);
  out.set_lastupdatemonotonic(datanode.last_update_monotonic_ms);
  out.set_lastblockreporttime(datanode.last_block_report_ms);
  out.set_lastblockreportmonotonic(datanode.last_block_report_monotonic_ms);
  out.set_xceivercount(datanode.xceiver_count);
  out.set_numblocks(datanode.block_count);
  out.set_location(datanode.network_location);
  out.set_adminstate(to_proto(datanode.admin_state));
  if (!datanode.upgrade_domain.empty()) out.set_upgradedomain(datanode.upgrade_domain);
}

void to_proto(const StorageStatus& storage, StorageReportProto& out) {
  out.set_storageuuid(storage.uuid);
  out.set_failed(storage.failed);
  out.set_capacity(storage.capacity_bytes);
  out.set_dfsused(storage.dfs_used_bytes);
  out.set_remaining(storage.remaining_bytes);
  out.set_blockpoolused(storage.block_pool_used_bytes);
  out.set_nondfsused(storage.non_dfs_used_bytes);
  out.mutable_storage()->set_storageuuid(storage.uuid);
  out.mutable_storage()->set_state(DatanodeStorageProto::NORMAL);
  out.mutable_storage()->set_storagetype(storage_type(storage.storage_type));
}

void to_proto(const LocatedBlock& block, const ConversionContext& context, LocatedBlockProto& out) {
  out.mutable_b()->set_poolid(std::string(context.block_pool));
  out.mutable_b()->set_blockid(raw(block.id));
  out.mutable_b()->set_generationstamp(raw(block.generation_stamp));
  out.mutable_b()->set_numbytes(block.length);
  out.set_offset(block.offset);
  out.set_corrupt(block.corrupt);
  empty_token(*out.mutable_blocktoken());
  for (StorageNumber number : block.storages) {
    auto place = context.datanodes.by_storage.find(uint32_t(number));
    if (place == context.datanodes.by_storage.end()) continue;
    const DatanodeStatus& datanode = context.datanodes.datanodes[place->second.datanode];
    const StorageStatus& storage = datanode.storages[place->second.storage];
    to_proto(datanode, *out.add_locs());
    out.add_iscached(false);
    out.add_storagetypes(storage_type(storage.storage_type));
    out.add_storageids(storage.uuid);
  }
}

void to_proto(const LocatedBlocks& blocks, const ConversionContext& context, LocatedBlocksProto& out) {
  out.set_filelength(blocks.file_length);
  out.set_underconstruction(blocks.under_construction);
  out.set_islastblockcomplete(blocks.last_complete);
  for (const LocatedBlock& block : blocks.blocks) to_proto(block, context, *out.add_blocks());
  if (blocks.last) to_proto(*blocks.last, context, *out.mutable_lastblock());
}

void to_proto(const QuotaUsage& usage, QuotaUsageProto& out) {
  out.set_fileanddirectorycount(uint64_t(usage.consumed.names));
  out.set_quota(usage.namespace_quota.value_or(kNoQuota));
  out.set_spaceconsumed(uint64_t(usage.consumed.space));
  out.set_spacequota(usage.storage_space_quota.value_or(kNoQuota));
  add_type_quotas(usage, out);
}

void to_proto(const ContentSummary& summary, ContentSummaryProto& out) {
  out.set_length(summary.length);
  out.set_filecount(summary.file_count);
  out.set_directorycount(summary.directory_count);
  out.set_quota(summary.quotas.namespace_quota.value_or(kNoQuota));
  out.set_spaceconsumed(uint64_t(summary.quotas.consumed.space));
  out.set_spacequota(summary.quotas.storage_space_quota.value_or(kNoQuota));
  add_type_quotas(summary.quotas, out);
  out.set_snapshotlength(summary.snapshot_length);
  out.set_snapshotfilecount(summary.snapshot_file_count);
  out.set_snapshotdirectorycount(summary.snapshot_directory_count);
  out.set_snapshotspaceconsumed(summary.snapshot_space_consumed);
  out.set_erasurecodingpolicy(summary.directory_count == 0 ? "Replicated" : "");
}

void to_proto(const NamespaceSettings& settings, FsServerDefaultsProto& out) {
  out.set_blocksize(settings.block_bytes_default);
  out.set_bytesperchecksum(settings.bytes_per_checksum);
  out.set_writepacketsize(settings.write_packet_bytes);
  out.set_replication(settings.replication_default);
  out.set_filebuffersize(settings.file_buffer_bytes);
  out.set_encryptdatatransfer(false);
  out.set_trashinterval(settings.trash_interval_minutes);
  out.set_checksumtype(CHECKSUM_CRC32C);
  out.set_keyprovideruri("");
  out.set_policyid(kDefaultPolicy);
  out.set_snapshottrashrootenabled(false);
}

void to_proto(const StoragePolicy& policy, BlockStoragePolicyProto& out) {
  out.set_policyid(policy.id);
  out.set_name(std::string(policy.name));
  add_types(policy.types, *out.mutable_creationpolicy());
  if (!policy.creation_fallbacks.empty()) add_types(policy.creation_fallbacks, *out.mutable_creationfallbackpolicy());
  if (!policy.replication_fallbacks.empty()) {
    add_types(policy.replication_fallbacks, *out.mutable_replicationfallbackpolicy());
  }
}

operations::NamedBlock from_proto(const ExtendedBlockProto& block) {
  return {.pool = block.poolid(),
          .id = BlockId(block.blockid()),
          .generation_stamp = GenerationStamp(block.generationstamp()),
          .length = block.numbytes()};
}

}  // namespace dfs::namenode
