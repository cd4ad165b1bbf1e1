#include "namenode/settings.h"

#include <unistd.h>

#include <algorithm>

#include "proto/base/log.h"
#include "proto/config/keys.h"
#include "proto/config/locations.h"
#include "proto/config/security_demands.h"
#include "proto/io/disk.h"
#include "proto/security/process_user.h"

namespace dfs::namenode {
namespace {

// A century.
constexpr int64_t kTrashMinutesMax = 100 * 366 * 24 * 60;

Result<std::vector<std::string>> folders(const Configuration& configuration, ListKey key) {
  DFS_TRY(std::vector<std::string> values, configuration.get(key));
  for (std::string& value : values) {
    DFS_TRY(value, folder_in(configuration, key, value));
  }
  if (values.empty()) return fail(configuration.complaint(key, "names no folder"));
  return values;
}

Result<void> bind(const Configuration& configuration, StringKey bind_host, Endpoint& endpoint) {
  DFS_TRY(std::string host, configuration.get(bind_host));
  if (!host.empty()) endpoint.host = host;
  return {};
}

Result<void> read_namespace(const Configuration& c, NamespaceSettings& s) {
  s.superuser = security::process_user();
  DFS_TRY(s.supergroup, c.get(keys::kSuperuserGroup));
  DFS_TRY(s.permissions_enabled, c.get(keys::kPermissionsEnabled));
  DFS_TRY(s.acls_enabled, c.get(keys::kAclsEnabled));
  DFS_TRY(s.posix_acl_inheritance, c.get(keys::kPosixAclInheritance));
  DFS_TRY(s.xattrs_enabled, c.get(keys::kXattrsEnabled));
  DFS_TRY(s.xattrs_per_inode_max, c.get_between(keys::kXattrsPerInodeMax, 0, INT32_MAX));
  DFS_TRY(s.xattr_bytes_max, c.get_between(keys::kXattrSizeMax, 0, 32768));
  DFS_TRY(s.type_quotas_enabled, c.get(keys::kTypeQuotasEnabled));
  DFS_TRY(s.owner_sets_quota, c.get(keys::kOwnerSetsQuota));
  DFS_TRY(s.storage_policies_enabled, c.get(keys::kStoragePoliciesEnabled));
  DFS_TRY(s.policies_by_superuser_only, c.get(keys::kPoliciesBySuperuser));
  DFS_TRY(s.symlinks_enabled, c.get(keys::kSymlinksEnabled));
  DFS_TRY(s.component_bytes_max, c.get_between(keys::kComponentLengthMax, 0, 65535));
  DFS_TRY(s.directory_items_max, c.get_between(keys::kDirectoryItemsMax, 1, 6'400'000));
  DFS_TRY(s.blocks_per_file_max, c.get_between(keys::kBlocksPerFileMax, 1, INT32_MAX));
  DFS_TRY(s.block_bytes_min, c.get(keys::kBlockSizeMin));
  DFS_TRY(s.block_bytes_default, c.get_between(keys::kBlockSize, 1, 1ull << 40));
  DFS_TRY(s.replication_default, c.get_between(keys::kReplication, 1, 32767));
  DFS_TRY(s.replication_min, c.get_between(keys::kReplicationMin, 1, 32767));
  DFS_TRY(s.replication_max, c.get_between(keys::kReplicationMax, 1, 32767));
  DFS_TRY(auto precision, c.get(keys::kAccessTimePrecision));
  s.access_time_precision_ms = uint64_t(precision.count());
  DFS_TRY(s.batched_listing_max, c.get_between(keys::kBatchedListingLimit, 1, INT32_MAX));
  DFS_TRY(s.open_files_listing_max, c.get_between(keys::kOpenFilesListingLimit, 1, INT32_MAX));
  DFS_TRY(s.listing_max, c.get_between(keys::kListingLimit, 1, INT32_MAX));
  DFS_TRY(s.snapshots_max, c.get_between(keys::kSnapshotsMax, 0, INT32_MAX));
  DFS_TRY(s.snapshots_per_directory_max, c.get_between(keys::kSnapshotsPerDirectoryMax, 0, INT32_MAX));
  if (s.snapshots_per_directory_max > s.snapshots_max) {
    return fail(ErrorCode::kConfiguration,
                "dfs.namenode.snapshot.max.limit cannot be greater than dfs.namenode.snapshot.filesystem.limit");
  }
  DFS_TRY(s.snapshot_diff_listing_max, c.get_between(keys::kSnapshotDiffListingLimit, 1, INT32_MAX));
  DFS_TRY(s.snapshot_diff_below_root, c.get(keys::kSnapshotDiffBelowRoot));
  DFS_TRY(s.bytes_per_checksum, c.get_between(keys::kBytesPerChecksum, 1, 1u << 30));
  DFS_TRY(s.write_packet_bytes, c.get_between(keys::kWritePacketSize, 1, 16u << 20));
  DFS_TRY(s.retry_expiry, c.get(keys::kRetryCacheExpiry));
  DFS_TRY(bool retries_kept, c.get(keys::kRetryCacheEnabled));
  if (!retries_kept) s.retry_expiry = std::chrono::milliseconds(0);
  DFS_TRY(s.events_per_call_max, c.get_between(keys::kInotifyEventsMax, 1, INT32_MAX));
  DFS_TRY(s.trash_interval_minutes, c.get_between(keys::kTrashInterval, 0, kTrashMinutesMax));
  return {};
}

Result<void> read_trash(const Configuration& c, uint64_t deletion_minutes, TrashSettings& s) {
  s.deletion_interval = std::chrono::minutes(deletion_minutes);
  DFS_TRY(int64_t emptier_minutes, c.get_between(keys::kTrashCheckpointInterval, 0, kTrashMinutesMax));
  s.emptier_interval = std::chrono::minutes(emptier_minutes);
  DFS_TRY(s.deletes_unknown, c.get(keys::kTrashCleansRoot));
  return {};
}

Result<void> read_racks(const Configuration& c, RackSettings& s) {
  DFS_TRY(std::string mapping, c.get(keys::kTopologyMapping));
  if (mapping == "org.apache.hadoop.net.TableMapping") {
    DFS_TRY(s.table, c.get(keys::kTopologyTable));
    return {};
  }
  if (mapping != "org.apache.hadoop.net.ScriptBasedMapping") {
    return fail(c.complaint(keys::kTopologyMapping, "is neither ScriptBasedMapping nor TableMapping"));
  }
  DFS_TRY(s.script, c.get(keys::kTopologyScript));
  DFS_TRY(s.arguments_max, c.get_between(keys::kTopologyScriptArguments, 1, 100'000));
  return {};
}

Result<void> read_blocks(const Configuration& c, NameNodeSettings& settings) {
  ClusterBlocks::Settings& s = settings.blocks;
  DFS_TRY(s.timing.heartbeat_interval, c.get(keys::kHeartbeatInterval));
  DFS_TRY(s.timing.recheck_interval, c.get(keys::kHeartbeatRecheck));
  DFS_TRY(s.timing.stale_interval, c.get(keys::kStaleInterval));
  DFS_TRY(s.safe_mode.threshold, c.get(keys::kSafeModeThreshold));
  DFS_TRY(s.safe_mode.datanodes_min, c.get_between(keys::kSafeModeDataNodesMin, 0, INT32_MAX));
  // Hadoop's 30 s are for late reports, which nothing of ours depends on.
  if (c.is_set(keys::kSafeModeExtension.name)) {
    DFS_TRY(s.safe_mode.extension, c.get(keys::kSafeModeExtension));
  }
  DFS_TRY(s.pending_timeout, c.get(keys::kReconstructionTimeout));
  DFS_TRY(s.transfers_per_datanode_max, c.get_between(keys::kReplicationStreamsMax, 1, 1000));
  DFS_TRY(s.invalidations_per_heartbeat_max, c.get_between(keys::kInvalidateLimit, 1, 1'000'000));
  DFS_TRY(s.report_leases.leases_max, c.get_between(keys::kFullReportLeases, 1, 10'000));
  DFS_TRY(s.report_leases.expiry, c.get(keys::kFullReportLeaseLength));
  DFS_TRY(s.departures.replication_min, c.get_between(keys::kReplicationMin, 1, 32767));
  DFS_TRY(s.departures.replication_default, c.get_between(keys::kReplication, 1, 32767));
  DFS_TRY(s.departures.maintenance_min,
          c.get_between(keys::kMaintenanceReplicationMin, 0, int64_t(s.departures.replication_default)));
  DFS_TRY(s.departure_interval, c.get(keys::kDecommissionInterval));
  // Hadoop looks at so many at a time, we at a few more often.
  DFS_TRY(int64_t blocks_per_interval, c.get_between(keys::kDecommissionBlocks, 1, INT32_MAX));
  const int64_t rounds = std::max<int64_t>(1, s.departure_interval / s.publish_interval);
  s.departure_checks_per_round =
      uint32_t(std::clamp<int64_t>(blocks_per_interval / rounds, 1, s.departure_checks_per_round));
  DFS_TRY(settings.host_files.included, c.get(keys::kHosts));
  DFS_TRY(settings.host_files.excluded, c.get(keys::kHostsExclude));
  DFS_TRY(std::string provider, c.get(keys::kHostsProvider));
  settings.host_files.combined = provider.ends_with(".CombinedHostFileManager");
  if (!settings.host_files.combined && !provider.ends_with(".HostFileManager")) {
    return fail(c.complaint(keys::kHostsProvider, "is neither HostFileManager nor CombinedHostFileManager"));
  }
  return read_racks(c, settings.racks);
}

Result<void> read_pages(const Configuration& c, NameNodeSettings& s) {
  s.configuration = c;
  DFS_TRY(std::vector<std::string> secrets, c.get(keys::kSensitiveKeys));
  Result<Redaction> redaction = Redaction::from(secrets);
  if (!redaction) return fail(c.complaint(keys::kSensitiveKeys, redaction.error().message()));
  s.redaction = *std::move(redaction);
  DFS_TRY(s.instrumentation.requires_admin, c.get(keys::kInstrumentationRequiresAdmin));
  DFS_TRY(s.instrumentation.authorization, c.get(keys::kAuthorization));
  DFS_TRY(s.instrumentation.static_user, c.get(keys::kStaticUser));
  DFS_TRY(s.instrumentation.administrators, c.get(keys::kAdministrators));
  return {};
}

// What is configured, else as much as the tables can use of a quarter of the memory.
Result<CacheBytes> cache_of_tables(const Configuration& c) {
  DFS_TRY(const uint64_t bytes, c.get_between(keys::kNameNodeTablesCache, 8 << 20, 1ull << 40));
  if (c.is_set(keys::kNameNodeTablesCache.name)) return bytes;
  const uint64_t memory = uint64_t(std::max(sysconf(_SC_PHYS_PAGES), 0L)) * uint64_t(sysconf(_SC_PAGESIZE));
  return CacheBytes(bytes, std::max(bytes, memory / 4));
}

}  // namespace

Result<NameNodeSettings> NameNodeSettings::from(const Configuration& c) {
  NameNodeSettings s;
  DFS_TRY_OK(check_security_demands(c));
  DFS_TRY(s.name_directories, folders(c, keys::kNameDirs));
  DFS_TRY(s.edits_directories, folders(c, keys::kEditsDirs));
  DFS_TRY(s.rpc, namenode_endpoint(c));
  DFS_TRY_OK(bind(c, keys::kNameNodeRpcBindHost, s.rpc));
  DFS_TRY(Endpoint http, endpoint_of(c, keys::kNameNodeHttpAddress, 9870));
  DFS_TRY_OK(bind(c, keys::kNameNodeHttpBindHost, http));
  s.http = {http};
  DFS_TRY(s.frame_bytes_max, c.get_between(keys::kIpcMaximumLength, 1024, INT32_MAX));
  DFS_TRY(s.frame_bytes_max_before_context, c.get_between(keys::kIpcMaximumLengthBeforeContext, 1024, INT32_MAX));
  DFS_TRY(s.transactions_per_segment, c.get_between(keys::kCheckpointTransactions, 1, INT64_MAX));
  DFS_TRY(s.checkpoint_period, c.get(keys::kCheckpointPeriod));
  DFS_TRY(s.edits_retained, c.get_between(keys::kEditsRetained, 0, INT64_MAX));
  DFS_TRY(s.edit_segments_retained, c.get_between(keys::kEditSegmentsRetained, 1, INT32_MAX));
  DFS_TRY(s.tables_cache, cache_of_tables(c));
  DFS_TRY(s.reserved_bytes, c.get(keys::kNameNodeReserved));
  DFS_TRY(s.space_check_interval, c.get(keys::kNameNodeSpaceCheck));
  DFS_TRY(s.edits_directories_minimum, c.get_between(keys::kEditsDirsMinimum, 1, 1000));
  DFS_TRY(s.lease_recheck, c.get(keys::kLeaseRecheckInterval));
  DFS_TRY(s.leases.hard, c.get(keys::kLeaseHardLimit));
  DFS_TRY(s.proxy_users, c.with_prefix("hadoop.proxyuser."));
  DFS_TRY(s.static_groups, c.get(keys::kStaticGroups));
  DFS_TRY(s.groups_cache, c.get(keys::kGroupsCache));
  DFS_TRY(s.log_directory, c.get(keys::kLogDirectory));
  DFS_TRY(s.groups_file, c.get(keys::kGroupsFile));
  DFS_TRY(s.audit_enabled, c.get(keys::kAuditEnabled));
  DFS_TRY(s.audit.file, c.get(keys::kAuditFile));
  DFS_TRY(s.audit.caller_context, c.get(keys::kCallerContext));
  DFS_TRY(s.audit.context_max, c.get_between(keys::kCallerContextMax, 0, INT32_MAX));
  DFS_TRY(s.audit.signature_max, c.get_between(keys::kCallerSignatureMax, 0, INT32_MAX));
  DFS_TRY_OK(read_namespace(c, s.name_space));
  DFS_TRY_OK(read_trash(c, s.name_space.trash_interval_minutes, s.trash));
  DFS_TRY_OK(read_blocks(c, s));
  DFS_TRY_OK(read_pages(c, s));
  return s;
}

}  // namespace dfs::namenode
