#include <fmt/format.h>

#include "namenode/blocks/blocks.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/operations/open_files.h"

namespace dfs::namenode::operations {
namespace {

struct BlockOfOpenFile {
  InodePath path;
  OpenFile file;
  BlockRow block;
};

// FSNamesystem.checkUCBlock: the block is being written, by this client.
Result<BlockOfOpenFile> find_open_block(const PlanContext& context, const NamedBlock& named,
                                        const std::string& holder) {
  const std::string name = named.to_string();
  DFS_TRY_OK(
      check_not_in_safe_mode(context, "Cannot get a new generation stamp and an access token for block " + name));
  DFS_TRY(std::optional<BlockOwner> owner, find_owner(context.view, named.id));
  std::optional<BlockRow> row;
  if (owner) {
    DFS_TRY(row, find_owned_block(context.view, *owner));
  }
  if (!row) return fail(ErrorCode::kIo, name + " does not exist.");
  std::string_view state = row->state == BlockState::kComplete   ? "COMPLETE"
                           : context.blocks.recovery_of(row->id) ? "UNDER_RECOVERY"
                                                                 : "";
  if (!state.empty()) {
    return fail(ErrorCode::kIo,
                fmt::format("Unexpected BlockUCState: {} is {} but not UNDER_CONSTRUCTION", name, state));
  }
  DFS_TRY(std::optional<InodePath> path, resolve_inode(context.view, owner->file));
  if (!path || !path->last()->under_construction) {
    return fail(ErrorCode::kIo,
                fmt::format("The file {} belonged to does not exist or it is not under construction.", name));
  }
  OpenFile file{*path->last(), {}};
  DFS_TRY(file.open, open_row_of(context.view, file.inode.id));
  if (file.open.holder != holder) {
    return fail(ErrorCode::kLeaseExpired,
                fmt::format("Lease mismatch: {} is accessed by a non lease holder {}", name, holder));
  }
  return BlockOfOpenFile{*std::move(path), std::move(file), *row};
}

}  // namespace

Result<Planned<LocatedBlock>> update_block_for_pipeline(const PlanContext& context,
                                                        const UpdateBlockForPipeline& request) {
  DFS_TRY(BlockOfOpenFile found, find_open_block(context, request.block, request.holder));
  DFS_TRY(uint64_t last_stamp, counter(context.view, Counter::kGenerationStamp));
  const GenerationStamp stamp = next(GenerationStamp(last_stamp));
  LocatedBlock located{
      .id = found.block.id, .generation_stamp = stamp, .length = request.block.length, .offset = uint64_t(-1)};
  return Planned<LocatedBlock>{.value = std::move(located), .records = {SetGenstampV2Op{.generation_stamp = stamp}}};
}

Result<Planned<Done>> update_pipeline(const PlanContext& context, const UpdatePipeline& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Pipeline not updated"));
  DFS_TRY(BlockOfOpenFile found, find_open_block(context, request.old_block, request.holder));
  const BlockRow& last = found.block;
  DFS_TRY(uint64_t newest_stamp, counter(context.view, Counter::kGenerationStamp));
  // A stamp that was never given out would let a client get ahead of the log.
  if (request.new_block.generation_stamp <= last.generation_stamp ||
      raw(request.new_block.generation_stamp) > newest_stamp) {
    return fail(ErrorCode::kIo, fmt::format("Update {} but the new block {} does not have a larger generation stamp "
                                            "than the last block {}",
                                            request.old_block.to_string(), request.new_block.to_string(),
                                            block_name(last.id, last.generation_stamp)));
  }
  if (request.old_block.id != request.new_block.id) {
    return fail(ErrorCode::kIo, fmt::format("{} and {} has different block identifier", request.new_block.to_string(),
                                            request.old_block.to_string()));
  }
  if (request.new_block.length < last.length) {
    return fail(ErrorCode::kIo,
                fmt::format("Update {} (size={}) to a smaller size block {} (size={})", request.old_block.to_string(),
                            request.old_block.length, request.new_block.to_string(), request.new_block.length));
  }
  if (!request.misfit.empty()) {
    return fail(ErrorCode::kHadoopInvalidArgument,
                fmt::format("{}, src={}, oldBlock={}, newBlock={}, clientName={}", request.misfit, found.path.path(),
                            request.old_block.to_string(), request.new_block.to_string(), request.holder));
  }
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, found.file.inode));
  blocks.back().generation_stamp = request.new_block.generation_stamp;
  blocks.back().length = request.new_block.length;
  UpdateBlocksOp op;
  op.path = found.path.path();
  op.blocks = edit_blocks(blocks);
  op.rpc = rpc_ids(context.caller);
  Planned<Done> planned{.value = Done{}, .records = {std::move(op)}};
  DFS_TRY_OK(context.blocks.expect(context.view, planned.locations, last.id, request.new_block.generation_stamp,
                                   find_storages(*context.blocks.datanodes(), request.storages)));
  return planned;
}

}  // namespace dfs::namenode::operations
