#include "namenode/blocks/cluster_blocks.h"

#include <algorithm>
#include <utility>

#include "namenode/blocks/stored_block.h"
#include "proto/base/log.h"

namespace dfs::namenode {

namespace {

// How soon a round follows: on what somebody has asked for or lost, and on what the end of a write may have left to do,
// where more reports are about to come.
constexpr std::chrono::milliseconds kRoundAtOnce{5}, kRoundSoon{50};

}  // namespace

ClusterBlocks::ClusterBlocks(Settings settings, HostLists hosts, uint64_t seed)
    : settings_(settings),
      datanodes_(settings.timing, std::move(hosts)),
      leases_(settings.report_leases, seed * 0x9E3779B97F4A7C15u),
      placement_(datanodes_, seed),
      safe_mode_(settings.safe_mode),
      held_(settings.timing.heartbeat_interval, settings.invalidations_per_heartbeat_max),
      published_(std::make_shared<DatanodeView>()) {}

Result<void> ClusterBlocks::start(const View& view, TimePoint now) {
  now_ = started_at_ = last_round_ = now;
  DFS_TRY_OK(datanodes_.load(view, now));
  DFS_TRY(uint64_t block_count, counter(view, Counter::kBlockCount));
  safe_mode_.start(block_count, datanodes_.live_count());
  started_ = true;
  publish(now);
  return {};
}

Result<bool> ClusterBlocks::periodic(const View& view, Batch& batch, WallTime wall, TimePoint now,
                                     const TimeSlice& slice) {
  now_ = now;
  next_round_.reset();
  // After a pause of ours the heartbeats of that time still wait in their queue
  // (DatanodeManager.shouldAbortHeartbeatCheck).
  const bool paused = now - std::exchange(last_round_, now) > settings_.timing.heartbeat_interval;
  if (!paused) datanodes_.check_liveness(now);
  datanodes_.check_maintenance(wall);
  absorb_changes();
  bool was_active = safe_mode_.active();
  DFS_TRY_OK(safe_mode_.update(view, datanodes_, now, settings_.safe_mode_rows_per_round));
  stale_view_ |= was_active != safe_mode_.active();
  if (was_active && !safe_mode_.active()) held_.tell_all(now);
  if (!safe_mode_.active()) {
    if (!namespace_scan_begun_ && (datanodes_.settled() || now - started_at_ >= settings_.strangers_interval)) {
      namespace_scan_begun_ = true;
      recheck_.add_all_blocks();
    }
    for (BlockId block : invalidations_.give_up(now)) note(block);
    for (Recoveries::Entry* entry : recoveries_.unassigned()) DFS_TRY_OK(assign(view, *entry));
    recheck_settled();
    DFS_TRY_OK(check_blocks(view, batch, now, slice));
    DFS_TRY_OK(check_departures(view, now, slice));
    DFS_TRY_OK(schedule_work(view, now, slice));
    // Last: what this erases is to be looked at when it is written.
    DFS_TRY_OK(expire_pending(view, batch, now));
  }
  if (stale_places_ || stale_view_ || now - published_at_ >= settings_.publish_interval) publish(now);
  return safe_mode_.counting() || (!safe_mode_.active() && (!recheck_.empty() || !to_schedule_.empty()));
}

Result<void> ClusterBlocks::register_datanode(Registration registration, WallTime wall, TimePoint now) {
  now_ = now;
  std::string uuid = registration.datanode_uuid;
  DFS_TRY_OK(datanodes_.register_datanode(std::move(registration), wall, now));
  // It was told nothing yet, or has forgotten it: what was decided is decided anew.
  discard_outbox(uuid);
  for (StorageNumber storage : datanodes_.find(uuid)->storages) invalidations_.send_again(storage);
  recoveries_.drop(uuid);
  leases_.release(uuid);
  held_.forget(uuid);
  safe_mode_.note_change();
  absorb_changes();
  follow(uuid);
  publish(now);
  return {};
}

void ClusterBlocks::set_hosts(HostLists hosts, WallTime wall) {
  datanodes_.set_hosts(std::move(hosts), wall);
  absorb_changes();
  publish(now_);
}

Result<Commands> ClusterBlocks::heartbeat(const View& view, Batch& batch, const std::string& datanode_uuid,
                                          const Heartbeat& heartbeat, WallTime wall, TimePoint now) {
  now_ = now;
  if (!datanodes_.is_registered(datanode_uuid)) {
    Commands commands;
    commands.must_register = true;
    return commands;
  }
  if (const Datanode& datanode = *datanodes_.find(datanode_uuid); !datanode.admitted) {
    const std::string who = datanode.registration.to_string();
    datanodes_.declare_dead(datanode_uuid);
    absorb_changes();
    return fail(ErrorCode::kDisallowedDatanode,
                "Datanode denied communication with namenode because the host is not in the include-list: " + who);
  }
  datanodes_.heartbeat(batch, datanode_uuid, heartbeat, wall, now);
  absorb_changes();
  // Storages that readers do not know yet must not be handed out before they do.
  if (stale_places_) publish(now);
  if (heartbeat.may_be_held.count() > 0) {
    // However little they ask for, all together they ask no more often than they are answered.
    const auto at_most = std::max<std::chrono::nanoseconds>(
        heartbeat.may_be_held, HeldHeartbeats::kGatherPerDatanode * int64_t(datanodes_.live_count()));
    return held(view, datanode_uuid, held_.hold(datanode_uuid, at_most, now), now);
  }
  held_.release(datanode_uuid);
  if (safe_mode_.active()) return Commands{};
  for (Recoveries::Entry* entry : recoveries_.unassigned()) DFS_TRY_OK(assign(view, *entry));
  return take_commands(datanode_uuid, settings_.invalidations_per_heartbeat_max, now);
}

Result<Commands> ClusterBlocks::held(const View& view, const std::string& datanode_uuid, uint64_t ticket,
                                     TimePoint now) {
  now_ = now;
  if (!datanodes_.is_registered(datanode_uuid)) held_.forget(datanode_uuid);
  Commands commands;
  if (!held_.is_current(datanode_uuid, ticket)) {
    commands.overtaken = true;
    return commands;
  }
  const TimePoint not_before = held_.look(datanode_uuid);
  if (now >= not_before && !safe_mode_.active()) {
    for (Recoveries::Entry* entry : recoveries_.unassigned()) DFS_TRY_OK(assign(view, *entry));
    commands = take_commands(datanode_uuid, held_.deletions_left(datanode_uuid, now), now);
  }
  const TimePoint until = held_.until(datanode_uuid);
  if (!commands.empty()) {
    held_.answered(datanode_uuid, commands.invalidations.size(), datanodes_.live_count(), now);
  } else if (now >= until) {
    held_.release(datanode_uuid);
  } else {
    commands.held = {ticket, now < not_before ? std::min(not_before, until) : until};
  }
  return commands;
}

std::vector<Awaited> ClusterBlocks::take_arrived() {
  for (uint64_t ticket : held_.take_due()) arrived_.push_back({Awaited::Kind::kCommands, ticket});
  return std::exchange(arrived_, {});
}

uint64_t ClusterBlocks::request_report_lease(const std::string& datanode_uuid, TimePoint now) {
  return datanodes_.is_registered(datanode_uuid) ? leases_.request(datanode_uuid, now) : 0;
}

void ClusterBlocks::datanode_failed(const std::string& datanode_uuid) {
  datanodes_.declare_dead(datanode_uuid);
  absorb_changes();
}

void ClusterBlocks::enter_safe_mode() {
  safe_mode_.enter();
  publish(now_);
}

void ClusterBlocks::leave_safe_mode() {
  safe_mode_.leave();
  held_.tell_all(now_);
  publish(now_);
}

void ClusterBlocks::set_resources_low(bool low) {
  safe_mode_.set_resources_low(low);
  stale_view_ = true;
}

bool ClusterBlocks::locations_settled() const {
  return now_ - started_at_ >= settings_.strangers_interval && datanodes_.settled();
}

std::vector<StorageNumber> ClusterBlocks::choose_targets(const PlacementRequest& request) {
  return placement_.choose(request, now_);
}

Result<uint32_t> ClusterBlocks::live_replicas(const View& view, const BlockRow& block) {
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block.id));
  // A client's last block that is being committed: its row is still under construction, its length is known.
  BlockRow measure = block;
  if (block.length > 0) measure.state = BlockState::kComplete;
  return uint32_t(std::ranges::count_if(replicas, [&](const LocatedReplica& located) {
    return is_good(measure, located.replica) && datanodes_.standing(located.storage) == Standing::kLive &&
           !invalidations_.contains(located.storage, block.id);
  }));
}

Result<void> ClusterBlocks::expect(const View& view, Batch& batch, BlockId block, GenerationStamp stamp,
                                   std::span<const StorageNumber> targets) {
  DFS_TRY(std::vector<LocatedReplica> present, replicas_of(view, block));
  for (StorageNumber target : targets) {
    // A replica that is appended to is not deleted any more.
    invalidations_.remove(target, block);
    if (datanodes_.find(target)) ++datanodes_.change(target).scheduled;
    auto held = std::ranges::find(present, target, &LocatedReplica::storage);
    bool reported = held != present.end() && held->replica.generation_stamp == stamp &&
                    held->replica.state != ReplicaRowState::kCorrupt;
    if (!reported) put_replica(batch, block, target, {stamp, 0, ReplicaRowState::kExpected});
  }
  // Others that reported the block keep their rows: what they hold has to be deleted one day. An expectation goes.
  for (const LocatedReplica& located : present) {
    if (located.replica.state == ReplicaRowState::kExpected &&
        std::ranges::find(targets, located.storage) == targets.end()) {
      erase_replica(batch, block, located.storage);
    }
  }
  return {};
}

Result<void> ClusterBlocks::recover(const View& view, BlockRecovery recovery) {
  return assign(view, recoveries_.put(std::move(recovery)));
}

std::optional<BlockRecovery> ClusterBlocks::recovery_of(BlockId block) const {
  const Recoveries::Entry* entry = recoveries_.find(block);
  return entry ? std::optional(entry->recovery) : std::nullopt;
}

// BlockInfo.initializeBlockRecovery: the replicas that can be reached, led by the DataNode heard of last, but not by
// the one that led the attempt before if there is another.
Result<void> ClusterBlocks::assign(const View& view, Recoveries::Entry& entry) {
  const std::string former = std::exchange(entry.primary, {});
  entry.sent = false;
  entry.replicas.clear();
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, entry.recovery.block.id));
  const Datanode* primary = nullptr;
  for (const LocatedReplica& located : replicas) {
    const Datanode* datanode = datanodes_.datanode_of(located.storage);
    if (!datanode || !datanode->alive || datanodes_.standing(located.storage) != Standing::kLive) continue;
    if (located.replica.state == ReplicaRowState::kCorrupt) continue;
    // Losers of an earlier pipeline recovery have nothing to say about the length.
    if (located.replica.generation_stamp < entry.recovery.block.generation_stamp) continue;
    entry.replicas.push_back(located.storage);
    auto rank = [&](const Datanode& candidate) {
      return std::pair(candidate.registration.datanode_uuid != former, candidate.last_heartbeat);
    };
    if (!primary || rank(*datanode) > rank(*primary)) primary = datanode;
  }
  if (primary) {
    entry.primary = primary->registration.datanode_uuid;
    held_.tell(entry.primary, now_);
  }
  return {};
}

Result<void> ClusterBlocks::report_bad(const View& view, Batch& batch, const BlockRow& block,
                                       std::string_view datanode_uuid, std::string_view storage_uuid) {
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block.id));
  for (const LocatedReplica& located : replicas) {
    const Storage* storage = datanodes_.find(located.storage);
    if (!storage || storage->datanode_uuid != datanode_uuid) continue;
    if (!storage_uuid.empty() && storage->uuid != storage_uuid) continue;
    if (located.replica.generation_stamp != block.generation_stamp ||
        located.replica.state != ReplicaRowState::kFinalized) {
      continue;
    }
    log::info("BLOCK* blk_{} on {} is reported corrupt", raw(block.id), datanode_uuid);
    ReplicaRow row = located.replica;
    row.state = ReplicaRowState::kCorrupt;
    put_replica(batch, block.id, located.storage, row);
    note(block.id);
    hasten(kRoundAtOnce);
  }
  return {};
}

std::vector<BlockId> ClusterBlocks::corrupt_blocks(BlockId from, size_t count_max) const {
  return queue_.lost_after(from, count_max);
}

Result<void> ClusterBlocks::removed(const View& view, Batch& batch, std::span<const BlockId> blocks) {
  for (BlockId block : blocks) {
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
    for (const LocatedReplica& located : replicas) {
      erase_replica(batch, block, located.storage);
      // Where nothing is live its next full report shows a replica that no file has.
      if (located.replica.state != ReplicaRowState::kExpected &&
          datanodes_.standing(located.storage) == Standing::kLive) {
        invalidate(located.storage, block, located.replica.generation_stamp);
      }
    }
    forget(block);
    recoveries_.remove(block);
  }
  return {};
}

Result<void> ClusterBlocks::completed(const View&, std::span<const BlockId> blocks) {
  for (BlockId block : blocks) {
    recoveries_.remove(block);
    note(block);
  }
  return {};
}

Result<void> ClusterBlocks::replication_changed(const View&, InodeId file) {
  if (!started_) return {};
  recheck_.add_file(file);
  hasten(kRoundAtOnce);
  return {};
}

void ClusterBlocks::recheck(std::span<const BlockId> blocks) {
  for (BlockId block : blocks) note(block);
}

ClusterBlocks::Workload ClusterBlocks::workload() const {
  Workload work{.pending = pending_.block_count(),
                .highest_risk = queue_.size(Urgency::kOneLeft),
                .postponed = postponed_.size(),
                .settled = settled_,
                .timed_out = timed_out_};
  for (const auto& [number, storage] : datanodes_.storages()) {
    if (storage.standing == Standing::kLive && !storage.confirmed) ++work.stale_storages;
  }
  return work;
}

std::shared_ptr<const DatanodeView> ClusterBlocks::datanodes() const {
  std::lock_guard lock(published_mutex_);
  return published_;
}

void ClusterBlocks::note(BlockId block, ReplicaMove move) {
  // Until then nothing is decided, and the walk over all blocks comes later.
  if (!started_ || safe_mode_.starting()) return;
  recheck_.add(block, std::move(move));
  hasten(kRoundSoon);
}

void ClusterBlocks::hasten(std::chrono::milliseconds round) {
  next_round_ = std::min(next_round_.value_or(round), round);
}

void ClusterBlocks::invalidate(StorageNumber storage, BlockId block, GenerationStamp stamp) {
  invalidations_.add(storage, block, stamp);
  if (const Storage* known = datanodes_.find(storage)) held_.tell_deletion(known->datanode_uuid, now_);
}

void ClusterBlocks::forget(BlockId block) {
  queue_.remove(block);
  pending_.remove(block);
  postponed_.remove(block);
  with_corrupt_.erase(block);
}

void ClusterBlocks::absorb_changes() {
  DatanodeMap::Changes changes = datanodes_.take_changes();
  if (changes.racks_appeared && !safe_mode_.starting()) recheck_.add_all_blocks();
  for (const std::string& datanode_uuid : changes.turned) {
    follow(datanode_uuid);
    const Datanode* datanode = datanodes_.find(datanode_uuid);
    // What leaves is looked at on its way; what is back may be too much, or in another rack.
    if (!datanode || datanode->admin_state != AdminState::kNormal || safe_mode_.starting()) continue;
    for (StorageNumber storage : datanode->storages) recheck_.add_storage(storage);
  }
  stale_view_ |= !changes.turned.empty();
  if (changes.appeared.empty() && changes.came.empty() && changes.went.empty()) return;
  stale_places_ = true;
  safe_mode_.note_change();
  for (StorageNumber storage : changes.went) {
    invalidations_.drop(storage);
    for (BlockId block : pending_.drop(storage)) note(block);
    for (BlockId block : postponed_.take(storage)) note(block);
    const std::string& datanode_uuid = datanodes_.find(storage)->datanode_uuid;
    if (!datanodes_.is_registered(datanode_uuid)) {
      discard_outbox(datanode_uuid);
      recoveries_.drop(datanode_uuid);
      leases_.release(datanode_uuid);
      held_.forget(datanode_uuid);
    }
  }
  if (safe_mode_.starting()) return;
  // One that nobody knew has no rows, and those that come before the walk over all blocks are seen by it.
  if (namespace_scan_begun_) {
    for (StorageNumber storage : changes.came) recheck_.add_storage(storage);
  }
  for (StorageNumber storage : changes.went) recheck_.add_storage(storage);
  recheck_settled();
}

// Begins to look at what the DataNode holds if it is to leave, and ceases if it is not.
void ClusterBlocks::follow(const std::string& datanode_uuid) {
  const Datanode* datanode = datanodes_.find(datanode_uuid);
  const bool leaves = datanode && (datanode->admin_state == AdminState::kDecommissionInProgress ||
                                   datanode->admin_state == AdminState::kEnteringMaintenance);
  departures_.erase(datanode_uuid);
  if (leaves) departures_.try_emplace(datanode_uuid, datanode->storages, now_);
}

void ClusterBlocks::recheck_settled() {
  if (!postponed_.waits_for_all() || !datanodes_.settled()) return;
  for (BlockId block : postponed_.take_settled()) note(block);
}

void ClusterBlocks::discard_outbox(const std::string& datanode_uuid) {
  auto outbox = outbox_.find(datanode_uuid);
  if (outbox == outbox_.end()) return;
  for (const Transfer& transfer : outbox->second) {
    for (StorageNumber target : transfer.targets) pending_.settle(transfer.block.id, target);
    note(transfer.block.id);
  }
  outbox_.erase(outbox);
}

Commands ClusterBlocks::take_commands(const std::string& datanode_uuid, uint32_t deletions_max, TimePoint now) {
  Commands commands;
  for (Recoveries::Entry& entry : recoveries_.take(datanode_uuid)) {
    RecoverCommand command{std::move(entry.recovery), {}};
    for (StorageNumber replica : entry.replicas) {
      if (std::optional<CommandTarget> found = target(replica)) command.replicas.push_back(std::move(*found));
    }
    commands.recoveries.push_back(std::move(command));
  }
  const Datanode& datanode = *datanodes_.find(datanode_uuid);
  if (auto outbox = outbox_.find(datanode_uuid); outbox != outbox_.end()) {
    size_t free = settings_.transfers_per_datanode_max -
                  std::min(settings_.transfers_per_datanode_max, datanode.transfers_in_progress);
    size_t count = std::min(free, outbox->second.size());
    for (size_t i = 0; i < count; ++i) {
      const Transfer& transfer = outbox->second[i];
      TransferCommand command{transfer.block, {}};
      for (StorageNumber storage : transfer.targets) {
        if (!pending_.contains(transfer.block.id, storage)) continue;  // the block is gone, or the target is
        if (std::optional<CommandTarget> found = target(storage)) command.targets.push_back(std::move(*found));
      }
      if (!command.targets.empty()) commands.transfers.push_back(std::move(command));
    }
    outbox->second.erase(outbox->second.begin(), outbox->second.begin() + ptrdiff_t(count));
    if (outbox->second.empty()) outbox_.erase(outbox);
  }
  if (now - started_at_ < settings_.deletion_delay) return commands;
  for (StorageNumber storage : datanode.storages) {
    size_t left = deletions_max - commands.invalidations.size();
    if (left == 0) break;
    if (!datanodes_.confirmed(storage)) continue;
    std::ranges::move(invalidations_.take(storage, left, now), std::back_inserter(commands.invalidations));
  }
  return commands;
}

std::optional<CommandTarget> ClusterBlocks::target(StorageNumber number) const {
  const Storage* storage = datanodes_.find(number);
  const Datanode* datanode = datanodes_.datanode_of(number);
  if (!datanode || !datanode->alive || storage->standing != Standing::kLive) return std::nullopt;
  CommandTarget target{number, storage->uuid, storage->last_report.storage_type, {}};
  target.datanode = datanodes_.status(*datanode, now_);
  target.datanode.storages.clear();
  return target;
}

void ClusterBlocks::publish(TimePoint now) {
  auto view = std::make_shared<DatanodeView>();
  view->datanodes = datanodes_.statuses(now);
  for (uint32_t i = 0; i < view->datanodes.size(); ++i) {
    if (auto departure = departures_.find(view->datanodes[i].uuid); departure != departures_.end()) {
      view->datanodes.change(i).leaving = departure->second.status();
    }
    const DatanodeStatus& datanode = view->datanodes[i];
    for (uint32_t j = 0; j < datanode.storages.size(); ++j) {
      const StorageStatus& storage = datanode.storages[j];
      view->by_storage[uint32_t(storage.number)] = {i, j};
      // What leaves is no room for anything (DatanodeStats).
      if (datanode.liveness == DatanodeLiveness::kDead || datanode.admin_state != AdminState::kNormal) continue;
      view->capacity_bytes += storage.capacity_bytes;
      view->used_bytes += storage.dfs_used_bytes;
      view->remaining_bytes += storage.remaining_bytes;
      view->block_pool_used_bytes += storage.block_pool_used_bytes;
      view->non_dfs_used_bytes += storage.non_dfs_used_bytes;
    }
  }
  view->under_replicated = view->low_redundancy = queue_.low_count();
  view->one_replica_left = queue_.size(Urgency::kOneLeft);
  view->corrupt = with_corrupt_.size();
  view->missing = queue_.size(Urgency::kLost);
  view->missing_replication_one = queue_.lost_with_replication_one();
  view->pending_deletion = invalidations_.count();
  view->safe_mode = safe_mode_.active();
  view->safe_mode_reason = safe_mode_.tip(datanodes_.live_count(), now);
  stale_places_ = stale_view_ = false;
  published_at_ = now;
  std::shared_ptr<const DatanodeView> former = std::move(view);
  std::lock_guard lock(published_mutex_);
  published_.swap(former);
}

}  // namespace dfs::namenode
