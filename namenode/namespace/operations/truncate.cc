#include <fmt/format.h>

#include "namenode/blocks/blocks.h"
#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> truncate(const PlanContext& context, const Truncate& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot truncate for " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller, "truncate");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  DFS_TRY(InodeRow file, require_file(path, path.path()));
  if (file.storage_policy == kLazyPersistPolicy) {
    return fail(ErrorCode::kUnsupported, "Cannot truncate lazy persist file " + path.path());
  }
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, file));
  if (file.under_construction && !blocks.empty() && blocks.back().truncate_length) {
    // One truncate at a time; the same once more is a client that missed the answer, or one that asks after a restart,
    // which has forgotten the recovery.
    if (request.new_length == file.length - blocks.back().length + *blocks.back().truncate_length) {
      OpenFile open{file, {}};
      DFS_TRY(open.open, open_row_of(context.view, file.id));
      if (!context.blocks.recovery_of(blocks.back().id)) {
        DFS_TRY(Released released, release_lease(context, path, open, std::nullopt));
        return Planned<bool>{.value = false, .records = std::move(released.records)};
      }
      return Planned<bool>{.value = false};
    }
    return fail(ErrorCode::kAlreadyBeingCreated,
                fmt::format("Failed to TRUNCATE_FILE {0} for {1} on {2} because {0} is being truncated.", path.path(),
                            request.holder, context.caller.client_address));
  }
  DFS_TRY(std::optional<Obstacle> obstacle, obstacle_to_writing(context, path, "TRUNCATE_FILE", request.holder));
  if (obstacle) return Planned<bool>{.value = fail(obstacle->error), .records = std::move(obstacle->records)};
  if (file.length == request.new_length) return Planned<bool>{.value = true};
  if (file.length < request.new_length) {
    return fail(ErrorCode::kHadoopInvalidArgument,
                fmt::format("Cannot truncate to a larger file size. Current size: {}, truncate size: {}.", file.length,
                            request.new_length));
  }
  TruncateOp op;
  op.source = path.path();
  op.client_name = request.holder;
  op.client_machine = context.caller.client_address;
  op.new_length = request.new_length;
  op.timestamp_ms = to_millis(context.wall);
  uint64_t length = 0;
  size_t kept = 0;
  for (; kept < blocks.size() && request.new_length > length; ++kept) length += blocks[kept].length;
  if (length == request.new_length) return Planned<bool>{.value = true, .records = {std::move(op)}};

  // The block that is to be cut counts as a whole one until it is.
  const uint8_t policy = policy_of(path);
  QuotaCounts more = space_of(file, length - blocks[kept - 1].length + file.preferred_block_size, policy);
  DFS_TRY_OK(check_quota(context.view, path, path.length() - 1, more -= space_of(file, file.length, policy)));
  const BlockRow& last = blocks[kept - 1];
  DFS_TRY(uint64_t stamp, counter(context.view, Counter::kGenerationStamp));
  const GenerationStamp recovery_stamp = next(GenerationStamp(stamp));
  op.truncate_block = EditBlock{.id = last.id, .num_bytes = last.length, .generation_stamp = recovery_stamp};
  BlockRecovery recovery{.block = last,
                         .recovery_stamp = recovery_stamp,
                         .truncate_length = last.length - (length - request.new_length),
                         .started = context.now};
  Planned<bool> planned{.value = false};
  DFS_TRY(bool copies, is_block_in_snapshot(context.view, path.key(), file.id, uint32_t(kept - 1)));
  if (copies) {
    DFS_TRY(uint64_t last_id, counter(context.view, Counter::kLastBlockId));
    recovery.copy_to = next(BlockId(last_id));
    op.truncate_block->id = *recovery.copy_to;
    op.truncate_block->num_bytes = 0;
    planned.records.push_back(AllocateBlockIdOp{.block_id = *recovery.copy_to});
  }
  planned.records.push_back(SetGenstampV2Op{.generation_stamp = recovery_stamp});
  planned.records.push_back(std::move(op));
  DFS_TRY_OK(context.blocks.recover(context.view, std::move(recovery)));
  return planned;
}

}  // namespace dfs::namenode::operations
