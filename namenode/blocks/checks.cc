// What is to be done about a block: the decisions of ClusterBlocks.
#include <algorithm>
#include <unordered_map>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/blocks/stored_block.h"
#include "proto/base/log.h"

namespace dfs::namenode {

Result<std::optional<ExaminedBlock>> ClusterBlocks::examine(const View& view, BlockId block) const {
  DFS_TRY(std::optional<StoredBlock> stored, find_block(view, block));
  if (!stored) return std::nullopt;
  ExaminedBlock examined;
  examined.stored = *stored;
  DFS_TRY(std::optional<uint16_t> replication, replication_of(view, stored->owner.file));
  if (!replication) return std::nullopt;
  examined.replication = *replication;
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
  for (const LocatedReplica& located : replicas) {
    Standing standing = datanodes_.standing(located.storage);
    if (standing == Standing::kGone) continue;
    examined.holders.push_back(located.storage);
    if (invalidations_.contains(located.storage, block)) continue;
    const Datanode* datanode = datanodes_.datanode_of(located.storage);
    if (is_good(stored->row, located.replica)) {
      bool leaving = datanode && datanode->admin_state != AdminState::kNormal;
      (standing == Standing::kAwaited ? examined.awaited
       : leaving                      ? examined.leaving
                                      : examined.live)
          .push_back(located.storage);
    } else if (is_arriving(stored->row, located.replica)) {
      if (standing == Standing::kLive) examined.arriving.push_back(located.storage);
    } else if (located.replica.state == ReplicaRowState::kExpected) {
      examined.outdated.push_back(located);
    } else if (standing == Standing::kLive) {
      examined.bad.push_back(located);
    }
  }
  return examined;
}

Result<void> ClusterBlocks::check(const View& view, Batch& batch, const RecheckQueue::Entry& entry, TimePoint now) {
  DFS_TRY(std::optional<ExaminedBlock> examined, examine(view, entry.block));
  // While it is being written its pipeline looks after it.
  if (!examined || examined->stored.row.state != BlockState::kComplete) {
    forget(entry.block);
    return {};
  }
  postponed_.erase(entry.block);
  for (const LocatedReplica& located : examined->outdated) erase_replica(batch, entry.block, located.storage);
  for (const LocatedReplica& located : examined->bad) {
    if (located.replica.state == ReplicaRowState::kCorrupt) continue;
    ReplicaRow row = located.replica;
    row.state = ReplicaRowState::kCorrupt;
    put_replica(batch, entry.block, located.storage, row);
  }
  if (examined->bad.empty()) {
    with_corrupt_.erase(entry.block);
  } else {
    with_corrupt_.insert(entry.block);
  }
  std::erase_if(examined->arriving, [&](StorageNumber storage) { return pending_.contains(entry.block, storage); });
  pending_.add(entry.block, examined->arriving, now + settings_.pending_timeout);
  for (StorageNumber storage : examined->live) pending_.settle(entry.block, storage);
  queue_if_lacking(*examined);
  drop_excess(*examined, entry.delete_hint);
  if (confirmed_of(examined->live) >= examined->replication) drop_bad(*examined);
  return {};
}

size_t ClusterBlocks::confirmed_of(const std::vector<StorageNumber>& storages) const {
  return size_t(std::ranges::count_if(storages, [&](StorageNumber storage) { return datanodes_.confirmed(storage); }));
}

void ClusterBlocks::queue_if_lacking(const ExaminedBlock& examined) {
  BlockId block = examined.stored.row.id;
  size_t on_the_way = pending_.count(block);
  if (examined.live.size() + examined.awaited.size() + on_the_way >= examined.replication) {
    queue_.remove(block);
    return;
  }
  size_t sources = examined.live.size() + examined.leaving.size();
  if (sources > 0) {
    Urgency urgency = sources == 1                                 ? Urgency::kOneLeft
                      : sources * 3 < size_t(examined.replication) ? Urgency::kVeryLow
                                                                   : Urgency::kLow;
    queue_.put(block, urgency, examined.replication);
    return;
  }
  // No row says that it exists; but a row may be lost in a crash, and only a report that has come proves the absence.
  if (!examined.awaited.empty() || on_the_way > 0 || !datanodes_.settled()) {
    queue_.remove(block);
    postponed_.insert(block);
    return;
  }
  queue_.put(block, Urgency::kLost, examined.replication);
}

// As Hadoop chooses: first the replica that a mover asked to give up, then one whose rack has others, and of those the
// one with the least space left. Only replicas that are confirmed count here, as victims and as what remains.
void ClusterBlocks::drop_excess(const ExaminedBlock& examined, const std::string& delete_hint) {
  BlockId block = examined.stored.row.id;
  if (examined.live.size() <= examined.replication || pending_.count(block) > 0) return;
  size_t excess = examined.live.size() - examined.replication;
  std::vector<StorageNumber> confirmed;
  std::ranges::copy_if(examined.live, std::back_inserter(confirmed),
                       [&](StorageNumber storage) { return datanodes_.confirmed(storage); });
  size_t allowed = confirmed.size() - std::min<size_t>(confirmed.size(), examined.replication);
  if (allowed < excess) postponed_.insert(block);
  for (size_t i = 0; i < std::min(allowed, excess); ++i) {
    std::unordered_map<std::string, size_t> in_rack;
    for (StorageNumber storage : confirmed) ++in_rack[datanodes_.datanode_of(storage)->location];
    auto rank = [&](StorageNumber storage) {
      const Datanode& datanode = *datanodes_.datanode_of(storage);
      return std::tuple(datanode.registration.datanode_uuid == delete_hint && i == 0, in_rack[datanode.location] > 1,
                        ~datanodes_.find(storage)->last_report.remaining_bytes);
    };
    auto victim = std::ranges::max_element(confirmed, {}, rank);
    invalidations_.add(*victim, block, examined.stored.row.generation_stamp);
    confirmed.erase(victim);
  }
}

void ClusterBlocks::drop_bad(const ExaminedBlock& examined) {
  BlockId block = examined.stored.row.id;
  for (const LocatedReplica& located : examined.bad) {
    if (datanodes_.confirmed(located.storage)) {
      invalidations_.add(located.storage, block, located.replica.generation_stamp);
    } else {
      postponed_.insert(block);
    }
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

Result<void> ClusterBlocks::schedule_work(const View& view, TimePoint now) {
  size_t count = 16 + 4 * size_t(settings_.transfers_per_datanode_max) * datanodes_.live_count();
  for (BlockId block : queue_.next(count)) DFS_TRY_OK(schedule(view, block, now));
  return {};
}

Result<void> ClusterBlocks::schedule(const View& view, BlockId block, TimePoint now) {
  DFS_TRY(std::optional<ExaminedBlock> examined, examine(view, block));
  if (!examined || examined->stored.row.state != BlockState::kComplete) {
    forget(block);
    return {};
  }
  queue_if_lacking(*examined);
  if (!queue_.contains(block)) return {};
  std::vector<StorageNumber> sources = examined->live;
  std::ranges::copy(examined->leaving, std::back_inserter(sources));
  std::string source = idle_source(sources, now);
  if (source.empty()) return {};

  std::vector<StorageNumber> pending = pending_.targets(block);
  PlacementRequest request;
  request.count = uint32_t(examined->replication - examined->live.size() - examined->awaited.size() - pending.size());
  request.block_size = examined->stored.row.length;
  request.present = examined->holders;
  std::ranges::copy(pending, std::back_inserter(request.present));
  std::vector<StorageNumber> targets = placement_.choose(request, now);
  if (targets.empty()) {
    // Every DataNode that could take a copy holds a bad one: room is made while there is another good replica besides
    // the one that is copied, or as many as there can be.
    size_t keep = std::clamp<size_t>(examined->replication - 1, 1, 2);
    if (confirmed_of(sources) >= keep) drop_bad(*examined);
    return {};
  }
  outbox_[source].push_back({examined->stored.row, targets});
  pending_.add(block, targets, now + settings_.pending_timeout);
  for (StorageNumber target : targets) ++datanodes_.find(target)->scheduled;
  queue_if_lacking(*examined);
  return {};
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
