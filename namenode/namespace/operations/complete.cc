#include <fmt/format.h>

#include "namenode/blocks/blocks.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {
namespace {

// The client missed the answer that its file is closed, and asks again: it still sees the last block that we have.
Result<bool> is_repeated(const PlanContext& context, const InodePath& path, const Complete& request) {
  const InodeRow* file = path.last();
  if (file == nullptr || file->type != InodeType::kFile || file->under_construction) return false;
  if (file->block_count == 0) return !request.last;
  DFS_TRY(std::optional<BlockRow> last, find_file_block(context.view, file->id, file->block_count - 1));
  return last && request.last && last->id == request.last->id &&
         last->generation_stamp == request.last->generation_stamp;
}

// The last block as the client has written it, or why it cannot be that.
Result<void> commit(const PlanContext& context, const NamedBlock& written, BlockRow& last) {
  if (context.blocks.recovery_of(last.id)) {
    return fail(ErrorCode::kIo,
                fmt::format("Commit or complete block {}, whereas it is under recovery.", written.to_string()));
  }
  if (written.generation_stamp != last.generation_stamp) {
    return fail(ErrorCode::kIo, fmt::format("Commit block with mismatching GS. NN has {}, client submits {}",
                                            block_name(last.id, last.generation_stamp),
                                            block_name(written.id, written.generation_stamp)));
  }
  if (written.id != last.id) {
    return fail(ErrorCode::kIo, fmt::format("Trying to commit inconsistent block: id = {}, expected id = {}",
                                            raw(written.id), raw(last.id)));
  }
  if (written.length < last.length) {
    return fail(ErrorCode::kIo,
                fmt::format("commitBlock length is less than the stored one {} vs. {}", written.length, last.length));
  }
  last.length = written.length;
  return {};
}

}  // namespace

Result<Planned<bool>> complete(const PlanContext& context, const Complete& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot complete file " + request.path));
  if (request.last) DFS_TRY_OK(check_pool(context, *request.last));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve_open(request.path, request.file));
  Result<OpenFile> file = check_lease(context, path, request.holder, request.file);
  if (!file) {
    if (file.error().code() != ErrorCode::kLeaseExpired) return fail(std::move(file).error());
    DFS_TRY(bool repeated, is_repeated(context, path, request));
    if (repeated) return Planned<bool>{.value = true};
    return fail(std::move(file).error());
  }
  const InodeRow& inode = file->inode;
  DFS_TRY(bool penultimate, penultimate_has_minimum(context, inode));
  if (!penultimate) return Planned<bool>{.value = false};
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, inode));
  if (!blocks.empty() && blocks.back().state != BlockState::kComplete) {
    if (!request.last) return Planned<bool>{.value = false};
    BlockRow& last = blocks.back();
    DFS_TRY_OK(commit(context, *request.last, last));
    DFS_TRY(bool enough, has_minimum(context, last));
    if (!enough) {
      wait_for_report(context, last.id);
      return Planned<bool>{.value = false};
    }
  }
  return Planned<bool>{.value = true, .records = {close_record(context, path, inode, blocks)}};
}

Result<Planned<Done>> fsync(const PlanContext& context, const Fsync& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot fsync file " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve_open(request.path, request.file));
  DFS_TRY(OpenFile file, check_lease(context, path, request.holder, request.file));
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(context.view, file.inode));
  if (request.last_block_length > 0) {
    if (blocks.empty() || blocks.back().state == BlockState::kComplete) {
      return fail(ErrorCode::kIo,
                  "The last block for path " + path.path() + " is not under-construction when updating its length");
    }
    blocks.back().length = uint64_t(request.last_block_length);
  }
  UpdateBlocksOp op;
  op.path = path.path();
  op.blocks = edit_blocks(blocks);
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
