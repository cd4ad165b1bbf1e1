#include <fmt/format.h>

#include <algorithm>

#include "namenode/blocks/blocks.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"

namespace dfs::namenode::operations {
namespace {

bool matches(const NamedBlock& named, const BlockRow& row) {
  return named.id == row.id && named.generation_stamp == row.generation_stamp;
}

// The row of the file's block `back` from the end; nothing where it has fewer.
Result<std::optional<BlockRow>> block_from_end(const View& view, const InodeRow& file, uint32_t back) {
  if (file.block_count < back) return std::optional<BlockRow>();
  return find_file_block(view, file.id, file.block_count - back);
}

enum class Request : bool { kNew, kRetry };

// FSDirWriteFileOp.analyzeFileState: does what the client takes for the last block fit what we have?
Result<Request> analyze(const AddBlock& request, const InodePath& path, const InodeRow& file,
                        const std::optional<BlockRow>& last, const std::optional<BlockRow>& penultimate) {
  const std::optional<NamedBlock>& previous = request.previous;
  if (previous ? last && matches(*previous, *last) : !last) return Request::kNew;
  // An append that began at the end of a block: its client was given no block to go on with.
  if (!previous && last->length >= file.preferred_block_size && last->state == BlockState::kComplete) {
    return Request::kNew;
  }
  // The answer to the same request was lost: the client has not written to the block yet, so it gets it again.
  if (last && (previous ? penultimate && matches(*previous, *penultimate) : !penultimate)) {
    if (last->length == 0) return Request::kRetry;
    return fail(ErrorCode::kIo, fmt::format("Request looked like a retry to allocate block {} but it already contains "
                                            "{} bytes",
                                            block_name(last->id, last->generation_stamp), last->length));
  }
  return fail(ErrorCode::kIo,
              fmt::format("Cannot allocate block in {}: passed 'previous' block {} does not match actual last block in "
                          "file {}",
                          path.path(), previous ? previous->to_string() : "null",
                          last ? block_name(last->id, last->generation_stamp) : "null"));
}

Result<std::vector<StorageNumber>> choose(const PlanContext& context, const AddBlock& request, const InodePath& path,
                                          const OpenFile& file) {
  PlacementRequest placement;
  placement.count = file.inode.replication;
  if (!request.ignore_client_locality) placement.client_address = file.open.client_machine;
  placement.excluded = request.excluded;
  placement.favored = request.favored;
  placement.block_size = file.inode.preferred_block_size;
  placement.storage_policy = policy_of(path);
  placement.no_local_write = request.no_local_write;
  std::vector<StorageNumber> targets = context.blocks.choose_targets(placement);
  if (targets.size() >= context.settings.replication_min) return targets;
  std::shared_ptr<const DatanodeView> datanodes = context.blocks.datanodes();
  auto alive = std::count_if(datanodes->datanodes.begin(), datanodes->datanodes.end(),
                             [](const auto& datanode) { return datanode.liveness != DatanodeLiveness::kDead; });
  return fail(
      ErrorCode::kIo,
      fmt::format("File {} could only be written to {} of the {} minReplication nodes. There are {} datanode(s) "
                  "running and {} node(s) are excluded in this operation.",
                  path.path(), targets.size(), context.settings.replication_min, alive,
                  request.excluded.empty() ? "no" : std::to_string(request.excluded.size())));
}

// BlockManager.commitOrCompleteLastBlock: the length that the client has written becomes the block's.
Result<BlockRow> committed(const PlanContext& context, const BlockRow& last, const std::optional<NamedBlock>& written) {
  BlockRow row = last;
  if (!written || last.state == BlockState::kComplete) return row;
  if (context.blocks.recovery_of(last.id)) {
    return fail(ErrorCode::kIo,
                fmt::format("Commit or complete block {}, whereas it is under recovery.", written->to_string()));
  }
  if (written->length < last.length) {
    return fail(ErrorCode::kIo,
                fmt::format("commitBlock length is less than the stored one {} vs. {}", written->length, last.length));
  }
  row.length = written->length;
  row.state = BlockState::kComplete;
  return row;
}

}  // namespace

Result<Planned<LocatedBlock>> add_block(const PlanContext& context, const AddBlock& request) {
  PermissionChecker permissions(context.view, context.settings, context.caller, "getAdditionalBlock");
  DFS_TRY(InodePath path, permissions.resolve_open(request.path, request.file));
  if (request.previous) DFS_TRY_OK(check_pool(context, *request.previous));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot add block to " + path.path()));
  DFS_TRY_OK(check_object_limit(context));
  DFS_TRY(OpenFile file, check_lease(context, path, request.holder, request.file));
  DFS_TRY(std::optional<BlockRow> last, block_from_end(context.view, file.inode, 1));
  DFS_TRY(std::optional<BlockRow> penultimate, block_from_end(context.view, file.inode, 2));
  DFS_TRY(Request kind, analyze(request, path, file.inode, last, penultimate));

  Planned<LocatedBlock> planned{.value = LocatedBlock{}};
  if (kind == Request::kRetry) {
    LocatedBlock again{.id = last->id, .generation_stamp = last->generation_stamp, .offset = file.inode.length};
    DFS_TRY(again.storages, storages_of(context.view, last->id));
    if (again.storages.empty()) {
      DFS_TRY(again.storages, choose(context, request, path, file));
      DFS_TRY_OK(
          context.blocks.expect(context.view, planned.locations, last->id, last->generation_stamp, again.storages));
    }
    planned.value = std::move(again);
    return planned;
  }

  DFS_TRY(bool replicated, penultimate_has_minimum(context, file.inode));
  if (!replicated) return fail(ErrorCode::kNotReplicatedYet, "Not replicated yet: " + path.path());
  if (file.inode.block_count >= context.settings.blocks_per_file_max) {
    return fail(ErrorCode::kIo, fmt::format("File has reached the limit on maximum number of blocks "
                                            "(dfs.namenode.fs-limits.max-blocks-per-file): {} >= {}",
                                            file.inode.block_count, context.settings.blocks_per_file_max));
  }
  DFS_TRY(std::vector<StorageNumber> targets, choose(context, request, path, file));
  DFS_TRY(uint64_t last_id, counter(context.view, Counter::kLastBlockId));
  DFS_TRY(uint64_t last_stamp, counter(context.view, Counter::kGenerationStamp));

  LocatedBlock added{.id = next(BlockId(last_id)), .generation_stamp = next(GenerationStamp(last_stamp))};
  AddBlockOp op;
  op.path = path.path();
  op.last_block = {.id = added.id, .num_bytes = 0, .generation_stamp = added.generation_stamp};
  added.offset = file.inode.length;
  if (last) {
    DFS_TRY(BlockRow row, committed(context, *last, request.previous));
    added.offset += row.length - last->length;
    op.penultimate_block = edit_block(row);
  }
  // The block that is complete now takes no more than its length.
  DFS_TRY(uint64_t charged, charged_bytes(context.view, file.inode));
  const uint8_t policy = policy_of(path);
  QuotaCounts freed = space_of(file.inode, charged, policy);
  freed -= space_of(file.inode, added.offset, policy);
  DFS_TRY_OK(check_quota(context.view, path, path.length() - 1,
                         space_of(file.inode, file.inode.preferred_block_size, policy), freed));
  DFS_TRY_OK(context.blocks.expect(context.view, planned.locations, added.id, added.generation_stamp, targets));
  planned.records.push_back(AllocateBlockIdOp{.block_id = added.id});
  planned.records.push_back(SetGenstampV2Op{.generation_stamp = added.generation_stamp});
  planned.records.push_back(std::move(op));
  added.storages = std::move(targets);
  planned.value = std::move(added);
  return planned;
}

Result<Planned<Done>> abandon_block(const PlanContext& context, const AbandonBlock& request) {
  DFS_TRY_OK(check_not_in_safe_mode(
      context, fmt::format("Cannot abandon block {} for file{}", request.block.to_string(), request.path)));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve_open(request.path, request.file));
  DFS_TRY(OpenFile file, check_lease(context, path, request.holder, request.file));
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, file.inode));
  Planned<Done> planned{.value = Done{}};
  if (blocks.empty() || blocks.back().id != request.block.id) return planned;
  blocks.pop_back();
  UpdateBlocksOp op;
  op.path = path.path();
  op.blocks = edit_blocks(blocks);
  planned.records.push_back(std::move(op));
  return planned;
}

Result<Planned<LocatedBlock>> get_additional_datanode(const PlanContext& context,
                                                      const GetAdditionalDatanode& request) {
  DFS_TRY_OK(check_not_in_safe_mode(
      context, fmt::format("Cannot add datanode; src={}, blk={}", request.path, request.block.to_string())));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve_open(request.path, request.file));
  DFS_TRY(OpenFile file, check_lease(context, path, request.holder, request.file));
  if (!request.misfit.empty()) {
    return fail(
        ErrorCode::kHadoopInvalidArgument,
        fmt::format("{}, src={}, fileId={}, blk={}, clientName={}, clientMachine={}", request.misfit, path.path(),
                    raw(request.file), request.block.to_string(), request.holder, file.open.client_machine));
  }
  PlacementRequest placement;
  placement.count = request.count;
  placement.client_address = file.open.client_machine;
  placement.excluded = request.excluded;
  placement.present = find_storages(*context.blocks.datanodes(), request.existing);
  placement.block_size = file.inode.preferred_block_size;
  placement.storage_policy = policy_of(path);
  LocatedBlock located{.id = request.block.id,
                       .generation_stamp = request.block.generation_stamp,
                       .length = request.block.length,
                       .offset = uint64_t(-1)};
  if (request.count == 0) return Planned<LocatedBlock>{.value = std::move(located)};
  located.storages = placement.present;
  for (StorageNumber storage : context.blocks.choose_targets(placement)) {
    if (std::find(located.storages.begin(), located.storages.end(), storage) == located.storages.end()) {
      located.storages.push_back(storage);
    }
  }
  return Planned<LocatedBlock>{.value = std::move(located)};
}

}  // namespace dfs::namenode::operations
