#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "namenode/metrics/sample.h"

namespace dfs::namenode {
namespace {

using metrics::Array;
using metrics::Bean;
using metrics::JsonLayout;
using metrics::Object;
using metrics::Value;

// Of the Hadoop that this NameNode takes the place of: what tools look at before they speak to it.
constexpr const char* kSoftwareVersion = "3.4.1";

std::string compact(Value value) {
  return metrics::to_json(value, JsonLayout::kCompact);
}

float percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0F : float(part) * 100.0F / float(whole);
}

struct Totals {
  uint64_t capacity = 0, used = 0, non_dfs = 0, remaining = 0, pool_used = 0, failed = 0;
};
Totals totals_of(const DatanodeStatus& datanode) {
  Totals totals;
  for (const StorageStatus& storage : datanode.storages) {
    totals.capacity += storage.capacity_bytes;
    totals.used += storage.dfs_used_bytes;
    totals.non_dfs += storage.non_dfs_used_bytes;
    totals.remaining += storage.remaining_bytes;
    totals.pool_used += storage.block_pool_used_bytes;
    totals.failed += storage.failed;
  }
  return totals;
}

// Util.getBlockPoolUsedPercentStdDev
float deviation_of_use(const DatanodeStatus& datanode) {
  std::vector<float> uses;
  for (const StorageStatus& storage : datanode.storages) {
    uses.push_back(percent(storage.block_pool_used_bytes, storage.capacity_bytes));
  }
  if (uses.empty()) return 0;
  float mean = 0, squares = 0;
  for (float use : uses) mean += use;
  mean /= float(uses.size());
  for (float use : uses) squares += (use - mean) * (use - mean);
  return std::sqrt(squares / float(uses.size()));
}

std::string address_of(const std::string& host, uint16_t port) {
  return fmt::format("{}:{}", host, port);
}

uint64_t since_ms(TimePoint now, uint64_t then_ms) {
  const auto now_ms = uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  return now_ms - std::min(now_ms, then_ms);
}

std::string live_nodes(const Sample& sample) {
  Object nodes;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
    if (datanode.liveness == DatanodeLiveness::kDead || !datanode.admitted) continue;
    const Totals totals = totals_of(datanode);
    nodes.emplace_back(
        address_of(datanode.host_name, datanode.transfer_port),
        Object{{"infoAddr", address_of(datanode.ip_address, datanode.http_port)},
               {"infoSecureAddr", address_of(datanode.ip_address, datanode.https_port)},
               {"xferaddr", address_of(datanode.ip_address, datanode.transfer_port)},
               {"location", datanode.network_location},
               {"lastContact", since_ms(sample.now, datanode.last_update_monotonic_ms) / 1000},
               {"usedSpace", totals.used},
               {"adminState", admin_state_text(datanode.admin_state)},
               {"nonDfsUsedSpace", totals.non_dfs},
               {"capacity", totals.capacity},
               {"numBlocks", datanode.block_count},
               {"version", datanode.software_version},
               {"used", totals.used},
               {"remaining", totals.remaining},
               {"blockScheduled", 0},
               {"blockPoolUsed", totals.pool_used},
               {"blockPoolUsedPercent", percent(totals.pool_used, totals.capacity)},
               {"volfails", totals.failed},
               {"lastBlockReport", since_ms(sample.now, datanode.last_block_report_monotonic_ms) / 60000},
               {"blockPoolUsedPercentStdDev", deviation_of_use(datanode)}});
  }
  return compact(std::move(nodes));
}

std::string dead_nodes(const Sample& sample) {
  Object nodes;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
    if (datanode.liveness != DatanodeLiveness::kDead || !datanode.admitted) continue;
    nodes.emplace_back(address_of(datanode.host_name, datanode.transfer_port),
                       Object{{"lastContact", since_ms(sample.now, datanode.last_update_monotonic_ms) / 1000},
                              {"decommissioned", datanode.admin_state == AdminState::kDecommissioned},
                              {"adminState", admin_state_text(datanode.admin_state)},
                              {"xferaddr", address_of(datanode.ip_address, datanode.transfer_port)},
                              {"location", datanode.network_location}});
  }
  return compact(std::move(nodes));
}

// What still keeps each from leaving.
std::string nodes_in(const Sample& sample, AdminState state, const char* only_replicas) {
  Object nodes;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
    if (datanode.admin_state != state || !datanode.admitted) continue;
    nodes.emplace_back(address_of(datanode.host_name, datanode.transfer_port),
                       Object{{"xferaddr", address_of(datanode.ip_address, datanode.transfer_port)},
                              {"location", datanode.network_location},
                              {"underReplicatedBlocks", datanode.leaving.low_redundancy},
                              {only_replicas, datanode.leaving.only_out_of_service},
                              {"underReplicateInOpenFiles", datanode.leaving.in_open_files}});
  }
  return compact(std::move(nodes));
}

std::string node_usage(const Sample& sample) {
  std::vector<float> uses;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
    if (datanode.liveness == DatanodeLiveness::kDead || datanode.admin_state != AdminState::kNormal) continue;
    const Totals totals = totals_of(datanode);
    uses.push_back(percent(totals.used, totals.capacity));
  }
  std::ranges::sort(uses);
  float mean = 0, squares = 0;
  for (float use : uses) mean += use / float(uses.size());
  for (float use : uses) squares += (use - mean) * (use - mean);
  auto text = [](float value) { return fmt::format("{:.2f}%", value); };
  return compact(
      Object{{"nodeUsage", Object{{"min", text(uses.empty() ? 0 : uses.front())},
                                  {"median", text(uses.empty() ? 0 : uses[uses.size() / 2])},
                                  {"max", text(uses.empty() ? 0 : uses.back())},
                                  {"stdDev", text(uses.empty() ? 0 : std::sqrt(squares / float(uses.size())))}}}});
}

bool contains(const std::vector<std::string>& folders, const std::string& folder) {
  return std::ranges::find(folders, folder) != folders.end();
}

std::string folder_states(const Sample& sample) {
  Object active, failed;
  const std::vector<std::string> in_use = sample.commit->edits_folders();
  for (const std::string& folder : sample.name_folders) {
    const bool edits_too = contains(sample.edits_folders, folder);
    (edits_too && !contains(in_use, folder) ? failed : active)
        .emplace_back(folder, edits_too ? "IMAGE_AND_EDITS" : "IMAGE");
  }
  for (const std::string& folder : sample.edits_folders) {
    if (!contains(sample.name_folders, folder))
      (contains(in_use, folder) ? active : failed).emplace_back(folder, "EDITS");
  }
  return compact(Object{{"failed", std::move(failed)}, {"active", std::move(active)}});
}

std::string journal_states(const Sample& sample) {
  Array journals;
  const std::vector<std::string> in_use = sample.commit->edits_folders();
  for (const std::string& folder : sample.edits_folders) {
    const bool usable = contains(in_use, folder) && !sample.edits_failed;
    journals.emplace_back(
        Object{{"manager", "FileJournalManager(root=" + folder + ")"},
               {"stream", usable ? fmt::format("EditLogFileOutputStream({}/current/edits_inprogress_{:019})", folder,
                                               sample.commit->segment_first.load())
                                 : std::string("Failed")},
               {"disabled", usable ? "false" : "true"},
               {"required", "false"}});
  }
  return compact(std::move(journals));
}

std::string folder_sizes(const Sample& sample) {
  Object sizes;
  for (const auto& [folder, bytes] : sample.folder_bytes) sizes.emplace_back(folder, bytes);
  return compact(std::move(sizes));
}

Array versions_of(const Sample& sample) {
  std::map<std::string, uint64_t> counts;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) {
    if (datanode.liveness != DatanodeLiveness::kDead) ++counts[datanode.software_version];
  }
  Array versions;
  for (const auto& [version, count] : counts) versions.emplace_back(Object{{"key", version}, {"value", count}});
  return versions;
}

// ECTopologyVerifier, for the policy that is enabled where nobody has changed that.
std::string striping_verdict(const Sample& sample) {
  constexpr std::string_view kPolicy = "RS-6-3-1024k";
  constexpr size_t kDatanodes = 9, kRacks = 3;
  std::set<std::string_view> racks;
  for (const DatanodeStatus& datanode : sample.datanodes->datanodes) racks.insert(datanode.network_location);
  const size_t count = sample.datanodes->datanodes.size();
  std::string message = fmt::format("The cluster setup can support EC policies: {}", kPolicy);
  if (count < kDatanodes) {
    message = fmt::format(
        "{} DataNodes are required for the erasure coding policies: {}. The number of DataNodes is only {}.",
        kDatanodes, kPolicy, count);
  } else if (racks.size() < kRacks) {
    message = fmt::format("{} racks are required for the erasure coding policies: {}. The number of racks is only {}.",
                          kRacks, kPolicy, racks.size());
  }
  const bool supported = count >= kDatanodes && racks.size() >= kRacks;
  return compact(Object{{"isSupported", supported ? "true" : "false"}, {"resultMessage", message}});
}

Bean info_of(const Sample& sample) {
  const DatanodeView& view = *sample.datanodes;
  Array missing;
  for (const Sample::MissingFile& file : sample.missing_files) {
    missing.emplace_back(fmt::format("{}\t{}\t{}", file.block, file.replication, file.path));
  }
  const uint64_t missing_count = missing.size();
  Array versions = versions_of(sample);
  const uint64_t version_count = versions.size();
  Bean bean{.name = "Hadoop:service=NameNode,name=NameNodeInfo", .type = kFsNamesystem, .attributes = {}};
  bean.attributes = {
      {"Threads", sample.process.threads()},
      {"Version", std::string(kSoftwareVersion) + ", rtusk"},
      {"BlockPoolId", sample.block_pool_id},
      {"ClusterId", sample.cluster_id},
      {"UpgradeFinalized", true},
      {"HighestPriorityLowRedundancyReplicatedBlocks", sample.gauges.workload.highest_risk},
      {"HighestPriorityLowRedundancyECBlocks", 0},
      {"Used", view.used_bytes},
      {"Free", view.remaining_bytes},
      {"Total", view.capacity_bytes},
      {"ProvidedCapacity", 0},
      {"Safemode", sample.safe_mode()},
      {"NonDfsUsedSpace", view.non_dfs_used_bytes},
      {"PercentUsed", percent(view.used_bytes, view.capacity_bytes)},
      {"BlockPoolUsedSpace", view.block_pool_used_bytes},
      {"PercentBlockPoolUsed", percent(view.block_pool_used_bytes, view.capacity_bytes)},
      {"PercentRemaining", percent(view.remaining_bytes, view.capacity_bytes)},
      {"CacheCapacity", 0},
      {"CacheUsed", 0},
      {"TotalBlocks", sample.blocks},
      {"NumberOfMissingBlocks", view.missing},
      {"NumberOfMissingBlocksWithReplicationFactorOne", view.missing_replication_one},
      {"LiveNodes", live_nodes(sample)},
      {"DeadNodes", dead_nodes(sample)},
      {"DecomNodes", nodes_in(sample, AdminState::kDecommissionInProgress, "decommissionOnlyReplicas")},
      {"EnteringMaintenanceNodes", nodes_in(sample, AdminState::kEnteringMaintenance, "maintenanceOnlyReplicas")},
      {"NameDirStatuses", folder_states(sample)},
      {"NodeUsage", node_usage(sample)},
      {"NameJournalStatus", journal_states(sample)},
      {"JournalTransactionInfo", compact(Object{{"MostRecentCheckpointTxId", std::to_string(raw(sample.checkpoint))},
                                                {"LastAppliedOrWrittenTxId", std::to_string(raw(sample.applied))}})},
      {"NNStartedTimeInMillis", sample.started_ms},
      {"CompileInfo", "tusk"},
      {"CorruptFiles", compact(std::move(missing))},
      {"CorruptFilesCount", missing_count},
      {"NumberOfSnapshottableDirs", sample.snapshottable_directories},
      {"DistinctVersionCount", version_count},
      {"DistinctVersions", std::move(versions)},
      {"SoftwareVersion", kSoftwareVersion},
      {"NameDirSize", folder_sizes(sample)},
      {"RollingUpgradeStatus", {}},
      {"VerifyECWithTopologyResult", striping_verdict(sample)},
  };
  return bean;
}

Bean snapshots_of(const Sample& sample) {
  Array directories, snapshots;
  Result<std::vector<SnapshottableStatus>> listed = sample.list_snapshottable();
  for (const SnapshottableStatus& directory : listed ? *listed : std::vector<SnapshottableStatus>()) {
    const InodeRow& inode = *directory.status.inode;
    const std::string path = (directory.parent_path == "/" ? "" : directory.parent_path) + "/" + directory.status.name;
    directories.emplace_back(Object{{"group", inode.group},
                                    {"modificationTime", inode.modification_time_ms},
                                    {"owner", inode.owner},
                                    {"path", path},
                                    {"permission", std::stoi(fmt::format("{:o}", inode.permission))},
                                    {"snapshotNumber", directory.snapshot_count},
                                    {"snapshotQuota", directory.snapshot_quota}});
    Result<std::vector<SnapshotStatus>> taken = sample.list_snapshots(path);
    for (const SnapshotStatus& snapshot : taken ? *taken : std::vector<SnapshotStatus>()) {
      snapshots.emplace_back(Object{{"modificationTime", snapshot.status.inode->modification_time_ms},
                                    {"snapshotDirectory", path + "/.snapshot/" + snapshot.status.name},
                                    {"snapshotID", uint32_t(snapshot.id)},
                                    {"status", "ACTIVE"}});
    }
  }
  return {.name = "Hadoop:service=NameNode,name=SnapshotInfo",
          .type = "org.apache.hadoop.hdfs.server.namenode.snapshot.SnapshotManager",
          .attributes = {{"SnapshottableDirectories", std::move(directories)}, {"Snapshots", std::move(snapshots)}}};
}

}  // namespace

std::vector<Bean> information_beans(const Sample& sample) {
  Bean status{.name = "Hadoop:service=NameNode,name=NameNodeStatus",
              .type = "org.apache.hadoop.hdfs.server.namenode.NameNode",
              .attributes = {{"State", "active"},
                             {"NNRole", "NameNode"},
                             {"HostAndPort", sample.rpc_address},
                             {"SecurityEnabled", false},
                             {"LastHATransitionTime", 0},
                             {"BytesWithFutureGenerationStamps", 0},
                             {"SlowPeersReport", {}},
                             {"SlowDisksReport", {}}}};
  return {info_of(sample), std::move(status), snapshots_of(sample)};
}

}  // namespace dfs::namenode
