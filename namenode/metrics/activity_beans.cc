#include "namenode/metrics/rates.h"
#include "namenode/metrics/sample.h"

namespace dfs::namenode {
namespace {

using metrics::Source;

std::vector<metrics::Tag> tags_of(const Sample& sample, std::string_view context) {
  return {{"ProcessName", "NameNode"}, {"SessionId", {}}, {"Context", context}, {"Hostname", sample.host_name}};
}

}  // namespace

// NameNodeMetrics
Source namenode_activity(const Sample& sample) {
  Source source{.name = "NameNodeActivity", .record = "namenode", .tags = tags_of(sample, "dfs"), .metrics = {}};
  uint64_t total = 0;
  auto operations = [&](std::string metric, std::initializer_list<std::string_view> methods) {
    uint64_t calls = 0;
    for (std::string_view method : methods) calls += sample.client_calls(method);
    total += calls;
    source.counter(metric, metric, calls);
  };
  auto plain = [&](std::string metric, std::string description, uint64_t value) {
    source.counter(std::move(metric), std::move(description), value);
  };
  const uint64_t created = sample.commit->inodes_created.value();
  operations("CreateFileOps", {"create"});
  plain("FilesCreated", "FilesCreated", created);
  operations("FilesAppended", {"append"});
  operations("GetBlockLocations", {"getBlockLocations"});
  operations("FilesRenamed", {"rename", "rename2"});
  operations("FilesTruncated", {"truncate"});
  operations("GetListingOps", {"getListing", "getBatchedListing"});
  operations("DeleteFileOps", {"delete"});
  plain("FilesDeleted", "Number of files/dirs deleted by delete or rename operations", sample.inodes_deleted);
  operations("FileInfoOps", {"getFileInfo", "getFileLinkInfo", "getLocatedFileInfo"});
  operations("AddBlockOps", {"addBlock"});
  operations("GetAdditionalDatanodeOps", {"getAdditionalDatanode"});
  operations("CreateSymlinkOps", {"createSymlink"});
  operations("GetLinkTargetOps", {"getLinkTarget"});
  plain("FilesInGetListingOps", "FilesInGetListingOps", sample.entries_listed);
  plain("SuccessfulReReplications", "Number of successful re-replications", sample.gauges.workload.settled);
  plain("NumTimesReReplicationNotScheduled", "Number of times we failed to schedule a block re-replication.", 0);
  plain("TimeoutReReplications", "Number of timed out block re-replications", sample.gauges.workload.timed_out);
  operations("AllowSnapshotOps", {"allowSnapshot"});
  operations("DisallowSnapshotOps", {"disallowSnapshot"});
  operations("CreateSnapshotOps", {"createSnapshot"});
  operations("DeleteSnapshotOps", {"deleteSnapshot"});
  operations("RenameSnapshotOps", {"renameSnapshot"});
  operations("ListSnapshottableDirOps", {"getSnapshottableDirListing"});
  operations("ListSnapshotOps", {"getSnapshotListing"});
  operations("SnapshotDiffReportOps", {"getSnapshotDiffReport", "getSnapshotDiffReportListing"});
  plain("BlockReceivedAndDeletedOps", "Number of blockReceivedAndDeleted calls",
        sample.datanode_calls("blockReceivedAndDeleted"));
  source.gauge("BlockOpsQueued", "Number of blockReports and blockReceivedAndDeleted queued", 0);
  plain("BlockOpsBatched", "Number of blockReports and blockReceivedAndDeleted batch processed", 0);
  source.gauge("PendingEditsCount", "Number of pending edits", 0);
  source.gauge("DeleteBlocksQueued", "Number of delete blocks Queued", 0);
  source.gauge("PendingDeleteBlocksCount", "Number of pending deletion blocks", 0);
  add_rate(source, sample.now, "Transactions", "journal transactions", sample.commit->transactions);
  add_rate(source, sample.now, "Syncs", "journal syncs", sample.commit->syncs);
  plain("TransactionsBatchedInSync", "Journal transactions batched in sync",
        sample.commit->transactions_batched.value());
  add_rate(source, sample.now, "StorageBlockReport", "number of blockReports from individual storages",
           sample.block_reports ? *sample.block_reports : kNever);
  add_rate(source, sample.now, "CacheReport", "cache report", kNever);
  add_rate(source, sample.now, "GenerateEDEKTime", "generate EDEK time", kNever);
  add_rate(source, sample.now, "WarmUpEDEKTime", "warm-up EDEK time", kNever);
  add_rate(source, sample.now, "ResourceCheckTime", "resource check time", kNever);
  const auto& phases = sample.startup.phases;
  source.gauge("SafeModeTime", "Duration in SafeMode at startup in msec",
               phases[size_t(StartupProgress::Phase::kSafeMode)].elapsed_ms);
  source.gauge("FsImageLoadTime", "Time loading FS Image at startup in msec",
               phases[size_t(StartupProgress::Phase::kLoadingFsImage)].elapsed_ms);
  add_rate(source, sample.now, "EditLogTailTime", "time tailing edit logs in msec", kNever);
  add_rate(source, sample.now, "EditLogFetchTime", "edit log fetch time", kNever);
  add_rate(source, sample.now, "NumEditLogLoaded", "number of edits loaded", kNever, "Count");
  add_rate(source, sample.now, "EditLogTailInterval", "time between edit log tailing in msec", kNever);
  add_rate(source, sample.now, "GetEdit", "getImageServlet getEdit", kNever);
  add_rate(source, sample.now, "GetImage", "getImageServlet getImage", kNever);
  add_rate(source, sample.now, "GetAliasMap", "getImageServlet getAliasMap", kNever);
  add_rate(source, sample.now, "PutImage", "getImageServlet putImage", kNever);
  source.sort_by_name();
  source.gauge("TotalFileOps", "Number of file system operations", total);
  return source;
}

Source startup_progress_source(const Sample& sample) {
  Source source{
      .name = "StartupProgress", .record = "StartupProgress", .tags = {{"Hostname", sample.host_name}}, .metrics = {}};
  source.counter("ElapsedTime", "overall elapsed time", sample.startup.elapsed_ms);
  source.gauge("PercentComplete", "overall percent complete", sample.startup.percent);
  for (const StartupProgress::PhaseView& phase : sample.startup.phases) {
    const std::string name(phase.name), description(phase.description);
    source.counter(name + "Count", description + " count", phase.count());
    source.counter(name + "ElapsedTime", description + " elapsed time", phase.elapsed_ms);
    source.counter(name + "Total", description + " total", phase.total());
    source.gauge(name + "PercentComplete", description + " percent complete", phase.percent());
  }
  return source;
}

// Whether it is active, as a number of HAServiceState.
Source state_source(const Sample& sample) {
  Source source{.name = "NameNode", .record = "NameNode", .tags = {}, .metrics = {}};
  source.tags = {{"Context", "dfs"}, {"Hostname", sample.host_name}};
  source.gauge("NameNodeState", "Namenode HA service state", 1);
  return source;
}

Source retry_cache_source(const Sample& sample) {
  Source source{
      .name = "RetryCache.NameNodeRetryCache", .record = "RetryCache.NameNodeRetryCache", .tags = {}, .metrics = {}};
  source.tags = {{"Context", "rpc"}, {"Hostname", sample.host_name}};
  source.counter("CacheCleared", "Number of RetryCache cleared", 0);
  source.counter("CacheHit", "Number of RetryCache hit", sample.retries_known);
  source.counter("CacheUpdated", "Number of RetryCache updated", sample.retries_kept);
  return source;
}

// Of features that this NameNode lacks: as where nobody uses them.
Source token_source(const Sample& sample) {
  Source source{.name = "DelegationTokenSecretManagerMetrics",
                .record = "DelegationTokenSecretManagerMetrics",
                .tags = {},
                .metrics = {}};
  source.tags = {{"Context", "token"}, {"Hostname", sample.host_name}};
  add_rate(source, sample.now, "RemoveToken", "rate of removal of delegation tokens", kNever);
  add_rate(source, sample.now, "StoreToken", "rate of storage of delegation tokens", kNever);
  source.counter("TokenFailure", "Counter of delegation tokens operation failures", 0);
  add_rate(source, sample.now, "UpdateToken", "rate of update of delegation tokens", kNever);
  return source;
}

// JvmMetrics of a process that has no JVM: its memory is all heap, as far as the machine has any, and it never collects
// garbage.
Source process_source(const Sample& sample) {
  constexpr float kMegabyte = 1 << 20;
  const ProcessReading& process = sample.process;
  const float used = float(process.resident_bytes) / kMegabyte, most = float(process.machine_bytes) / kMegabyte;
  Source source{.name = "JvmMetrics", .record = "JvmMetrics", .tags = {}, .metrics = {}};
  source.tags = {{"Context", "jvm"}, {"ProcessName", "NameNode"}, {"SessionId", {}}, {"Hostname", sample.host_name}};
  source.gauge("MemNonHeapUsedM", "Non-heap memory used in MB", 0.0F);
  source.gauge("MemNonHeapCommittedM", "Non-heap memory committed in MB", 0.0F);
  source.gauge("MemNonHeapMaxM", "Non-heap memory max in MB", -1.0F);
  source.gauge("MemHeapUsedM", "Heap memory used in MB", used);
  source.gauge("MemHeapCommittedM", "Heap memory committed in MB", used);
  source.gauge("MemHeapMaxM", "Heap memory max in MB", most);
  source.gauge("MemMaxM", "Max memory size in MB", most);
  source.counter("GcCount", "Total GC count", 0);
  source.counter("GcTimeMillis", "Total GC time in milliseconds", 0);
  source.counter("GcNumWarnThresholdExceeded", "Number of times that the GC warn threshold is exceeded", 0);
  source.counter("GcNumInfoThresholdExceeded", "Number of times that the GC info threshold is exceeded", 0);
  source.counter("GcTotalExtraSleepTime", "Total GC extra sleep time in milliseconds", 0);
  source.gauge("GcTimePercentage", "Percentage of time spent in GC", 0);
  source.gauge("ThreadsNew", "Number of new threads", 0);
  source.gauge("ThreadsRunnable", "Number of runnable threads", process.threads_runnable);
  source.gauge("ThreadsBlocked", "Number of blocked threads", process.threads_blocked);
  source.gauge("ThreadsWaiting", "Number of waiting threads", process.threads_waiting);
  source.gauge("ThreadsTimedWaiting", "Number of timed waiting threads", 0);
  source.gauge("ThreadsTerminated", "Number of terminated threads", 0);
  return source;
}

}  // namespace dfs::namenode
