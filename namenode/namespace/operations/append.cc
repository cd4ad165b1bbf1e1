#include <fmt/format.h>

#include <algorithm>

#include "namenode/blocks/blocks.h"
#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"

namespace dfs::namenode::operations {
namespace {

// BlockManager.isSufficientlyReplicated: the minimum, or one on each DataNode that there is.
Result<bool> is_sufficiently_replicated(const PlanContext& context, const BlockRow& block) {
  DFS_TRY(uint32_t live, context.blocks.live_replicas(context.view, block));
  if (live >= context.settings.replication_min) return true;
  std::shared_ptr<const DatanodeView> datanodes = context.blocks.datanodes();
  return live >= std::count_if(datanodes->datanodes.begin(), datanodes->datanodes.end(),
                               [](const auto& datanode) { return datanode.liveness != DatanodeLiveness::kDead; });
}

}  // namespace

Result<Planned<Appended>> append(const PlanContext& context, const Append& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot append to file" + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller, "append");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  if (path.last() != nullptr && path.last()->type == InodeType::kDirectory) {
    return fail(ErrorCode::kFileAlreadyExists,
                "Cannot append to directory " + path.path() + "; already exists as a directory.");
  }
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  if (path.last() == nullptr) {
    return fail(ErrorCode::kFileNotFound, fmt::format("Failed to append to non-existent file {} for client {}",
                                                      path.path(), context.caller.client_address));
  }
  DFS_TRY(InodeRow file, require_file(path, path.path()));
  if (file.storage_policy == kLazyPersistPolicy) {
    return fail(ErrorCode::kUnsupported, "Cannot append to lazy persist file " + path.path());
  }
  DFS_TRY(std::optional<Obstacle> obstacle, obstacle_to_writing(context, path, "APPEND_FILE", request.holder));
  if (obstacle) return Planned<Appended>{.value = fail(obstacle->error), .records = std::move(obstacle->records)};

  Appended appended;
  if (file.block_count > 0) {
    DFS_TRY(std::optional<BlockRow> last, find_file_block(context.view, file.id, file.block_count - 1));
    if (!last) return fail(ErrorCode::kCorruptFormat, path.path() + ": its last block is not in the tables");
    DFS_TRY(bool sufficient, is_sufficiently_replicated(context, *last));
    if (!sufficient) {
      return fail(ErrorCode::kIo, fmt::format("append: lastBlock={} of src={} is not sufficiently replicated yet.",
                                              block_name(last->id, last->generation_stamp), path.path()));
    }
    if (last->length < file.preferred_block_size) {
      DFS_TRY_OK(check_quota(context.view, path, path.length() - 1,
                             space_of(file, file.preferred_block_size - last->length, policy_of(path))));
    }
    LocatedBlock located{.id = last->id, .generation_stamp = last->generation_stamp, .length = last->length};
    if (request.new_block) {
      located.offset = uint64_t(-1);  // its reader is not to look for it
      appended.last_block = std::move(located);
    } else if (last->length != file.preferred_block_size) {
      located.offset = file.length - last->length;
      DFS_TRY(located.storages, storages_of(context.view, last->id));
      appended.last_block = std::move(located);
    }
  }
  file.under_construction = true;
  appended.file = {.inode = std::make_shared<const InodeRow>(std::move(file)), .storage_policy = policy_of(path)};
  AppendOp op;
  op.path = path.path();
  op.client_name = request.holder;
  op.client_machine = context.caller.client_address;
  op.new_block = request.new_block;
  op.rpc = rpc_ids(context.caller);
  return Planned<Appended>{.value = std::move(appended), .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
