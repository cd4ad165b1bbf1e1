#include "namenode/namespace/operations/open_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/file_blocks.h"

namespace dfs::namenode::operations {
namespace {

// While a recovery is younger than this no other is started in its place: a client that polls recoverLease would
// otherwise keep each from ending. Long enough for a heartbeat to a primary and its answer.
constexpr std::chrono::seconds kRecoveryAttempt{30};

// How long an answer waits for a report: many times what one takes, also from a DataNode that syncs the block first,
// and not longer than a stock client would have slept.
constexpr std::chrono::milliseconds kReportWait{300};

// The block that a truncate copies.
Result<BlockRow> copied_block(const View& view, const BlockRow& copy) {
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(view, *copy.copied_from));
  std::optional<BlockRow> row;
  if (owner) {
    DFS_TRY(row, find_owned_block(view, *owner));
  }
  if (row) return *row;
  return fail(ErrorCode::kCorruptFormat,
              fmt::format("{} is copied from a block that is not there", block_name(copy.id, copy.generation_stamp)));
}

}  // namespace

std::string NamedBlock::to_string() const {
  return pool + ":" + block_name(id, generation_stamp);
}

EditBlock edit_block(const BlockRow& row) {
  return {.id = row.id, .num_bytes = row.length, .generation_stamp = row.generation_stamp};
}

std::vector<EditBlock> edit_blocks(const std::vector<BlockRow>& rows) {
  std::vector<EditBlock> blocks;
  blocks.reserve(rows.size());
  for (const BlockRow& row : rows) blocks.push_back(edit_block(row));
  return blocks;
}

Result<void> check_pool(const PlanContext& context, const NamedBlock& block) {
  if (block.pool == context.settings.block_pool_id) return {};
  return fail(ErrorCode::kIo,
              fmt::format("Unexpected BlockPoolId {} - expected {}", block.pool, context.settings.block_pool_id));
}

CloseOp close_record(const PlanContext& context, const InodePath& path, const InodeRow& file,
                     const std::vector<BlockRow>& blocks) {
  CloseOp op;
  op.path = path.path();
  op.replication = file.replication;
  op.mtime_ms = to_millis(context.wall);
  op.atime_ms = file.access_time_ms;
  op.block_size = file.preferred_block_size;
  op.blocks = edit_blocks(blocks);
  op.permissions = {file.owner, file.group, file.permission};
  return op;
}

Result<bool> has_minimum(const PlanContext& context, const BlockRow& block) {
  DFS_TRY(uint32_t live, context.blocks.live_replicas(context.view, block));
  return live >= context.settings.replication_min;
}

void wait_for_report(const PlanContext& context, BlockId block) {
  if (context.patience == nullptr) return;
  context.patience->wait_for({Awaited::Kind::kReplica, raw(block)}, context.patience->since + kReportWait);
}

Result<bool> penultimate_has_minimum(const PlanContext& context, const InodeRow& file) {
  if (file.block_count < 2) return true;
  DFS_TRY(std::optional<BlockRow> block, find_file_block(context.view, file.id, file.block_count - 2));
  if (!block) return true;
  DFS_TRY(bool enough, has_minimum(context, *block));
  if (enough) return true;
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(context.view, block->id));
  const bool expects_none = std::none_of(replicas.begin(), replicas.end(), [](const LocatedReplica& located) {
    return located.replica.state == ReplicaRowState::kExpected ||
           located.replica.state == ReplicaRowState::kBeingWritten;
  });
  if (!expects_none) wait_for_report(context, block->id);
  return expects_none;
}

Result<Released> release_lease(const PlanContext& context, const InodePath& path, const OpenFile& file,
                               std::optional<std::string> new_holder) {
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, file.inode));
  Released released;
  if (blocks.empty() || blocks.back().state == BlockState::kComplete) {
    released.closed = true;
    released.records.push_back(close_record(context, path, file.inode, blocks));
    return released;
  }
  const BlockRow last = blocks.back();
  DFS_TRY(std::vector<StorageNumber> storages, storages_of(context.view, last.id));
  if (storages.empty() && last.length == 0 && context.blocks.locations_settled()) {
    // No pipeline was ever set up for it, so nothing can have been written. (Locations are not in the log: before the
    // DataNodes have reported, a restart may just not know them yet, and dropping the block would destroy it.)
    blocks.pop_back();
    released.closed = true;
    released.records.push_back(close_record(context, path, file.inode, blocks));
    return released;
  }
  std::optional<BlockRecovery> current = context.blocks.recovery_of(last.id);
  bool start = !current || context.now - current->started >= kRecoveryAttempt;
  GenerationStamp stamp{};
  if (start) {
    DFS_TRY(uint64_t last_stamp, counter(context.view, Counter::kGenerationStamp));
    stamp = next(GenerationStamp(last_stamp));
    released.records.push_back(SetGenstampV2Op{.generation_stamp = stamp});
  }
  if (new_holder && *new_holder != file.open.holder) {
    ReassignLeaseOp op;
    op.lease_holder = file.open.holder;
    op.path = path.path();
    op.new_holder = *new_holder;
    released.records.push_back(std::move(op));
  } else {
    context.leases.renew(file.open.holder, context.now);
  }
  if (start) {
    BlockRecovery recovery{
        .block = last, .recovery_stamp = stamp, .truncate_length = last.truncate_length, .started = context.now};
    if (last.copied_from) {
      DFS_TRY(recovery.block, copied_block(context.view, last));
      recovery.copy_to = last.id;
    }
    DFS_TRY_OK(context.blocks.recover(context.view, std::move(recovery)));
  }
  return released;
}

Result<std::optional<Obstacle>> obstacle_to_writing(const PlanContext& context, const InodePath& path,
                                                    std::string_view verb, std::string_view holder) {
  if (!path.last()->under_construction) return std::optional<Obstacle>();
  OpenFile file{*path.last(), {}};
  DFS_TRY(file.open, open_row_of(context.view, file.inode.id));
  auto refusal = [&](ErrorCode code, const std::string& reason) {
    return Error(code, fmt::format("Failed to {} {} for {} on {} because {}", verb, path.path(), holder,
                                   context.caller.client_address, reason));
  };
  if (file.open.holder == holder) {
    return Obstacle{
        refusal(ErrorCode::kAlreadyBeingCreated, fmt::format("{} is already the current lease holder.", holder)), {}};
  }
  if (context.leases.past_soft_limit(file.open.holder, context.now)) {
    DFS_TRY(Released released, release_lease(context, path, file, std::nullopt));
    return Obstacle{refusal(ErrorCode::kRecoveryInProgress, "lease recovery is in progress. Try again later."),
                    std::move(released.records)};
  }
  std::string who = fmt::format("{} on {}", file.open.holder, file.open.client_machine);
  if (file.inode.block_count > 0) {
    DFS_TRY(std::optional<BlockRow> last, find_file_block(context.view, file.inode.id, file.inode.block_count - 1));
    if (last && context.blocks.recovery_of(last->id)) {
      return Obstacle{refusal(ErrorCode::kRecoveryInProgress, "another recovery is in progress by " + who), {}};
    }
  }
  return Obstacle{refusal(ErrorCode::kAlreadyBeingCreated, "this file lease is currently owned by " + who), {}};
}

std::optional<StorageNumber> find_storage(const DatanodeView& datanodes, const NamedStorage& storage) {
  for (const DatanodeStatus& datanode : datanodes.datanodes) {
    if (datanode.uuid != storage.datanode_uuid) continue;
    for (const StorageStatus& status : datanode.storages) {
      if (storage.storage_uuid.empty() || status.uuid == storage.storage_uuid) return status.number;
    }
  }
  return std::nullopt;
}

std::vector<StorageNumber> find_storages(const DatanodeView& datanodes, const std::vector<NamedStorage>& storages) {
  std::vector<StorageNumber> numbers;
  for (const NamedStorage& storage : storages) {
    if (auto number = find_storage(datanodes, storage)) numbers.push_back(*number);
  }
  return numbers;
}

Result<std::vector<StorageNumber>> storages_of(const View& view, BlockId block) {
  DFS_TRY(std::vector<LocatedReplica> replicas, replicas_of(view, block));
  std::vector<StorageNumber> storages;
  for (const LocatedReplica& located : replicas) {
    if (located.replica.state != ReplicaRowState::kCorrupt) storages.push_back(located.storage);
  }
  return storages;
}

}  // namespace dfs::namenode::operations
