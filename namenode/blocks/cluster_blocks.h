#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "namenode/blocks/blocks.h"
#include "namenode/blocks/commands.h"
#include "namenode/blocks/departure.h"
#include "namenode/blocks/examined.h"
#include "namenode/blocks/full_report.h"
#include "namenode/blocks/held_heartbeats.h"
#include "namenode/blocks/invalidations.h"
#include "namenode/blocks/pending_replication.h"
#include "namenode/blocks/placement.h"
#include "namenode/blocks/postponed.h"
#include "namenode/blocks/recheck_queue.h"
#include "namenode/blocks/recoveries.h"
#include "namenode/blocks/redundancy.h"
#include "namenode/blocks/replica_rules.h"
#include "namenode/blocks/replication_queue.h"
#include "namenode/blocks/safe_mode.h"
#include "namenode/blocks/stored_block.h"
#include "namenode/blocks/time_slice.h"
#include "namenode/datanodes/datanode_map.h"
#include "namenode/datanodes/report_leases.h"

namespace dfs::namenode {

// One entry of an incremental block report.
struct ReplicaEvent {
  enum class Kind : uint8_t { kReceiving, kReceived, kDeleted };
  Kind kind = Kind::kReceived;
  BlockId block{};
  uint64_t length = 0;
  GenerationStamp generation_stamp{};
  std::string delete_hint;  // the DataNode whose replica is to go in exchange, by uuid
};

// Keeps every block at its replication: replica rows from the reports of DataNodes, and commands to DataNodes where
// the rows and the namespace differ.
//
// Everything runs on the namespace thread but datanodes(). Reports only write rows and note which blocks are to be
// checked; decisions (copy, delete, missing) are made by periodic(), one bounded round at a time, from rows that are
// written. A full report decides by itself about a replica that it has brought where no other row is to change and
// nothing is to be deleted: it has read all that a check would read again. Nothing is deleted nor called missing on the
// strength of a location that its DataNode has not confirmed since it registered.
class ClusterBlocks final : public Blocks {
 public:
  struct Settings {
    DatanodeMap::Timing timing;
    SafeMode::Limits safe_mode;
    BlockReportLeases::Limits report_leases;
    std::chrono::milliseconds pending_timeout{300'000};  // dfs.namenode.reconstruction.pending.timeout-sec
    std::chrono::milliseconds deletion_delay{0};         // dfs.namenode.startup.delay.block.deletion.sec
    uint32_t transfers_per_datanode_max = 2;             // dfs.namenode.replication.max-streams
    uint32_t invalidations_per_heartbeat_max = 1000;     // dfs.block.invalidate.limit
    // A round ends with its time slice, or after so many.
    uint32_t checks_per_round = 10'000;
    uint32_t reported_replicas_per_round = 100'000;
    uint32_t safe_mode_rows_per_round = 5'000;
    SufficiencyLimits departures;
    std::chrono::milliseconds departure_interval{30'000};  // dfs.namenode.decommission.interval
    uint32_t departure_checks_per_round = 500;
    std::chrono::milliseconds publish_interval{500};
    // After a start, DataNodes that the tables do not know (a crash may have lost what they held) have this long to
    // come before a block without a location counts as one that was never written, and those that are known before all
    // blocks are looked at.
    std::chrono::milliseconds strangers_interval{60'000};
  };

  // `seed`: of the generator behind placement, so that a simulation repeats.
  ClusterBlocks(Settings settings, HostLists hosts, uint64_t seed);

  // Takes over what the tables remember. Called once the edit log has been replayed, before any other call of this
  // part.
  Result<void> start(const View& view, TimePoint now);
  // Liveness, safe mode, one round of checks, new work, and the view for readers. About twice a second, and again at
  // once while it returns true. Of each kind of work a little is done also when `slice` is over.
  Result<bool> periodic(const View& view, Batch& batch, WallTime wall, TimePoint now, const TimeSlice& slice = {});

  // What the administrator's lists say from now on (refreshNodes).
  void set_hosts(HostLists hosts, WallTime wall);

  // From the DataNodes. One that is not registered is told must_register by heartbeat(); full_report() fails with
  // kUnregisteredNode, which is to be answered by RegisterCommand; incremental_report() passes over what it says.
  Result<void> register_datanode(Registration registration, WallTime wall, TimePoint now);
  // kDisallowedDatanode: the host lists do not admit it any more.
  Result<Commands> heartbeat(const View& view, Batch& batch, const std::string& datanode_uuid,
                             const Heartbeat& heartbeat, WallTime wall, TimePoint now);
  // What a heartbeat that is held is answered with by now; `held` is set again while it waits on.
  Result<Commands> held(const View& view, const std::string& datanode_uuid, uint64_t ticket, TimePoint now);
  // 0: not now.
  uint64_t request_report_lease(const std::string& datanode_uuid, TimePoint now);
  Result<void> incremental_report(const View& view, Batch& batch, const std::string& datanode_uuid,
                                  const std::string& storage_uuid, uint8_t storage_type,
                                  std::span<const ReplicaEvent> events);
  // Takes over replicas of the report until `slice` is over. True: there are more; to be called again when the batch is
  // written.
  // What happens meanwhile counts: each replica is judged by the state it meets. A storage is confirmed when all of it
  // has been taken over (HDFS-12914). kInvalidBlockReportLease: send it again later.
  Result<bool> full_report(const View& view, Batch& batch, FullReport& report, WallTime wall, TimePoint now,
                           const TimeSlice& slice = {});
  // Whether storages that the tables did not know have come since the last call.
  bool take_new_storages() { return datanodes_.take_new_storages(); }
  // The DataNode says that it cannot go on (ErrorReport FATAL_DISK_ERROR).
  void datanode_failed(const std::string& datanode_uuid);

  std::vector<StorageNumber> choose_targets(const PlacementRequest& request) override;
  Result<uint32_t> live_replicas(const View& view, const BlockRow& block) override;
  Result<void> expect(const View& view, Batch& batch, BlockId block, GenerationStamp stamp,
                      std::span<const StorageNumber> targets) override;
  Result<void> recover(const View& view, BlockRecovery recovery) override;
  std::optional<BlockRecovery> recovery_of(BlockId block) const override;
  Result<void> report_bad(const View& view, Batch& batch, const BlockRow& block, std::string_view datanode_uuid,
                          std::string_view storage_uuid) override;
  bool locations_settled() const override;
  std::vector<BlockId> corrupt_blocks(BlockId from, size_t count_max) const override;
  Result<void> removed(const View& view, Batch& batch, std::span<const BlockId> blocks) override;
  Result<void> completed(const View& view, std::span<const BlockId> blocks) override;
  Result<void> replication_changed(const View& view, InodeId file) override;
  std::vector<Awaited> take_arrived() override;
  std::optional<std::chrono::milliseconds> next_round() const override { return next_round_; }
  std::shared_ptr<const DatanodeView> datanodes() const override;
  bool in_safe_mode() const override { return safe_mode_.active(); }
  // Safe mode of the start has not ended.
  bool starting() const { return safe_mode_.starting(); }
  void enter_safe_mode() override;
  void leave_safe_mode() override;
  void set_resources_low(bool low) override;

  // What there is to do, for operators.
  struct Workload {
    uint64_t pending = 0;         // blocks that wait for replicas on their way
    uint64_t highest_risk = 0;    // blocks of which a single replica is left
    uint64_t postponed = 0;       // undecided until more storages are confirmed
    uint64_t settled = 0;         // replicas that came, since the start
    uint64_t timed_out = 0;       // blocks whose replicas did not, likewise
    uint64_t stale_storages = 0;  // live, and not confirmed
  };
  Workload workload() const;
  // Decides again about blocks whose replicas may lie better.
  void recheck(std::span<const BlockId> blocks);

 private:
  // Blocks of which the rows are read together.
  static constexpr size_t kBlocksAtOnce = 256;

  // reports.cc
  Result<void> begin_storage(const View& view, Batch& batch, FullReport& report);
  void end_storage(const FullReport& report, StorageNumber storage, WallTime wall, TimePoint now);
  Result<bool> take_over(const View& view, Batch& batch, FullReport& report, StorageNumber storage, size_t count_max);
  Result<void> take_news(const View& view, Batch& batch, StorageNumber storage,
                         std::span<const ReportedReplica> replicas);
  bool take_replica(Batch& batch, StorageNumber storage, const ReportedReplica& replica, ReplicaRowState state,
                    const BlockRow& block, bool deleted_before, std::vector<LocatedReplica>& replicas);
  Result<void> take_deletion(const View& view, Batch& batch, StorageNumber storage, const ReplicaEvent& event);
  Result<void> take_stranger(const View& view, Batch& batch, StorageNumber storage, const ReportedReplica& replica);
  Result<void> take_absence(const View& view, Batch& batch, StorageNumber storage, BlockId block,
                            const ReplicaRow& row);
  void settle_pending_at(BlockId block, const std::string& datanode_uuid);

  // checks.cc
  ExaminedBlock examine(const BlockFacts& facts) const;
  Result<void> check_blocks(const View& view, Batch& batch, TimePoint now, const TimeSlice& slice);
  Result<void> check(const View& view, Batch& batch, const ExaminedBlock& examined, const ReplicaMove& move,
                     TimePoint now);
  bool decides() const { return started_ && !safe_mode_.active(); }
  Result<bool> decide_at_once(const View& view, Batch& batch, const BlockFacts& facts);
  size_t confirmed_of(const std::vector<StorageNumber>& storages) const;
  size_t answering_of(const std::vector<StorageNumber>& storages, TimePoint now) const;
  void queue_if_lacking(const ExaminedBlock& examined);
  size_t required_of(const ExaminedBlock& examined) const;
  // With another replica on `with`, if given.
  bool is_well_placed(const ExaminedBlock& examined, const Datanode* with) const;
  Result<void> drop_excess(const View& view, const ExaminedBlock& examined, const ReplicaMove& move);
  Result<void> check_departures(const View& view, TimePoint now, const TimeSlice& slice);
  Result<void> check_departing(const View& view, Departure& departure, const std::string& datanode_uuid,
                               const BlockFacts& facts);
  bool is_healthy(const std::string& datanode_uuid) const;
  enum class Bad { kAny, kOneOfEarlierStamp };
  void drop_bad(const ExaminedBlock& examined, Bad which = Bad::kAny);
  Result<void> expire_pending(const View& view, Batch& batch, TimePoint now);
  Result<void> schedule_work(const View& view, TimePoint now, const TimeSlice& slice);
  Result<void> schedule(const View& view, const BlockFacts& facts, TimePoint now);
  std::string idle_source(const std::vector<StorageNumber>& storages, TimePoint now);

  void note(BlockId block, ReplicaMove move = {});
  void forget(BlockId block);
  void absorb_changes();
  void follow(const std::string& datanode_uuid);
  void recheck_settled();
  void discard_outbox(const std::string& datanode_uuid);
  Result<void> assign(const View& view, Recoveries::Entry& entry);
  Commands take_commands(const std::string& datanode_uuid, uint32_t deletions_max, TimePoint now);
  void invalidate(StorageNumber storage, BlockId block, GenerationStamp stamp);
  void hasten(std::chrono::milliseconds round);
  std::optional<CommandTarget> target(StorageNumber storage) const;
  void publish(TimePoint now);

  struct Transfer {
    BlockRow block;
    std::vector<StorageNumber> targets;
  };

  Settings settings_;
  DatanodeMap datanodes_;
  BlockReportLeases leases_;
  Placement placement_;
  SafeMode safe_mode_;
  ReplicationQueue queue_;
  PendingReplication pending_;
  Invalidations invalidations_;
  RecheckQueue recheck_;
  Recoveries recoveries_;
  std::unordered_map<std::string, std::vector<Transfer>> outbox_;  // by DataNode uuid
  HeldHeartbeats held_;
  std::vector<Awaited> arrived_;
  std::optional<std::chrono::milliseconds> next_round_;
  std::deque<BlockId> to_schedule_;  // what is left of a pass over queue_
  std::vector<BlockId> lacking_;     // entered queue_ since the last round, and need not wait for a pass
  TimePoint last_pass_ = TimePoint::min();
  Postponed postponed_;
  uint64_t settled_ = 0, timed_out_ = 0;
  std::set<BlockId> with_corrupt_;               // complete blocks with a replica that is known to be bad
  std::map<std::string, Departure> departures_;  // by DataNode uuid
  bool started_ = false;
  bool namespace_scan_begun_ = false;
  TimePoint started_at_{};
  TimePoint last_round_{};
  TimePoint now_{};           // of the last call that brought the time
  bool stale_places_ = true;  // readers do not know a storage that is handed out from now on
  bool stale_view_ = true;
  TimePoint published_at_{};

  mutable std::mutex published_mutex_;
  std::shared_ptr<const DatanodeView> published_;
};

}  // namespace dfs::namenode
