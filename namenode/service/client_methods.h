#pragma once

#include <memory>
#include <optional>
#include <string>

#include "namenode/service/administration.h"
#include "namenode/service/listing_cache.h"
#include "namenode/service/namespace_access.h"
#include "namenode/service/proto_conversion.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/hadoop/encryption.pb.h"
#include "proto/hadoop/erasurecoding.pb.h"
#include "proto/rpc/method_table.h"

// ClientProtocol's methods, by area. Each class adds its own to the table and outlives it.
namespace dfs::namenode {

inline Caller caller_of(const NamespaceAccess& access, const rpc::CallContext& context) {
  return access.caller(context.user, context.client_address, context.client_id, context.call_id);
}
inline NamespaceAccess::Reading read(const NamespaceAccess& access, const rpc::CallContext& context) {
  return access.read(access.caller(context.user, context.client_address));
}
// As AccessControlException says it; `operation` is Hadoop's name.
Result<void> require_superuser(const NamespaceAccess& access, const rpc::CallContext& context,
                               std::string_view operation);
// kSafeMode while safe mode is on. `what`: as SafeModeException names the operation.
Result<void> refuse_in_safe_mode(const NamespaceAccess& access, std::string_view what);

// CreateRequestProto and MkdirsRequestProto: the mode before the client's umask.
template <class Request>
std::optional<uint16_t> unmasked_mode(const Request& request) {
  if (!request.has_unmasked()) return std::nullopt;
  return uint16_t(request.unmasked().perm() & 01777);
}

// Status, listing, locations.
class ClientReads {
 public:
  explicit ClientReads(NamespaceAccess& access) : access_(access) {}
  // Walks of whole trees run on `long_reads`.
  void add_to(rpc::MethodTable& table, const asio::any_io_executor& long_reads);

 private:
  using Context = rpc::CallContext;
  // At once, unless the read leaves a new access time behind.
  Result<hadoop::hdfs::GetBlockLocationsResponseProto> get_block_locations(
      const hadoop::hdfs::GetBlockLocationsRequestProto& request, const Context& context);
  Result<rpc::Encoded<hadoop::hdfs::GetFileInfoResponseProto>> get_file_info(
      const hadoop::hdfs::GetFileInfoRequestProto& request, const Context& context);
  Result<rpc::Encoded<hadoop::hdfs::GetLocatedFileInfoResponseProto>> get_located_file_info(
      const hadoop::hdfs::GetLocatedFileInfoRequestProto& request, const Context& context);
  Result<rpc::Encoded<hadoop::hdfs::GetFileLinkInfoResponseProto>> get_file_link_info(
      const hadoop::hdfs::GetFileLinkInfoRequestProto& request, const Context& context);
  Result<rpc::Encoded<hadoop::hdfs::GetListingResponseProto>> get_listing(
      const hadoop::hdfs::GetListingRequestProto& request, const Context& context);
  Result<rpc::Encoded<hadoop::hdfs::GetBatchedListingResponseProto>> get_batched_listing(
      const hadoop::hdfs::GetBatchedListingRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetContentSummaryResponseProto> get_content_summary(
      const hadoop::hdfs::GetContentSummaryRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetQuotaUsageResponseProto> get_quota_usage(
      const hadoop::hdfs::GetQuotaUsageRequestProto& request, const Context& context);
  Result<hadoop::hdfs::IsFileClosedResponseProto> is_file_closed(const hadoop::hdfs::IsFileClosedRequestProto& request,
                                                                 const Context& context);
  Result<hadoop::hdfs::GetPreferredBlockSizeResponseProto> get_preferred_block_size(
      const hadoop::hdfs::GetPreferredBlockSizeRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetLinkTargetResponseProto> get_link_target(
      const hadoop::hdfs::GetLinkTargetRequestProto& request, const Context& context);
  Result<hadoop::hdfs::CheckAccessResponseProto> check_access(const hadoop::hdfs::CheckAccessRequestProto& request,
                                                              const Context& context);
  Result<hadoop::hdfs::GetServerDefaultsResponseProto> get_server_defaults(
      const hadoop::hdfs::GetServerDefaultsRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetStoragePolicyResponseProto> get_storage_policy(
      const hadoop::hdfs::GetStoragePolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetStoragePoliciesResponseProto> get_storage_policies(
      const hadoop::hdfs::GetStoragePoliciesRequestProto& request, const Context& context);
  Result<hadoop::hdfs::ListOpenFilesResponseProto> list_open_files(
      const hadoop::hdfs::ListOpenFilesRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetXAttrsResponseProto> get_xattrs(const hadoop::hdfs::GetXAttrsRequestProto& request,
                                                          const Context& context);
  Result<hadoop::hdfs::ListXAttrsResponseProto> list_xattrs(const hadoop::hdfs::ListXAttrsRequestProto& request,
                                                            const Context& context);

  NamespaceAccess& access_;
  static constexpr size_t kListingCacheBytes = 16 << 20;
  ListingCache listings_{kListingCacheBytes};
};

// The tree and the attributes.
class ClientMutations {
 public:
  explicit ClientMutations(NamespaceAccess& access) : access_(access) {}
  void add_to(rpc::MethodTable& table);

 private:
  using Context = rpc::CallContext;
  Later<Result<hadoop::hdfs::MkdirsResponseProto>> mkdirs(const hadoop::hdfs::MkdirsRequestProto& request,
                                                          const Context& context);
  Later<Result<hadoop::hdfs::DeleteResponseProto>> remove(const hadoop::hdfs::DeleteRequestProto& request,
                                                          const Context& context);
  Later<Result<hadoop::hdfs::RenameResponseProto>> rename(const hadoop::hdfs::RenameRequestProto& request,
                                                          const Context& context);
  Later<Result<hadoop::hdfs::Rename2ResponseProto>> rename2(const hadoop::hdfs::Rename2RequestProto& request,
                                                            const Context& context);
  Later<Result<hadoop::hdfs::CreateSymlinkResponseProto>> create_symlink(
      const hadoop::hdfs::CreateSymlinkRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::ConcatResponseProto>> concat(const hadoop::hdfs::ConcatRequestProto& request,
                                                          const Context& context);
  Later<Result<hadoop::hdfs::SetPermissionResponseProto>> set_permission(
      const hadoop::hdfs::SetPermissionRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::SetOwnerResponseProto>> set_owner(const hadoop::hdfs::SetOwnerRequestProto& request,
                                                               const Context& context);
  Later<Result<hadoop::hdfs::SetTimesResponseProto>> set_times(const hadoop::hdfs::SetTimesRequestProto& request,
                                                               const Context& context);
  Later<Result<hadoop::hdfs::SetReplicationResponseProto>> set_replication(
      const hadoop::hdfs::SetReplicationRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::SetStoragePolicyResponseProto>> set_storage_policy(
      const hadoop::hdfs::SetStoragePolicyRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::UnsetStoragePolicyResponseProto>> unset_storage_policy(
      const hadoop::hdfs::UnsetStoragePolicyRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::SetXAttrResponseProto>> set_xattr(const hadoop::hdfs::SetXAttrRequestProto& request,
                                                               const Context& context);
  Later<Result<hadoop::hdfs::RemoveXAttrResponseProto>> remove_xattr(
      const hadoop::hdfs::RemoveXAttrRequestProto& request, const Context& context);

  NamespaceAccess& access_;
};

// ACLs and quotas.
class ClientAttributes {
 public:
  explicit ClientAttributes(NamespaceAccess& access) : access_(access) {}
  void add_to(rpc::MethodTable& table);

 private:
  using Context = rpc::CallContext;
  Result<hadoop::hdfs::GetAclStatusResponseProto> get_acl_status(const hadoop::hdfs::GetAclStatusRequestProto& request,
                                                                 const Context& context);
  Later<Result<hadoop::hdfs::ModifyAclEntriesResponseProto>> modify_acl_entries(
      const hadoop::hdfs::ModifyAclEntriesRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::RemoveAclEntriesResponseProto>> remove_acl_entries(
      const hadoop::hdfs::RemoveAclEntriesRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::RemoveDefaultAclResponseProto>> remove_default_acl(
      const hadoop::hdfs::RemoveDefaultAclRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::RemoveAclResponseProto>> remove_acl(const hadoop::hdfs::RemoveAclRequestProto& request,
                                                                 const Context& context);
  Later<Result<hadoop::hdfs::SetAclResponseProto>> set_acl(const hadoop::hdfs::SetAclRequestProto& request,
                                                           const Context& context);
  Later<Result<hadoop::hdfs::SetQuotaResponseProto>> set_quota(const hadoop::hdfs::SetQuotaRequestProto& request,
                                                               const Context& context);

  NamespaceAccess& access_;
};

// Files that are being written.
class ClientWrites {
 public:
  explicit ClientWrites(NamespaceAccess& access) : access_(access) {}
  void add_to(rpc::MethodTable& table);

 private:
  using Context = rpc::CallContext;
  Later<Result<rpc::Encoded<hadoop::hdfs::CreateResponseProto>>> create(const hadoop::hdfs::CreateRequestProto& request,
                                                                        const Context& context);
  Later<Result<hadoop::hdfs::AppendResponseProto>> append(const hadoop::hdfs::AppendRequestProto& request,
                                                          const Context& context);
  Later<Result<hadoop::hdfs::TruncateResponseProto>> truncate(const hadoop::hdfs::TruncateRequestProto& request,
                                                              const Context& context);
  Later<Result<hadoop::hdfs::AddBlockResponseProto>> add_block(const hadoop::hdfs::AddBlockRequestProto& request,
                                                               const Context& context);
  Later<Result<hadoop::hdfs::AbandonBlockResponseProto>> abandon_block(
      const hadoop::hdfs::AbandonBlockRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::CompleteResponseProto>> complete(const hadoop::hdfs::CompleteRequestProto& request,
                                                              const Context& context);
  Later<Result<hadoop::hdfs::FsyncResponseProto>> fsync(const hadoop::hdfs::FsyncRequestProto& request,
                                                        const Context& context);
  Later<Result<hadoop::hdfs::UpdateBlockForPipelineResponseProto>> update_block_for_pipeline(
      const hadoop::hdfs::UpdateBlockForPipelineRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::UpdatePipelineResponseProto>> update_pipeline(
      const hadoop::hdfs::UpdatePipelineRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::GetAdditionalDatanodeResponseProto>> get_additional_datanode(
      const hadoop::hdfs::GetAdditionalDatanodeRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::ReportBadBlocksResponseProto>> report_bad_blocks(
      const hadoop::hdfs::ReportBadBlocksRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::RenewLeaseResponseProto>> renew_lease(const hadoop::hdfs::RenewLeaseRequestProto& request,
                                                                   const Context& context);
  Later<Result<hadoop::hdfs::RecoverLeaseResponseProto>> recover_lease(
      const hadoop::hdfs::RecoverLeaseRequestProto& request, const Context& context);

  NamespaceAccess& access_;
};

// Snapshots.
class ClientSnapshots {
 public:
  explicit ClientSnapshots(NamespaceAccess& access) : access_(access) {}
  // Walks of whole trees run on `long_reads`.
  void add_to(rpc::MethodTable& table, const asio::any_io_executor& long_reads);

 private:
  using Context = rpc::CallContext;
  Later<Result<hadoop::hdfs::AllowSnapshotResponseProto>> allow_snapshot(
      const hadoop::hdfs::AllowSnapshotRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::DisallowSnapshotResponseProto>> disallow_snapshot(
      const hadoop::hdfs::DisallowSnapshotRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::CreateSnapshotResponseProto>> create_snapshot(
      const hadoop::hdfs::CreateSnapshotRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::RenameSnapshotResponseProto>> rename_snapshot(
      const hadoop::hdfs::RenameSnapshotRequestProto& request, const Context& context);
  Later<Result<hadoop::hdfs::DeleteSnapshotResponseProto>> delete_snapshot(
      const hadoop::hdfs::DeleteSnapshotRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetSnapshottableDirListingResponseProto> get_snapshottable_listing(
      const hadoop::hdfs::GetSnapshottableDirListingRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetSnapshotListingResponseProto> get_snapshot_listing(
      const hadoop::hdfs::GetSnapshotListingRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetSnapshotDiffReportResponseProto> get_diff_report(
      const hadoop::hdfs::GetSnapshotDiffReportRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetSnapshotDiffReportListingResponseProto> get_diff_report_listing(
      const hadoop::hdfs::GetSnapshotDiffReportListingRequestProto& request, const Context& context);

  NamespaceAccess& access_;
};

// The cluster and what an administrator does with it.
class ClientAdministration {
 public:
  ClientAdministration(NamespaceAccess& access, Administration& administration)
      : access_(access), administration_(administration) {}
  void add_to(rpc::MethodTable& table);

 private:
  using Context = rpc::CallContext;
  Result<hadoop::hdfs::GetFsStatsResponseProto> get_fs_stats(const hadoop::hdfs::GetFsStatusRequestProto& request,
                                                             const Context& context);
  Result<hadoop::hdfs::GetFsReplicatedBlockStatsResponseProto> get_replicated_block_stats(
      const hadoop::hdfs::GetFsReplicatedBlockStatsRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetDatanodeReportResponseProto> get_datanode_report(
      const hadoop::hdfs::GetDatanodeReportRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetDatanodeStorageReportResponseProto> get_datanode_storage_report(
      const hadoop::hdfs::GetDatanodeStorageReportRequestProto& request, const Context& context);
  Task<Result<hadoop::hdfs::ListCorruptFileBlocksResponseProto>> list_corrupt_file_blocks(
      const hadoop::hdfs::ListCorruptFileBlocksRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetCurrentEditLogTxidResponseProto> get_current_edit_log_txid(
      const hadoop::hdfs::GetCurrentEditLogTxidRequestProto& request, const Context& context);
  Task<Result<hadoop::hdfs::SetSafeModeResponseProto>> set_safe_mode(
      const hadoop::hdfs::SetSafeModeRequestProto& request, const Context& context);
  Task<Result<hadoop::hdfs::SaveNamespaceResponseProto>> save_namespace(
      const hadoop::hdfs::SaveNamespaceRequestProto& request, const Context& context);
  Task<Result<hadoop::hdfs::RollEditsResponseProto>> roll_edits(const hadoop::hdfs::RollEditsRequestProto& request,
                                                                const Context& context);
  Task<Result<hadoop::hdfs::RefreshNodesResponseProto>> refresh_nodes(
      const hadoop::hdfs::RefreshNodesRequestProto& request, const Context& context);
  Task<Result<hadoop::hdfs::MetaSaveResponseProto>> meta_save(const hadoop::hdfs::MetaSaveRequestProto& request,
                                                              const Context& context);
  Task<Result<hadoop::hdfs::SetBalancerBandwidthResponseProto>> set_balancer_bandwidth(
      const hadoop::hdfs::SetBalancerBandwidthRequestProto& request, const Context& context);

  NamespaceAccess& access_;
  Administration& administration_;
};

// Erasure coding: policies are those of a stock cluster, and no file is striped.
class ClientErasureCoding {
 public:
  explicit ClientErasureCoding(NamespaceAccess& access) : access_(access) {}
  void add_to(rpc::MethodTable& table);

 private:
  using Context = rpc::CallContext;
  Result<hadoop::hdfs::GetErasureCodingPoliciesResponseProto> get_policies(
      const hadoop::hdfs::GetErasureCodingPoliciesRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetErasureCodingPolicyResponseProto> get_policy(
      const hadoop::hdfs::GetErasureCodingPolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetErasureCodingCodecsResponseProto> get_codecs(
      const hadoop::hdfs::GetErasureCodingCodecsRequestProto& request, const Context& context);
  Result<hadoop::hdfs::GetECTopologyResultForPoliciesResponseProto> get_topology_result(
      const hadoop::hdfs::GetECTopologyResultForPoliciesRequestProto& request, const Context& context);
  Result<hadoop::hdfs::SetErasureCodingPolicyResponseProto> set_policy(
      const hadoop::hdfs::SetErasureCodingPolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::UnsetErasureCodingPolicyResponseProto> unset_policy(
      const hadoop::hdfs::UnsetErasureCodingPolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::AddErasureCodingPoliciesResponseProto> add_policies(
      const hadoop::hdfs::AddErasureCodingPoliciesRequestProto& request, const Context& context);
  Result<hadoop::hdfs::RemoveErasureCodingPolicyResponseProto> remove_policy(
      const hadoop::hdfs::RemoveErasureCodingPolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::EnableErasureCodingPolicyResponseProto> enable_policy(
      const hadoop::hdfs::EnableErasureCodingPolicyRequestProto& request, const Context& context);
  Result<hadoop::hdfs::DisableErasureCodingPolicyResponseProto> disable_policy(
      const hadoop::hdfs::DisableErasureCodingPolicyRequestProto& request, const Context& context);
  Result<void> check_replicated(const NamespaceAccess::Reading& reading, const std::string& path) const;
  Result<void> check_directory(const NamespaceAccess::Reading& reading, std::string_view operation,
                               const std::string& path, std::string_view refusal) const;

  NamespaceAccess& access_;
};

// Features that are not there: queries are answered as by a stock cluster that does not use them, changes refused.
class ClientAbsentFeatures {
 public:
  explicit ClientAbsentFeatures(NamespaceAccess& access);
  ~ClientAbsentFeatures();
  void add_to(rpc::MethodTable& table);

 private:
  struct Handlers;
  template <class Request, class Response>
  void refuse(rpc::MethodTable& table, std::string_view method, ErrorCode code, std::string message);
  // A change of the centralized cache. `in_safe_mode`: how SafeModeException names the operation; `fault`: why else it
  // is refused.
  template <class Request, class Response>
  void refuse_cache(rpc::MethodTable& table, std::string_view method, std::string_view superuser_operation,
                    std::string (*in_safe_mode)(const Request&), Error (*fault)(const Request&));
  Result<hadoop::hdfs::ListCacheDirectivesResponseProto> list_cache_directives(
      const hadoop::hdfs::ListCacheDirectivesRequestProto& request, const rpc::CallContext& context);
  void add_encryption(rpc::MethodTable& table);
  void add_cache(rpc::MethodTable& table);
  Result<hadoop::hdfs::CreateEncryptionZoneResponseProto> create_encryption_zone(
      const hadoop::hdfs::CreateEncryptionZoneRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::GetEZForPathResponseProto> get_encryption_zone(
      const hadoop::hdfs::GetEZForPathRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::GetEnclosingRootResponseProto> get_enclosing_root(
      const hadoop::hdfs::GetEnclosingRootRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::ReencryptEncryptionZoneResponseProto> reencrypt_encryption_zone(
      const hadoop::hdfs::ReencryptEncryptionZoneRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::ListEncryptionZonesResponseProto> list_encryption_zones(
      const hadoop::hdfs::ListEncryptionZonesRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::ListReencryptionStatusResponseProto> list_reencryption_status(
      const hadoop::hdfs::ListReencryptionStatusRequestProto& request, const rpc::CallContext& context);
  // Of the path, as getEZForPath does.
  Result<void> find_encryption_zone(const std::string& path, const rpc::CallContext& context) const;
  Result<hadoop::common::GetDelegationTokenResponseProto> get_delegation_token(
      const hadoop::common::GetDelegationTokenRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::FinalizeUpgradeResponseProto> finalize_upgrade(
      const hadoop::hdfs::FinalizeUpgradeRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::RestoreFailedStorageResponseProto> restore_failed_storage(
      const hadoop::hdfs::RestoreFailedStorageRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::RollingUpgradeResponseProto> rolling_upgrade(
      const hadoop::hdfs::RollingUpgradeRequestProto& request, const rpc::CallContext& context);
  Result<hadoop::hdfs::SatisfyStoragePolicyResponseProto> satisfy_storage_policy(
      const hadoop::hdfs::SatisfyStoragePolicyRequestProto& request, const rpc::CallContext& context);

  NamespaceAccess& access_;
  std::unique_ptr<Handlers> handlers_;
};

// What has happened to the namespace, for those who follow it (Hadoop's inotify).
class ClientEvents {
 public:
  ClientEvents(NamespaceAccess& access, Administration& administration)
      : access_(access), administration_(administration) {}
  void add_to(rpc::MethodTable& table);

 private:
  Task<Result<hadoop::hdfs::GetEditsFromTxidResponseProto>> get_edits(
      const hadoop::hdfs::GetEditsFromTxidRequestProto& request, const rpc::CallContext& context);

  NamespaceAccess& access_;
  Administration& administration_;
};

}  // namespace dfs::namenode
