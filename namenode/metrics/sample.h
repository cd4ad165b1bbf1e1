#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/commit/activity.h"
#include "namenode/datanodes/datanode_view.h"
#include "namenode/metrics/gauges.h"
#include "namenode/metrics/process.h"
#include "namenode/metrics/startup_progress.h"
#include "namenode/namespace/snapshot_queries.h"
#include "proto/base/clock.h"
#include "proto/metrics/bean.h"
#include "proto/rpc/activity.h"

namespace dfs::namenode {

// Everything that the beans of a NameNode show, gathered at one moment.
struct Sample {
  WallTime wall{};
  TimePoint now{};
  uint64_t started_ms = 0;
  std::string host_name, rpc_address;
  uint16_t rpc_port = 0;
  std::string cluster_id, block_pool_id;
  std::vector<std::string> name_folders, edits_folders;
  std::map<std::string, uint64_t> folder_bytes;  // of both
  uint64_t objects_max = 0;

  // Of the published moment.
  uint64_t files = 0, directories = 0, blocks = 0;
  uint64_t inodes_deleted = 0;  // since the start
  uint64_t snapshottable_directories = 0, snapshots = 0;
  // Asked by /jmx alone: there may be many.
  std::function<Result<std::vector<SnapshottableStatus>>()> list_snapshottable;
  std::function<Result<std::vector<SnapshotStatus>>(const std::string& directory)> list_snapshots;
  TransactionId applied = kNoTransaction;
  struct MissingFile {
    std::string block, path;
    uint16_t replication = 0;
  };
  std::vector<MissingFile> missing_files;

  std::shared_ptr<const DatanodeView> datanodes;
  Gauges::Reading gauges;
  TransactionId checkpoint = kNoTransaction;
  uint64_t checkpoint_ms = 0;
  bool edits_failed = false;

  const CommitActivity* commit = nullptr;
  const rpc::Activity* rpc = nullptr;
  uint64_t rpc_connections = 0, calls_waiting = 0;
  std::function<uint64_t(std::string_view method)> client_calls, datanode_calls;
  uint64_t entries_listed = 0;
  uint64_t retries_known = 0, retries_kept = 0;
  const metrics::Rate* block_reports = nullptr;
  StartupProgress::View startup;
  ProcessReading process;

  uint64_t live() const;
  uint64_t dead() const;
  // Stale ones count as live.
  uint64_t live_in(AdminState state) const;
  uint64_t dead_in(AdminState state) const;
  std::string safe_mode() const;  // as NameNodeInfo says it; empty when off
};

inline constexpr const char* kFsNamesystem = "org.apache.hadoop.hdfs.server.namenode.FSNamesystem";

// DatanodeInfo.AdminStates.toString
std::string_view admin_state_text(AdminState state);

// rpc_beans.cc
metrics::Source rpc_activity(const Sample& sample);
metrics::Source rpc_detailed_activity(const Sample& sample);
// activity_beans.cc
metrics::Source namenode_activity(const Sample& sample);
metrics::Source startup_progress_source(const Sample& sample);
metrics::Source process_source(const Sample& sample);
metrics::Source state_source(const Sample& sample);
metrics::Source retry_cache_source(const Sample& sample);
metrics::Source token_source(const Sample& sample);
// namesystem_beans.cc
metrics::Source namesystem_source(const Sample& sample);
std::vector<metrics::Bean> namesystem_beans(const Sample& sample);
// namenode_beans.cc
std::vector<metrics::Bean> information_beans(const Sample& sample);

// What /prom lists, and what /jmx lists, which is that and more.
std::vector<metrics::Source> sources_of(const Sample& sample);
std::vector<metrics::Bean> beans_of(const Sample& sample);

}  // namespace dfs::namenode
