// What is to be done about a block: the decisions of ClusterBlocks.
#include <algorithm>
#include <set>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/blocks/excess.h"
#include "namenode/blocks/redundancy.h"
#include "namenode/blocks/storage_policy.h"
#include "namenode/blocks/stored_block.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

// Rounds follow one another as fast as there is something new; all that lacks replicas is gone through more slowly.
constexpr size_t kShortPass = 64;
constexpr std::chrono::milliseconds kPassInterval{500};
// What comes beyond it in one round waits for a pass.
constexpr size_t kLackingMax = 1'000;

// BlockManager.checkReplicaOnStorage, for a good replica.
std::vector<StorageNumber>& list_for(ExaminedBlock& examined, Standing standing, const Datanode* datanode) {
  if (standing == Standing::kAwaited) return examined.awaited;
  if (standing == Standing::kResting) return examined.resting;
  switch (datanode->admin_state) {
    case AdminState::kDecommissionInProgress:
      return examined.decommissioning;
    case AdminState::kDecommissioned:
      return examined.decommissioned;
    case AdminState::kEnteringMaintenance:
      return examined.to_rest;
    case AdminState::kInMaintenance:
      return examined.resting;
    case AdminState::kNormal:
      break;
  }
  return examined.live;
}

}  // namespace

ExaminedBlock ClusterBlocks::examine(const BlockFacts& facts) const {
  const BlockRow& block = facts.stored.row;
  ExaminedBlock examined;
  examined.stored = facts.stored;
  examined.replication = facts.replication;
  for (const LocatedReplica& located : facts.replicas) {
    Standing standing = datanodes_.standing(located.storage);
    if (standing == Standing::kGone) continue;
    examined.holders.push_back(located.storage);
    if (invalidations_.contains(located.storage, block.id)) continue;
    const Datanode* datanode = datanodes_.datanode_of(located.storage);
    if (is_good(block, located.replica)) {
      list_for(examined, standing, datanode).push_back(located.storage);
    } else if (is_arriving(block, located.replica)) {
      if (standing != Standing::kLive) continue;
      examined.arriving.push_back(located.storage);
      if (located.replica.state == ReplicaRowState::kBeingWritten && datanode->admin_state == AdminState::kNormal) {
        examined.being_written.push_back(located.storage);
      }
    } else if (located.replica.state == ReplicaRowState::kExpected) {
      examined.outdated.push_back(located);
    } else if (standing == Standing::kLive) {
      examined.bad.push_back(located);
    }
  }
  return examined;
}

Result<void> ClusterBlocks::check_blocks(const View& view, Batch& batch, TimePoint now, const TimeSlice& slice) {
  for (size_t left = settings_.checks_per_round; left > 0;) {
    DFS_TRY(std::vector<RecheckQueue::Entry> entries, recheck_.next(view, std::min(left, kBlocksAtOnce)));
    left -= entries.size();
    std::vector<BlockId> blocks;
    for (const RecheckQueue::Entry& entry : entries) blocks.push_back(entry.block);
    DFS_TRY(auto facts, facts_of(view, std::move(blocks)));
    for (const RecheckQueue::Entry& entry : entries) {
      auto found = facts.find(entry.block);
      // While it is being written its pipeline looks after it.
      if (found == facts.end() || found->second.stored.row.state != BlockState::kComplete) {
        forget(entry.block);
        continue;
      }
      // Anew for each entry: a block may be there twice, and what is to be deleted for the first one counts.
      DFS_TRY_OK(check(view, batch, examine(found->second), entry.move, now));
    }
    if (entries.empty() || slice.over()) break;
  }
  return {};
}

// Of a complete block.
Result<void> ClusterBlocks::check(const View& view, Batch& batch, const ExaminedBlock& examined,
                                  const ReplicaMove& move, TimePoint now) {
  const BlockId block = examined.stored.row.id;
  postponed_.remove(block);
  for (const LocatedReplica& located : examined.outdated) erase_replica(batch, block, located.storage);
  for (const LocatedReplica& located : examined.bad) {
    if (located.replica.state == ReplicaRowState::kCorrupt) continue;
    ReplicaRow row = located.replica;
    row.state = ReplicaRowState::kCorrupt;
    put_replica(batch, block, located.storage, row);
  }
  if (examined.bad.empty()) {
    with_corrupt_.erase(block);
  } else {
    with_corrupt_.insert(block);
  }
  std::vector<StorageNumber> arriving = examined.arriving;
  std::erase_if(arriving, [&](StorageNumber storage) { return pending_.contains(block, storage); });
  pending_.add(block, arriving, now + settings_.pending_timeout);
  for (StorageNumber storage : examined.live) pending_.settle(block, storage);
  queue_if_lacking(examined);
  DFS_TRY_OK(drop_excess(view, examined, move));
  if (confirmed_of(examined.live) >= examined.replication) {
    drop_bad(examined);
  } else if (!examined.bad.empty() && examined.live.size() >= examined.replication) {
    for (StorageNumber storage : examined.live) {
      if (!datanodes_.confirmed(storage)) postponed_.until_confirmed(block, storage);
    }
  }
  return {};
}

// The check of a complete block whose rows are at hand and partly not yet written, where it changes no row and deletes
// nothing. False: it is left to be done later.
Result<bool> ClusterBlocks::decide_at_once(const View& view, Batch& batch, const BlockFacts& facts) {
  const ExaminedBlock examined = examine(facts);
  if (!examined.outdated.empty() || !examined.bad.empty() || !examined.arriving.empty()) return false;
  if (examined.live.size() > examined.replication) return false;
  DFS_TRY_OK(check(view, batch, examined, {}, now_));
  return true;
}

size_t ClusterBlocks::confirmed_of(const std::vector<StorageNumber>& storages) const {
  return size_t(std::ranges::count_if(storages, [&](StorageNumber storage) { return datanodes_.confirmed(storage); }));
}

// Of them those whose DataNodes have been heard of lately.
size_t ClusterBlocks::answering_of(const std::vector<StorageNumber>& storages, TimePoint now) const {
  return size_t(std::ranges::count_if(storages, [&](StorageNumber storage) {
    const Datanode* datanode = datanodes_.datanode_of(storage);
    return datanode && datanodes_.confirmed(storage) && !datanodes_.is_stale(*datanode, now);
  }));
}

size_t ClusterBlocks::required_of(const ExaminedBlock& examined) const {
  return required_live(examined.replication, examined.maintenance_count(), settings_.departures.maintenance_min);
}

// BlockPlacementPolicyDefault.verifyBlockPlacement: in two racks, if there are two. Replicas in maintenance count, for
// they come back.
bool ClusterBlocks::is_well_placed(const ExaminedBlock& examined, const Datanode* with) const {
  if (!datanodes_.ever_had_racks()) return true;
  std::set<std::string_view> racks;
  for (const auto* storages : {&examined.live, &examined.to_rest, &examined.resting}) {
    for (StorageNumber storage : *storages) {
      if (const Datanode* datanode = datanodes_.datanode_of(storage)) racks.insert(datanode->location());
    }
  }
  if (with) racks.insert(with->location());
  return racks.size() >= std::min<size_t>(2, examined.replication) || racks.size() >= datanodes_.rack_count();
}

void ClusterBlocks::queue_if_lacking(const ExaminedBlock& examined) {
  BlockId block = examined.stored.row.id;
  const size_t on_the_way = pending_.count(block), required = required_of(examined);
  const bool enough = examined.live.size() + examined.awaited.size() + on_the_way >= required;
  if (enough && (on_the_way > 0 || !examined.awaited.empty() || is_well_placed(examined, nullptr))) {
    queue_.remove(block);
    return;
  }
  // What rests cannot be copied, but it is not lost.
  if (examined.source_count() + examined.resting.size() > 0) {
    if (lacking_.size() < kLackingMax && !queue_.contains(block)) lacking_.push_back(block);
    queue_.put(block, urgency_of(examined.live.size(), required, examined.replication), examined.replication);
    return;
  }
  // No row says that it exists; but a row may be lost in a crash, and only a report that has come proves the absence.
  if (!examined.awaited.empty() || on_the_way > 0 || !datanodes_.settled()) {
    queue_.remove(block);
    postponed_.until_all_are_settled(block);
    return;
  }
  queue_.put(block, Urgency::kLost, examined.replication);
}

// Only replicas that are confirmed count here, as victims and as what remains.
Result<void> ClusterBlocks::drop_excess(const View& view, const ExaminedBlock& examined, const ReplicaMove& move) {
  BlockId block = examined.stored.row.id;
  if (examined.live.size() <= examined.replication || pending_.count(block) > 0) return {};
  std::vector<ExcessCandidate> candidates;
  std::vector<uint8_t> types;
  for (StorageNumber number : examined.live) {
    if (!datanodes_.confirmed(number)) {
      postponed_.until_confirmed(block, number);
      continue;
    }
    const Storage& storage = *datanodes_.find(number);
    const Datanode& datanode = *datanodes_.datanode_of(number);
    candidates.push_back({number, datanode.registration.datanode_uuid, datanode.location(),
                          storage.last_report.storage_type, storage.last_report.remaining_bytes,
                          datanode.last_heartbeat});
    types.push_back(storage.last_report.storage_type);
  }
  if (candidates.size() <= examined.replication) return {};
  DFS_TRY(uint8_t policy_id, storage_policy_of(view, examined.stored.owner.file));
  const StoragePolicy* policy = find_storage_policy(policy_id);
  if (!policy) policy = find_storage_policy(kDefaultPolicy);
  // Tolerated as Hadoop does (dfs.namenode.tolerate.heartbeat.multiplier).
  const TimePoint silent_since = now_ - 4 * settings_.timing.heartbeat_interval;
  for (StorageNumber victim :
       choose_excess(std::move(candidates), examined.replication,
                     excess_storage_types(*policy, examined.replication, types), move, silent_since)) {
    invalidate(victim, block, examined.stored.row.generation_stamp);
  }
  return {};
}

void ClusterBlocks::drop_bad(const ExaminedBlock& examined, Bad which) {
  BlockId block = examined.stored.row.id;
  const auto is_going = [&](StorageNumber holder) { return invalidations_.contains(holder, block); };
  if (which == Bad::kOneOfEarlierStamp && std::ranges::any_of(examined.holders, is_going)) return;
  for (const LocatedReplica& located : examined.bad) {
    const bool is_earlier = located.replica.generation_stamp < examined.stored.row.generation_stamp;
    if (which == Bad::kOneOfEarlierStamp && !is_earlier) continue;
    if (datanodes_.confirmed(located.storage)) {
      invalidate(located.storage, block, located.replica.generation_stamp);
    } else {
      postponed_.until_confirmed(block, located.storage);
    }
    if (which == Bad::kOneOfEarlierStamp) return;
  }
}

// What was announced and never came is no longer waited for; a DataNode that has it after all will report it.
Result<void> ClusterBlocks::expire_pending(const View& view, Batch& batch, TimePoint now) {
  for (const auto& [block, targets] : pending_.take_expired(now)) {
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
    for (const LocatedReplica& located : replicas) {
      bool waited_for = std::ranges::find(targets, located.storage) != targets.end();
      if (waited_for && (located.replica.state == ReplicaRowState::kExpected ||
                         located.replica.state == ReplicaRowState::kBeingWritten)) {
        erase_replica(batch, block, located.storage);
      }
    }
    ++timed_out_;
    log::warn("PendingReconstructionMonitor timed out blk_{}", raw(block));
    note(block);
  }
  return {};
}

Result<void> ClusterBlocks::schedule_work(const View& view, TimePoint now, const TimeSlice& slice) {
  if (to_schedule_.empty()) {
    const size_t count = 16 + 4 * size_t(settings_.transfers_per_datanode_max) * datanodes_.live_count();
    if (std::min(count, queue_.low_count()) <= kShortPass || now >= last_pass_ + kPassInterval) {
      last_pass_ = now;
      std::ranges::copy(queue_.next(count), std::back_inserter(to_schedule_));
    } else {
      std::ranges::copy(lacking_, std::back_inserter(to_schedule_));
    }
  }
  lacking_.clear();
  while (!to_schedule_.empty()) {
    const auto end = to_schedule_.begin() + ptrdiff_t(std::min(to_schedule_.size(), kBlocksAtOnce));
    const std::vector<BlockId> blocks(to_schedule_.begin(), end);
    to_schedule_.erase(to_schedule_.begin(), end);
    DFS_TRY(auto facts, facts_of(view, blocks));
    for (BlockId block : blocks) {
      auto found = facts.find(block);
      if (found == facts.end() || found->second.stored.row.state != BlockState::kComplete) {
        forget(block);
      } else {
        DFS_TRY_OK(schedule(view, found->second, now));
      }
    }
    if (slice.over()) break;
  }
  return {};
}

Result<void> ClusterBlocks::schedule(const View& view, const BlockFacts& facts, TimePoint now) {
  const BlockId block = facts.stored.row.id;
  const ExaminedBlock examined = examine(facts);
  queue_if_lacking(examined);
  if (!queue_.contains(block)) return {};
  std::vector<StorageNumber> sources = examined.live;
  std::ranges::copy(examined.decommissioning, std::back_inserter(sources));
  std::ranges::copy(examined.to_rest, std::back_inserter(sources));
  std::string source = idle_source(sources.empty() ? examined.decommissioned : sources, now);
  if (source.empty()) return {};

  std::vector<StorageNumber> pending = pending_.targets(block);
  const size_t there = examined.live.size() + examined.awaited.size() + pending.size();
  const bool only_badly_placed = there >= required_of(examined);
  PlacementRequest request;
  request.count = only_badly_placed ? 1 : uint32_t(required_of(examined) - there);
  request.block_size = examined.stored.row.length;
  request.source = source;
  DFS_TRY(request.storage_policy, storage_policy_of(view, examined.stored.owner.file));
  request.present = examined.live;
  std::ranges::copy(pending, std::back_inserter(request.present));
  for (StorageNumber holder : examined.holders) {
    request.excluded.push_back(datanodes_.find(holder)->datanode_uuid);
  }
  std::vector<StorageNumber> targets = placement_.choose(request, now);
  if (targets.empty()) {
    // Every DataNode that could take a copy holds a bad one: room is made while there is another good replica besides
    // the one that is copied, or as many as there can be.
    size_t keep = std::clamp<size_t>(examined.replication - 1, 1, 2);
    const size_t good = confirmed_of(sources);
    if (good >= keep) {
      drop_bad(examined);
    } else if (pending.empty() &&
               answering_of(sources, now) >= std::max<size_t>(settings_.departures.replication_min, 1)) {
      // One of an earlier stamp was left out of its pipeline and holds nothing that a good one lacks
      // (BlockManager.markBlockAsCorrupt, corruptedDuringWrite). The next one waits for the copy in its place, lest the
      // good one is not to be had any more.
      drop_bad(examined, Bad::kOneOfEarlierStamp);
    }
    return {};
  }
  // A copy that brings no other rack would be one too many.
  if (only_badly_placed && !is_well_placed(examined, datanodes_.datanode_of(targets.front()))) return {};
  outbox_[source].push_back({examined.stored.row, targets});
  held_.tell(source, now);
  pending_.add(block, targets, now + settings_.pending_timeout);
  for (StorageNumber target : targets) ++datanodes_.change(target).scheduled;
  queue_if_lacking(examined);
  return {};
}

// Looks on through the blocks of DataNodes that are to leave, and lets those go that hold nothing others lack.
Result<void> ClusterBlocks::check_departures(const View& view, TimePoint now, const TimeSlice& slice) {
  size_t left = settings_.departure_checks_per_round;
  for (auto& [uuid, departure] : departures_) {
    while (left > 0 && departure.due(now)) {
      DFS_TRY(std::vector<BlockId> blocks, departure.next(view, std::min(left, kBlocksAtOnce)));
      left -= blocks.size();
      DFS_TRY(auto facts, facts_of(view, blocks));
      for (BlockId block : blocks) {
        if (auto found = facts.find(block); found != facts.end()) {
          DFS_TRY_OK(check_departing(view, departure, uuid, found->second));
        }
      }
      if (slice.over()) left = 0;
      if (!blocks.empty()) continue;
      const bool may_leave = departure.end_pass(now, settings_.departure_interval);
      if (may_leave && is_healthy(uuid)) datanodes_.finish_leaving(uuid);
      stale_view_ = true;
      break;
    }
  }
  return {};
}

Result<void> ClusterBlocks::check_departing(const View& view, Departure& departure, const std::string& datanode_uuid,
                                            const BlockFacts& facts) {
  const BlockId block = facts.stored.row.id;
  const ExaminedBlock examined = examine(facts);
  const bool complete = examined.stored.row.state == BlockState::kComplete;
  Sufficiency sufficiency;
  sufficiency.live = confirmed_of(examined.live);
  sufficiency.being_written = confirmed_of(examined.being_written);
  sufficiency.in_maintenance = examined.maintenance_count();
  sufficiency.replication = examined.replication;
  sufficiency.well_placed = is_well_placed(examined, nullptr);
  sufficiency.last_of_open_file = !complete;
  if (complete && !queue_.contains(block)) queue_if_lacking(examined);
  const Datanode* datanode = datanodes_.find(datanode_uuid);
  const bool for_good = !datanode || is_decommission(datanode->admin_state);
  if (is_sufficient(sufficiency, for_good ? Leaving::kForGood : Leaving::kForMaintenance, settings_.departures)) {
    return {};
  }
  Departure::Kept why;
  why.only_out_of_service = examined.live.empty();
  DFS_TRY(bool open, is_open(view, examined.stored.owner.file));
  if (open) why.open_file = examined.stored.owner.file;
  departure.keep(block, why);
  return {};
}

// BlockManager.isNodeHealthyForDecommissionOrMaintenance: what a silent DataNode held is safe when nothing is in want.
bool ClusterBlocks::is_healthy(const std::string& datanode_uuid) const {
  const Datanode* datanode = datanodes_.find(datanode_uuid);
  if (!datanode) return false;
  if (!datanode->alive) {
    return datanodes_.settled() && !safe_mode_.starting() && queue_.total_count() == 0 && pending_.block_count() == 0;
  }
  return !datanode->storages.empty() && std::ranges::all_of(datanode->storages, [&](StorageNumber storage) {
    return datanodes_.confirmed(storage) || datanodes_.standing(storage) == Standing::kGone;
  });
}

// Of the DataNodes that have room for one more copy the one with the least to do, rather not a stale one.
std::string ClusterBlocks::idle_source(const std::vector<StorageNumber>& storages, TimePoint now) {
  std::string source;
  std::tuple<bool, size_t, size_t> best;
  for (StorageNumber storage : storages) {
    const Datanode* datanode = datanodes_.datanode_of(storage);
    if (!datanode || !datanode->alive) continue;
    const std::string& uuid = datanode->registration.datanode_uuid;
    auto outbox = outbox_.find(uuid);
    size_t queued = outbox == outbox_.end() ? 0 : outbox->second.size();
    if (queued >= 2 * size_t(settings_.transfers_per_datanode_max)) continue;
    std::tuple rank(datanodes_.is_stale(*datanode, now), queued + datanode->transfers_in_progress,
                    placement_.random_below(1024));
    if (!source.empty() && rank >= best) continue;
    source = uuid;
    best = rank;
  }
  return source;
}

}  // namespace dfs::namenode
