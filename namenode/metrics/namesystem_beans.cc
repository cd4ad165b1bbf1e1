#include <cmath>
#include <map>
#include <span>

#include "namenode/metrics/sample.h"

namespace dfs::namenode {
namespace {

using metrics::Bean;
using metrics::Object;
using metrics::Source;

// As on a cluster whose operators have never changed the policies.
constexpr const char* kEnabledPolicies = "RS-6-3-1024k";

// DFSUtil.roundBytesToGB
float gigabytes(uint64_t bytes) {
  return std::round(float(bytes) / float(1 << 30));
}

uint64_t sum_of_xceivers(const DatanodeView& view) {
  uint64_t sum = 0;
  for (const DatanodeStatus& datanode : view.datanodes) {
    if (datanode.liveness != DatanodeLiveness::kDead) sum += datanode.xceiver_count;
  }
  return sum;
}

uint64_t stale_datanodes(const DatanodeView& view) {
  uint64_t count = 0;
  for (const DatanodeStatus& datanode : view.datanodes) count += datanode.liveness == DatanodeLiveness::kStale;
  return count;
}

uint64_t failed_volumes(const DatanodeView& view) {
  uint64_t count = 0;
  for (const DatanodeStatus& datanode : view.datanodes) {
    for (const StorageStatus& storage : datanode.storages) count += storage.failed;
  }
  return count;
}

std::string sync_times(const Sample& sample) {
  using std::chrono::milliseconds;
  return std::to_string(std::chrono::duration_cast<milliseconds>(sample.commit->syncs.total()).count()) + " ";
}

std::string snapshot_stats(const Sample& sample) {
  return metrics::to_json(
      Object{{"SnapshottableDirectories", sample.snapshottable_directories}, {"Snapshots", sample.snapshots}},
      metrics::JsonLayout::kCompact);
}

constexpr const char* kStorageTypes[] = {"", "DISK", "SSD", "ARCHIVE", "RAM_DISK", "PROVIDED", "NVDIMM"};

// BlockStats: the storages of live DataNodes by type.
metrics::Value storage_type_stats(const Sample& sample) {
  metrics::Array all;
  for (uint8_t type = 1; type < std::size(kStorageTypes); ++type) {
    uint64_t capacity = 0, used = 0, non_dfs = 0, remaining = 0, pool_used = 0, nodes = 0, xceivers = 0;
    for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
      bool has = false;
      if (datanode.liveness == DatanodeLiveness::kDead) continue;
      for (const StorageStatus& storage : datanode.storages) {
        if (storage.storage_type != type || storage.failed) continue;
        has = true;
        capacity += storage.capacity_bytes;
        used += storage.dfs_used_bytes;
        non_dfs += storage.non_dfs_used_bytes;
        remaining += storage.remaining_bytes;
        pool_used += storage.block_pool_used_bytes;
      }
      if (!has || datanode.admin_state != AdminState::kNormal) continue;
      ++nodes;
      xceivers += datanode.xceiver_count;
    }
    if (capacity == 0) continue;
    all.emplace_back(Object{{"key", kStorageTypes[type]},
                            {"value", Object{{"blockPoolUsed", pool_used},
                                             {"capacityNonDfsUsed", non_dfs},
                                             {"capacityRemaining", remaining},
                                             {"capacityTotal", capacity},
                                             {"capacityUsed", used},
                                             {"nodesInService", nodes},
                                             {"nodesInServiceXceiverCount", xceivers}}}});
  }
  return all;
}

constexpr const char* kStateAttributes[] = {"CapacityTotal",
                                            "CapacityUsed",
                                            "CapacityRemaining",
                                            "ProvidedCapacityTotal",
                                            "TotalLoad",
                                            "SnapshotStats",
                                            "NumEncryptionZones",
                                            "CurrentTokensCount",
                                            "PendingSPSPaths",
                                            "ReconstructionQueuesInitProgress",
                                            "FsLockQueueLength",
                                            "BlocksTotal",
                                            "MaxObjects",
                                            "FilesTotal",
                                            "PendingReplicationBlocks",
                                            "PendingReconstructionBlocks",
                                            "UnderReplicatedBlocks",
                                            "LowRedundancyBlocks",
                                            "ScheduledReplicationBlocks",
                                            "PendingDeletionBlocks",
                                            "BlockDeletionStartTime",
                                            "FSState",
                                            "NumLiveDataNodes",
                                            "NumDeadDataNodes",
                                            "NumDecomLiveDataNodes",
                                            "NumDecomDeadDataNodes",
                                            "NumInServiceLiveDataNodes",
                                            "VolumeFailuresTotal",
                                            "EstimatedCapacityLostTotal",
                                            "NumDecommissioningDataNodes",
                                            "NumStaleDataNodes",
                                            "NumStaleStorages",
                                            "TopUserOpCounts",
                                            "TotalSyncCount",
                                            "TotalSyncTimes",
                                            "NumInMaintenanceLiveDataNodes",
                                            "NumInMaintenanceDeadDataNodes",
                                            "NumEnteringMaintenanceDataNodes"};
constexpr const char* kGroupAttributes[] = {"LowRedundancyECBlockGroups", "CorruptECBlockGroups",
                                            "MissingECBlockGroups",       "BytesInFutureECBlockGroups",
                                            "PendingDeletionECBlocks",    "TotalECBlockGroups"};
constexpr const char* kReplicatedAttributes[] = {"LowRedundancyReplicatedBlocks", "CorruptReplicatedBlocks",
                                                 "MissingReplicatedBlocks",       "MissingReplicationOneBlocks",
                                                 "BytesInFutureReplicatedBlocks", "PendingDeletionReplicatedBlocks",
                                                 "TotalReplicatedBlocks"};

}  // namespace

// FSNamesystem as a source of metrics.
Source namesystem_source(const Sample& sample) {
  const DatanodeView& view = *sample.datanodes;
  const ClusterBlocks::Workload& work = sample.gauges.workload;
  const uint64_t written = raw(sample.applied);
  Source source{.name = "FSNamesystem", .record = "FSNamesystem", .tags = {}, .metrics = {}};
  source.tags = {{"Context", "dfs"},
                 {"EnabledEcPolicies", kEnabledPolicies},
                 {"HAState", "active"},
                 {"TotalSyncTimes", sync_times(sample)},
                 {"Hostname", sample.host_name}};
  auto gauge = [&](std::string name, std::string description, metrics::Value value) {
    source.gauge(std::move(name), std::move(description), std::move(value));
  };
  gauge("MissingBlocks", "Number of missing blocks", view.missing);
  gauge("MissingReplOneBlocks", "Number of missing blocks with replication factor 1", view.missing_replication_one);
  source.counter("ExpiredHeartbeats", "Number of expired heartbeats", sample.gauges.expired_heartbeats);
  gauge("TransactionsSinceLastCheckpoint", "Number of transactions since last checkpoint",
        written - std::min(written, raw(sample.checkpoint)));
  const uint64_t segment = sample.commit->segment_first;
  gauge("TransactionsSinceLastLogRoll", "Number of transactions since last edit log roll",
        written < segment ? 0 : written - segment + 1);
  gauge("LastWrittenTransactionId", "Transaction ID written to the edit log", written);
  gauge("LastCheckpointTime", "Time in milliseconds since the epoch of the last checkpoint", sample.checkpoint_ms);
  gauge("CapacityTotal", "Total raw capacity of data nodes in bytes", view.capacity_bytes);
  gauge("CapacityTotalGB", "Total raw capacity of data nodes in GB", gigabytes(view.capacity_bytes));
  gauge("CapacityUsed", "Total used capacity across all data nodes in bytes", view.used_bytes);
  gauge("CapacityUsedGB", "Total used capacity across all data nodes in GB", gigabytes(view.used_bytes));
  gauge("CapacityRemaining", "Remaining capacity in bytes", view.remaining_bytes);
  gauge("ProvidedCapacityTotal", "Total space used in PROVIDED storage in bytes", 0);
  gauge("CapacityRemainingGB", "Remaining capacity in GB", gigabytes(view.remaining_bytes));
  gauge("CapacityUsedNonDFS", "Total space used by data nodes for non DFS purposes in bytes", view.non_dfs_used_bytes);
  gauge("TotalLoad", "TotalLoad", sum_of_xceivers(view));
  gauge("SnapshottableDirectories", "Number of snapshottable directories", sample.snapshottable_directories);
  gauge("Snapshots", "The number of snapshots", sample.snapshots);
  gauge("NumEncryptionZones", "The number of encryption zones", 0);
  gauge("CurrentTokensCount", "The number of delegation tokens", 0);
  gauge("PendingSPSPaths", "The number of paths to be processed by storage policy satisfier", 0);
  gauge("ReconstructionQueuesInitProgress", "ReconstructionQueuesInitProgress", view.safe_mode ? 0.0F : 1.0F);
  gauge("LockQueueLength", "Number of threads waiting to acquire FSNameSystemLock", 0);
  source.counter("ReadLockLongHoldCount",
                 "The number of time the read lock has been held for longer than the threshold", 0);
  source.counter("WriteLockLongHoldCount",
                 "The number of time the write lock has been held for longer than the threshold", 0);
  gauge("BlocksTotal", "BlocksTotal", sample.blocks);
  gauge("NumFilesUnderConstruction", "Number of files under construction", sample.gauges.open_files);
  gauge("NumActiveClients", "Number of active clients holding lease", sample.gauges.lease_holders);
  gauge("FilesTotal", "FilesTotal", sample.files + sample.directories);
  gauge("PendingReplicationBlocks", "PendingReplicationBlocks", work.pending);
  gauge("PendingReconstructionBlocks", "PendingReconstructionBlocks", work.pending);
  gauge("UnderReplicatedBlocks", "UnderReplicatedBlocks", view.under_replicated);
  gauge("LowRedundancyBlocks", "LowRedundancyBlocks", view.under_replicated);
  gauge("CorruptBlocks", "Number of blocks with corrupt replicas", view.corrupt);
  gauge("ScheduledReplicationBlocks", "ScheduledReplicationBlocks", work.pending);
  gauge("PendingDeletionBlocks", "PendingDeletionBlocks", view.pending_deletion);
  gauge("LowRedundancyReplicatedBlocks", "Number of low redundancy replicated blocks", view.low_redundancy);
  gauge("CorruptReplicatedBlocks", "Number of corrupted replicated blocks", view.corrupt);
  gauge("MissingReplicatedBlocks", "Number of missing replicated blocks", view.missing);
  gauge("MissingReplicationOneBlocks", "Number of missing replicated blocks with replication factor 1",
        view.missing_replication_one);
  gauge("HighestPriorityLowRedundancyReplicatedBlocks",
        "Number of replicated blocks which have the highest risk of loss.", work.highest_risk);
  gauge("HighestPriorityLowRedundancyECBlocks", "Number of erasure coded blocks which have the highest risk of loss.",
        0);
  gauge("BytesInFutureReplicatedBlocks", "Total bytes in replicated blocks with future generation stamp", 0);
  gauge("PendingDeletionReplicatedBlocks", "Number of replicated blocks that are pending deletion",
        view.pending_deletion);
  gauge("TotalReplicatedBlocks", "Total number of replicated blocks", sample.blocks);
  gauge("LowRedundancyECBlockGroups", "Number of erasure coded block groups with low redundancy", 0);
  gauge("CorruptECBlockGroups", "Number of erasure coded block groups that are corrupt", 0);
  gauge("MissingECBlockGroups", "Number of erasure coded block groups that are missing", 0);
  gauge("BytesInFutureECBlockGroups", "Total bytes in erasure coded block groups with future generation stamp", 0);
  gauge("PendingDeletionECBlocks", "Number of erasure coded blocks that are pending deletion", 0);
  gauge("TotalECBlockGroups", "Total number of erasure coded block groups", 0);
  gauge("ExcessBlocks", "ExcessBlocks", 0);
  gauge("NumTimedOutPendingReconstructions", "NumTimedOutPendingReconstructions", work.timed_out);
  gauge("PostponedMisreplicatedBlocks", "PostponedMisreplicatedBlocks", work.postponed);
  gauge("PendingDataNodeMessageCount", "PendingDataNodeMessageCount", 0);
  gauge("MillisSinceLastLoadedEdits", "MillisSinceLastLoadedEdits", 0);
  gauge("BlockCapacity", "BlockCapacity", 0);
  gauge("NumLiveDataNodes", "Number of datanodes which are currently live", sample.live());
  gauge("NumDeadDataNodes", "Number of datanodes which are currently dead", sample.dead());
  gauge("NumDecomLiveDataNodes", "Number of datanodes which have been decommissioned and are now live",
        sample.live_in(AdminState::kDecommissioned));
  gauge("NumDecomDeadDataNodes", "Number of datanodes which have been decommissioned and are now dead",
        sample.dead_in(AdminState::kDecommissioned));
  gauge("NumInServiceLiveDataNodes", "Number of live datanodes which are currently in service",
        sample.live_in(AdminState::kNormal));
  gauge("VolumeFailuresTotal", "Total number of volume failures across all Datanodes", failed_volumes(view));
  gauge("EstimatedCapacityLostTotal", "An estimate of the total capacity lost due to volume failures", 0);
  gauge("NumDecommissioningDataNodes", "Number of datanodes in decommissioning state",
        sample.live_in(AdminState::kDecommissionInProgress));
  gauge("StaleDataNodes", "Number of datanodes marked stale due to delayed heartbeat", stale_datanodes(view));
  gauge("NumStaleStorages", "Number of storages marked as content stale", work.stale_storages);
  gauge("TotalSyncCount", "Total number of sync operations performed on edit logs", sample.commit->syncs.count());
  gauge("NumInMaintenanceLiveDataNodes", "Number of live Datanodes which are in maintenance state",
        sample.live_in(AdminState::kInMaintenance));
  gauge("NumInMaintenanceDeadDataNodes", "Number of dead Datanodes which are in maintenance state",
        sample.dead_in(AdminState::kInMaintenance));
  gauge("NumEnteringMaintenanceDataNodes", "Number of Datanodes that are entering the maintenance state",
        sample.live_in(AdminState::kEnteringMaintenance) + sample.dead_in(AdminState::kEnteringMaintenance));
  return source;
}

// FSNamesystemState, ReplicatedBlocksState, ECBlockGroupsState and BlockStats.
std::vector<Bean> namesystem_beans(const Sample& sample) {
  const Source source = namesystem_source(sample);
  auto value_of = [&](std::string_view name) {
    for (const metrics::Metric& metric : source.metrics) {
      if (metric.name == name) return metric.value;
    }
    return metrics::Value();
  };
  auto bean = [&](std::string_view name, std::span<const char* const> attributes) {
    Bean made{.name = "Hadoop:service=NameNode,name=" + std::string(name), .type = kFsNamesystem, .attributes = {}};
    for (const char* attribute : attributes) made.attributes.emplace_back(attribute, value_of(attribute));
    return made;
  };
  Bean state = bean("FSNamesystemState", kStateAttributes);
  const std::map<std::string_view, metrics::Value> others = {
      {"NumStaleDataNodes", value_of("StaleDataNodes")},
      {"FSState", sample.datanodes->safe_mode ? "safeMode" : "Operational"},
      {"MaxObjects", sample.objects_max},
      {"BlockDeletionStartTime", sample.started_ms},
      {"FsLockQueueLength", 0},
      {"SnapshotStats", snapshot_stats(sample)},
      {"TotalSyncTimes", sync_times(sample)}};
  for (auto& [name, value] : state.attributes) {
    if (auto found = others.find(name); found != others.end()) value = found->second;
  }
  Bean groups = bean("ECBlockGroupsState", kGroupAttributes);
  groups.attributes.emplace_back("EnabledEcPolicies", kEnabledPolicies);
  Bean replicated = bean("ReplicatedBlocksState", kReplicatedAttributes);
  Bean stats{.name = "Hadoop:service=NameNode,name=BlockStats",
             .type = "org.apache.hadoop.hdfs.server.blockmanagement.BlockManager",
             .attributes = {{"StorageTypeStats", storage_type_stats(sample)}}};
  return {std::move(state), std::move(replicated), std::move(groups), std::move(stats)};
}

}  // namespace dfs::namenode
