#pragma once

#include <concepts>
#include <type_traits>

#include "namenode/journal/edit_record.h"

// The body of each op, field by field, in the order of FSEditLogOp's writeFields. Described once, for an archive that
// writes and one that reads (edit_codec.cc), so that the two cannot part company.

namespace dfs::namenode::edit_fields {

template <class T, class Op>
concept Is = std::same_as<std::remove_const_t<T>, Op>;

void fields(auto& a, Is<AddOp> auto& op) {
  a.u64(op.inode_id);
  a.string(op.path);
  a.u16(op.replication);
  a.u64(op.mtime_ms);
  a.u64(op.atime_ms);
  a.u64(op.block_size);
  a.blocks(op.blocks);
  a.permission_status(op.permissions);
  a.acl(op.acl_entries);
  a.xattrs(op.xattrs);
  a.string(op.client_name);
  a.string(op.client_machine);
  a.boolean(op.overwrite);
  a.u8(op.storage_policy_id);
  a.u8(op.erasure_coding_policy_id);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<CloseOp> auto& op) {
  a.u64(op.inode_id);
  a.string(op.path);
  a.u16(op.replication);
  a.u64(op.mtime_ms);
  a.u64(op.atime_ms);
  a.u64(op.block_size);
  a.blocks(op.blocks);
  a.permission_status(op.permissions);
}

void fields(auto& a, Is<AppendOp> auto& op) {
  a.string(op.path);
  a.string(op.client_name);
  a.string(op.client_machine);
  a.boolean(op.new_block);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<AddBlockOp> auto& op) {
  a.string(op.path);
  a.last_two_blocks(op.penultimate_block, op.last_block);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<UpdateBlocksOp> auto& op) {
  a.string(op.path);
  a.compact_blocks(op.blocks);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<SetReplicationOp> auto& op) {
  a.string(op.path);
  a.u16(op.replication);
}

void fields(auto& a, Is<ConcatDeleteOp> auto& op) {
  a.string(op.target);
  a.strings(op.sources);
  a.u64(op.timestamp_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<RenameOldOp> auto& op) {
  a.string(op.source);
  a.string(op.destination);
  a.u64(op.timestamp_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<DeleteOp> auto& op) {
  a.string(op.path);
  a.u64(op.timestamp_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<MkdirOp> auto& op) {
  a.u64(op.inode_id);
  a.string(op.path);
  a.u64(op.timestamp_ms);
  a.unused_u64(op.timestamp_ms);  // the access time, which directories do not have
  a.permission_status(op.permissions);
  a.acl(op.acl_entries);
  a.xattrs(op.xattrs);
}

void fields(auto& a, Is<SetGenstampV1Op> auto& op) {
  a.u64(op.generation_stamp);
}
void fields(auto& a, Is<SetGenstampV2Op> auto& op) {
  a.u64(op.generation_stamp);
}
void fields(auto& a, Is<AllocateBlockIdOp> auto& op) {
  a.u64(op.block_id);
}

void fields(auto& a, Is<SetPermissionsOp> auto& op) {
  a.string(op.source);
  a.u16(op.permissions);
}

void fields(auto& a, Is<SetOwnerOp> auto& op) {
  a.string(op.source);
  a.string(op.user);
  a.string(op.group);
}

void fields(auto& a, Is<SetNsQuotaOp> auto& op) {
  a.string(op.source);
  a.u64(op.namespace_quota);
}
void fields(auto& a, Is<ClearNsQuotaOp> auto& op) {
  a.string(op.source);
}

void fields(auto& a, Is<SetQuotaOp> auto& op) {
  a.string(op.source);
  a.u64(op.namespace_quota);
  a.u64(op.storage_space_quota);
}

void fields(auto& a, Is<SetQuotaByStorageTypeOp> auto& op) {
  a.string(op.source);
  a.u32(op.storage_type);
  a.u64(op.storage_space_quota);
}

void fields(auto& a, Is<TimesOp> auto& op) {
  a.string(op.path);
  a.u64(op.mtime_ms);
  a.u64(op.atime_ms);
}

void fields(auto& a, Is<SymlinkOp> auto& op) {
  a.u64(op.inode_id);
  a.string(op.path);
  a.string(op.value);
  a.u64(op.mtime_ms);
  a.u64(op.atime_ms);
  a.permission_status(op.permissions);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<RenameOp> auto& op) {
  a.string(op.source);
  a.string(op.destination);
  a.u64(op.timestamp_ms);
  a.rename_options(op.options);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<TruncateOp> auto& op) {
  a.string(op.source);
  a.string(op.client_name);
  a.string(op.client_machine);
  a.u64(op.new_length);
  a.u64(op.timestamp_ms);
  a.at_most_one_block(op.truncate_block);
}

void fields(auto& a, Is<ReassignLeaseOp> auto& op) {
  a.string(op.lease_holder);
  a.string(op.path);
  a.string(op.new_holder);
}

void fields(auto& a, Is<GetDelegationTokenOp> auto& op) {
  a.token(op.token);
  a.u64(op.expiry_time_ms);
}
void fields(auto& a, Is<RenewDelegationTokenOp> auto& op) {
  a.token(op.token);
  a.u64(op.expiry_time_ms);
}
void fields(auto& a, Is<CancelDelegationTokenOp> auto& op) {
  a.token(op.token);
}
void fields(auto& a, Is<UpdateMasterKeyOp> auto& op) {
  a.key(op.key);
}

void fields(auto&, Is<StartLogSegmentOp> auto&) {}
void fields(auto&, Is<EndLogSegmentOp> auto&) {}

void fields(auto& a, Is<CreateSnapshotOp> auto& op) {
  a.string(op.snapshot_root);
  a.string(op.snapshot_name);
  a.u64(op.mtime_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<DeleteSnapshotOp> auto& op) {
  a.string(op.snapshot_root);
  a.string(op.snapshot_name);
  a.u64(op.mtime_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<RenameSnapshotOp> auto& op) {
  a.string(op.snapshot_root);
  a.string(op.snapshot_old_name);
  a.string(op.snapshot_new_name);
  a.u64(op.mtime_ms);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<AllowSnapshotOp> auto& op) {
  a.string(op.snapshot_root);
}
void fields(auto& a, Is<DisallowSnapshotOp> auto& op) {
  a.string(op.snapshot_root);
}

void fields(auto& a, Is<AddCacheDirectiveOp> auto& op) {
  a.cache_directive(op.directive);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<ModifyCacheDirectiveOp> auto& op) {
  a.cache_directive(op.directive);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<RemoveCacheDirectiveOp> auto& op) {
  a.u64(op.id);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<AddCachePoolOp> auto& op) {
  a.cache_pool(op.pool);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<ModifyCachePoolOp> auto& op) {
  a.cache_pool(op.pool);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<RemoveCachePoolOp> auto& op) {
  a.string(op.name);
  a.rpc_ids(op.rpc);
}

void fields(auto& a, Is<SetXAttrOp> auto& op) {
  a.xattrs_of(op.source, op.xattrs);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<RemoveXAttrOp> auto& op) {
  a.xattrs_of(op.source, op.xattrs);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<SetAclOp> auto& op) {
  a.acl_of(op.source, op.acl_entries);
}

void fields(auto& a, Is<SetStoragePolicyOp> auto& op) {
  a.string(op.path);
  a.u8(op.policy_id);
}

void fields(auto& a, Is<RollingUpgradeStartOp> auto& op) {
  a.u64(op.time_ms);
}
void fields(auto& a, Is<RollingUpgradeFinalizeOp> auto& op) {
  a.u64(op.time_ms);
}

void fields(auto& a, Is<AddErasureCodingPolicyOp> auto& op) {
  a.erasure_coding_policy(op.policy);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<EnableErasureCodingPolicyOp> auto& op) {
  a.string(op.policy_name);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<DisableErasureCodingPolicyOp> auto& op) {
  a.string(op.policy_name);
  a.rpc_ids(op.rpc);
}
void fields(auto& a, Is<RemoveErasureCodingPolicyOp> auto& op) {
  a.string(op.policy_name);
  a.rpc_ids(op.rpc);
}

}  // namespace dfs::namenode::edit_fields
