// What reports of DataNodes do to the replica rows: the part of ClusterBlocks that decides nothing about replication.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/blocks/stored_block.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

struct HeldReplica {
  BlockId block{};
  ReplicaRow row;
};

// The storage's rows in order of blocks, from `from` on.
Result<std::vector<HeldReplica>> rows_of(const View& view, StorageNumber storage, BlockId from, size_t count_max) {
  std::vector<HeldReplica> rows;
  DFS_TRY_OK(view.scan(Table::kStorageReplicas, storage_key(storage), storage_replica_key(storage, from),
                       [&](std::string_view key, std::string_view value) {
                         // A row that cannot be read says nothing, and is written anew from what the DataNode says.
                         rows.push_back(
                             {block_of_storage_replica_key(key), decode<ReplicaRow>(value).value_or(ReplicaRow())});
                         return rows.size() < count_max;
                       }));
  return rows;
}

// Counted as scheduled where it lies.
bool is_on_its_way(const ReplicaRow& row) {
  return row.state == ReplicaRowState::kExpected || row.state == ReplicaRowState::kBeingWritten;
}

// Nothing that the row does not say already.
bool says_the_same(const ReplicaRow& row, const ReportedReplica& reported) {
  if (row.generation_stamp != reported.generation_stamp) return false;
  switch (row.state) {
    case ReplicaRowState::kFinalized:
    case ReplicaRowState::kCorrupt:
      return reported.state == ReportedState::kFinalized && row.length == reported.length;
    case ReplicaRowState::kBeingWritten:
      return reported.state == ReportedState::kBeingWritten && row.length == reported.length;
    case ReplicaRowState::kExpected:
      return false;
  }
  return false;
}

}  // namespace

Result<void> ClusterBlocks::incremental_report(const View& view, Batch& batch, const std::string& datanode_uuid,
                                               const std::string& storage_uuid, uint8_t storage_type,
                                               std::span<const ReplicaEvent> events) {
  if (!datanodes_.is_registered(datanode_uuid)) {
    // Not an error: a stock DataNode that gets UnregisteredNodeException ends its service for good. Its next heartbeat
    // is told to register, and the full report after that brings what is lost here.
    log::warn("BLOCK* blockReceivedAndDeleted: DataNode {} is not registered, {} events are passed over", datanode_uuid,
              events.size());
    return {};
  }
  StorageNumber storage = datanodes_.storage_of(batch, datanode_uuid, storage_uuid, storage_type);
  absorb_changes();
  // The rows written here cannot be read back before the batch is: of several events of one block only the last counts.
  struct Last {
    size_t event;
    bool deleted_before;
  };
  std::unordered_map<BlockId, Last> last;
  for (size_t i = 0; i < events.size(); ++i) {
    auto [entry, is_new] = last.try_emplace(events[i].block, Last{i, false});
    if (is_new) continue;
    entry->second.deleted_before |= events[entry->second.event].kind == ReplicaEvent::Kind::kDeleted;
    entry->second.event = i;
  }
  for (size_t i = 0; i < events.size(); ++i) {
    const ReplicaEvent& event = events[i];
    const Last& of_block = last.at(event.block);
    if (of_block.event != i) continue;
    if (event.kind == ReplicaEvent::Kind::kDeleted) {
      DFS_TRY_OK(take_deletion(view, batch, storage, event));
      continue;
    }
    ReportedState state =
        event.kind == ReplicaEvent::Kind::kReceived ? ReportedState::kFinalized : ReportedState::kBeingWritten;
    if (of_block.deleted_before) invalidations_.remove(storage, event.block);
    const ReportedReplica replica{event.block, event.length, event.generation_stamp, state};
    DFS_TRY(std::optional<StoredBlock> stored, find_block(view, event.block));
    if (!stored) {
      DFS_TRY_OK(take_stranger(view, batch, storage, replica));
      continue;
    }
    const std::optional<ReplicaRowState> judged = judge(stored->row, replica);
    if (!judged) continue;
    DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, event.block));
    const bool is_news = take_replica(batch, storage, replica, *judged, stored->row, of_block.deleted_before, replicas);
    if (is_news && *judged == ReplicaRowState::kFinalized) {
      arrived_.push_back({Awaited::Kind::kReplica, raw(event.block)});
    }
    if (is_news && stored->row.state == BlockState::kComplete) note(event.block, {event.delete_hint, datanode_uuid});
  }
  return {};
}

Result<bool> ClusterBlocks::full_report(const View& view, Batch& batch, FullReport& report, WallTime wall,
                                        TimePoint now, const TimeSlice& slice) {
  now_ = now;
  const std::string& datanode = report.datanode_uuid_;
  const std::optional<BlockReportPart>& part = report.part_;
  if (!datanodes_.is_registered(datanode)) {
    return fail(ErrorCode::kUnregisteredNode, "Unregistered server: " + datanode);
  }
  if (!std::exchange(report.begun_, true) && part && !leases_.valid(datanode, part->lease_id, now)) {
    return fail(ErrorCode::kInvalidBlockReportLease,
                fmt::format("Block report 0x{:x} was rejected as lease 0x{:x} is invalid", uint64_t(part->report_id),
                            part->lease_id));
  }
  if (report.storage_ < report.storages_.size()) {
    if (!std::exchange(report.storage_begun_, true)) DFS_TRY_OK(begin_storage(view, batch, report));
    const StorageReplicas& reported = report.storages_[report.storage_];
    const StorageNumber storage =
        datanodes_.storage_of(batch, report.datanode_uuid_, reported.storage_uuid, reported.storage_type);
    // Parts of one storage need no rows that the ones before have written.
    bool more = true;
    for (size_t left = settings_.reported_replicas_per_round; more && left > 0;) {
      const size_t count = std::min(left, kBlocksAtOnce);
      DFS_TRY(more, take_over(view, batch, report, storage, count));
      left -= count;
      if (slice.over()) break;
    }
    if (more) return true;
    end_storage(report, storage, wall, now);
    report.storage_begun_ = false;
    report.replica_ = report.rows_ = 0;
    report.block_ = BlockId{};
    if (++report.storage_ < report.storages_.size()) return true;
  }
  if (!part || part->call + 1 == part->calls) leases_.release(datanode);
  return false;
}

Result<void> ClusterBlocks::begin_storage(const View& view, Batch& batch, FullReport& report) {
  DFS_TRY(report.last_stamp_, counter(view, Counter::kGenerationStamp));
  const StorageReplicas& reported = report.storages_[report.storage_];
  StorageNumber storage =
      datanodes_.storage_of(batch, report.datanode_uuid_, reported.storage_uuid, reported.storage_type);
  absorb_changes();
  invalidations_.keep_only(storage, [&](BlockId block, GenerationStamp stamp) {
    auto replica = std::ranges::lower_bound(reported.replicas, block, {}, &ReportedReplica::block);
    return replica != reported.replicas.end() && replica->block == block && replica->generation_stamp <= stamp;
  });
  return {};
}

// All of it has been taken over.
void ClusterBlocks::end_storage(const FullReport& report, StorageNumber storage, WallTime wall, TimePoint now) {
  const std::vector<ReportedReplica>& replicas = report.storages_[report.storage_].replicas;
  const auto finalized = std::ranges::count(replicas, ReportedState::kFinalized, &ReportedReplica::state);
  const bool first = !datanodes_.confirmed(storage);
  datanodes_.block_report_taken(storage, uint32_t(finalized), wall, now);
  stale_view_ = true;
  if (!first) return;
  log::info("BLOCK* processReport: storage {} of {}: {} replicas, the rows before it had {}",
            datanodes_.find(storage)->uuid, datanodes_.find(storage)->datanode_uuid, replicas.size(), report.rows_);
  for (BlockId block : postponed_.take(storage)) note(block);
  held_.tell(report.datanode_uuid_, now);  // from now on replicas may be deleted there
  recheck_settled();
}

// The next replicas and rows of the storage, up to `count_max` of each. True: there are more.
Result<bool> ClusterBlocks::take_over(const View& view, Batch& batch, FullReport& report, StorageNumber storage,
                                      size_t count_max) {
  const std::vector<ReportedReplica>& replicas = report.storages_[report.storage_].replicas;
  DFS_TRY(std::vector<HeldReplica> rows, rows_of(view, storage, report.block_, count_max));
  // Up to this block all rows and all replicas are at hand.
  std::optional<BlockId> last;
  if (rows.size() == count_max) last = rows.back().block;
  if (replicas.size() - report.replica_ > count_max) {
    const BlockId block = replicas[report.replica_ + count_max - 1].block;
    last = last ? std::min(*last, block) : block;
  }
  if (last == BlockId{UINT64_MAX}) last.reset();
  auto pass_absent = [&](const HeldReplica& held) -> Result<void> {
    ++report.rows_;
    // What was written since then is not in the report.
    if (raw(held.row.generation_stamp) > report.last_stamp_) return {};
    return take_absence(view, batch, storage, held.block, held.row);
  };
  std::vector<ReportedReplica> news;
  auto row = rows.begin();
  for (; report.replica_ < replicas.size(); ++report.replica_) {
    const ReportedReplica& replica = replicas[report.replica_];
    if (last && replica.block > *last) break;
    for (; row != rows.end() && row->block < replica.block; ++row) DFS_TRY_OK(pass_absent(*row));
    bool known = row != rows.end() && row->block == replica.block;
    if (!known || !says_the_same(row->row, replica)) news.push_back(replica);
    if (known) ++row, ++report.rows_;
  }
  for (; row != rows.end() && (!last || row->block <= *last); ++row) DFS_TRY_OK(pass_absent(*row));
  DFS_TRY_OK(take_news(view, batch, storage, news));
  if (!last) return false;
  report.block_ = BlockId{raw(*last) + 1};
  return true;
}

// `replicas`: in order of blocks.
Result<void> ClusterBlocks::take_news(const View& view, Batch& batch, StorageNumber storage,
                                      std::span<const ReportedReplica> replicas) {
  std::vector<BlockId> blocks;
  blocks.reserve(replicas.size());
  for (const ReportedReplica& replica : replicas) blocks.push_back(replica.block);
  DFS_TRY(std::vector<std::optional<StoredBlock>> found, find_blocks(view, blocks));
  struct Judged {
    const ReportedReplica* replica;
    ReplicaRowState state;
  };
  std::vector<Judged> judged;
  std::vector<std::optional<StoredBlock>> stored;  // of these
  blocks.clear();
  for (size_t i = 0; i < replicas.size(); ++i) {
    if (!found[i]) {
      DFS_TRY_OK(take_stranger(view, batch, storage, replicas[i]));
      continue;
    }
    const std::optional<ReplicaRowState> state = judge(found[i]->row, replicas[i]);
    if (!state) continue;
    judged.push_back({&replicas[i], *state});
    blocks.push_back(replicas[i].block);
    stored.push_back(found[i]);
  }
  DFS_TRY(std::vector<std::vector<LocatedReplica>> located, replicas_of_all(view, blocks));
  std::vector<std::optional<uint16_t>> replications(judged.size());
  if (decides()) {
    DFS_TRY(replications, replications_of(view, stored));
  }
  for (size_t i = 0; i < judged.size(); ++i) {
    const bool is_news =
        take_replica(batch, storage, *judged[i].replica, judged[i].state, stored[i]->row, false, located[i]);
    if (!is_news || stored[i]->row.state != BlockState::kComplete) continue;
    bool decided = false;
    if (replications[i]) {
      DFS_TRY(decided, decide_at_once(view, batch, {*stored[i], *replications[i], std::move(located[i])}));
    }
    if (!decided) note(blocks[i]);
  }
  return {};
}

// Writes the row of a replica that was judged to have `state`. `replicas` are those of the block as the tables have
// them, and afterwards as they will. False: nothing is new.
bool ClusterBlocks::take_replica(Batch& batch, StorageNumber storage, const ReportedReplica& replica,
                                 ReplicaRowState state, const BlockRow& block, bool deleted_before,
                                 std::vector<LocatedReplica>& replicas) {
  invalidations_.drop_earlier(storage, block.id, replica.generation_stamp);
  auto former = std::ranges::find(replicas, storage, &LocatedReplica::storage);
  const bool is_first = former == replicas.end();
  ReplicaRow row{replica.generation_stamp, replica.length, state};
  if (!is_first && !deleted_before) {
    // HDFS-4799: that a reader found it corrupt is not undone by a report that knows only its length.
    bool same_bytes = former->replica.generation_stamp == row.generation_stamp && former->replica.length == row.length;
    if (former->replica == row || (former->replica.state == ReplicaRowState::kCorrupt && same_bytes)) return false;
    // A report of the writing that was overtaken by the one of its end.
    if (former->replica.state == ReplicaRowState::kFinalized && row.state == ReplicaRowState::kBeingWritten &&
        former->replica.generation_stamp >= row.generation_stamp) {
      return false;
    }
    // Or by its pipeline's recovery, under whose stamp it is expected.
    if (row.state == ReplicaRowState::kBeingWritten && former->replica.generation_stamp > row.generation_stamp) {
      return false;
    }
  }
  const std::string& datanode_uuid = datanodes_.find(storage)->datanode_uuid;
  if (row.state == ReplicaRowState::kCorrupt) {
    log::info("BLOCK* blk_{}_{} on {} is corrupt: the replica has stamp {} and length {}, the block {} and {}",
              raw(block.id), raw(block.generation_stamp), datanode_uuid, raw(row.generation_stamp), row.length,
              raw(block.generation_stamp), block.length);
  }
  put_replica(batch, block.id, storage, row);
  const bool finalized = row.state == ReplicaRowState::kFinalized;
  if (!is_first && finalized && is_on_its_way(former->replica)) datanodes_.change(storage).take_scheduled();
  // A DataNode keeps a block in one volume, which need not be the one that was proposed to it.
  std::erase_if(replicas, [&](const LocatedReplica& other) {
    const Storage* other_storage = datanodes_.find(other.storage);
    if (other.storage == storage || !other_storage || other_storage->datanode_uuid != datanode_uuid) return false;
    pending_.settle(block.id, other.storage);
    if (!is_on_its_way(other.replica)) return false;
    erase_replica(batch, block.id, other.storage);
    if (datanodes_.change(other.storage).take_scheduled() && !finalized) ++datanodes_.change(storage).scheduled;
    return true;
  });
  former = std::ranges::find(replicas, storage, &LocatedReplica::storage);
  if (former == replicas.end()) former = replicas.insert(former, LocatedReplica{storage, {}});
  former->replica = row;
  if (row.state == ReplicaRowState::kFinalized || row.state == ReplicaRowState::kCorrupt) {
    settle_pending_at(block.id, datanode_uuid);
    if (is_first) ++datanodes_.change(storage).block_count;
    safe_mode_.note_change();
  }
  return true;
}

void ClusterBlocks::settle_pending_at(BlockId block, const std::string& datanode_uuid) {
  for (StorageNumber target : pending_.targets(block)) {
    const Storage* storage = datanodes_.find(target);
    if (!storage || storage->datanode_uuid != datanode_uuid) continue;
    pending_.settle(block, target);
    ++settled_;
  }
}

Result<void> ClusterBlocks::take_deletion(const View& view, Batch& batch, StorageNumber storage,
                                          const ReplicaEvent& event) {
  invalidations_.remove(storage, event.block);
  DFS_TRY(std::optional<ReplicaRow> row, find_replica(view, event.block, storage));
  // A replica of a later stamp came after the one that was deleted.
  if (!row || row->generation_stamp > event.generation_stamp) return {};
  erase_replica(batch, event.block, storage);
  uint32_t& count = datanodes_.change(storage).block_count;
  if (count > 0) --count;
  note(event.block);
  return {};
}

// A replica of no file is deleted. But a stamp that this namespace has never given says that the namespace is not the
// one that the DataNode served, or has lost its latest edits: such a replica may be all that is left.
Result<void> ClusterBlocks::take_stranger(const View& view, Batch& batch, StorageNumber storage,
                                          const ReportedReplica& replica) {
  DFS_TRY(std::optional<ReplicaRow> row, find_replica(view, replica.block, storage));
  if (row) erase_replica(batch, replica.block, storage);
  DFS_TRY(uint64_t last_stamp, counter(view, Counter::kGenerationStamp));
  if (raw(replica.generation_stamp) > last_stamp) {
    log::warn("BLOCK* blk_{}_{} on {} has a generation stamp of the future and is left alone", raw(replica.block),
              raw(replica.generation_stamp), datanodes_.find(storage)->datanode_uuid);
    return {};
  }
  invalidate(storage, replica.block, replica.generation_stamp);
  return {};
}

Result<void> ClusterBlocks::take_absence(const View& view, Batch& batch, StorageNumber storage, BlockId block,
                                         const ReplicaRow& row) {
  if (row.state == ReplicaRowState::kExpected || row.state == ReplicaRowState::kBeingWritten) {
    // The report may be older than the pipeline.
    DFS_TRY(std::optional<StoredBlock> stored, find_block(view, block));
    if (stored && stored->row.state == BlockState::kUnderConstruction) return {};
    if (pending_.contains(block, storage)) return {};
  }
  erase_replica(batch, block, storage);
  safe_mode_.note_change();
  note(block);
  return {};
}

}  // namespace dfs::namenode
