#include <fmt/format.h>

#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/operations/new_inodes.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"

namespace dfs::namenode::operations {
namespace {

// FSDirWriteFileOp.resolvePathForStartFile
Result<InodePath> resolve_for_create(const PlanContext& context, const Create& request) {
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kCreate));
  DFS_TRY_OK(permissions.check(path, {.ancestor = Access::kWrite}));
  if (path.last() != nullptr) {
    if (path.last()->type == InodeType::kDirectory) {
      return fail(ErrorCode::kFileAlreadyExists, path.path() + " already exists as a directory");
    }
    DFS_TRY_OK(require_file(path, request.path));
    if (request.overwrite) DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
    return path;
  }
  if (!request.create_parent) DFS_TRY_OK(check_parent(path));
  if (!request.create) {
    return fail(ErrorCode::kFileNotFound, "Can't overwrite non-existent " + request.path);
  }
  return path;
}

Result<uint8_t> policy_wanted(const Create& request) {
  if (request.lazy_persist) return kLazyPersistPolicy;
  if (request.storage_policy.empty()) return 0;
  const StoragePolicy* policy = find_storage_policy(request.storage_policy);
  if (policy == nullptr) {
    return fail(ErrorCode::kHadoopInvalidArgument,
                "Cannot find a block policy with the name " + request.storage_policy);
  }
  return policy->id;
}

}  // namespace

Result<Planned<FileStatus>> create(const PlanContext& context, const Create& request) {
  DFS_TRY_OK(check_path_length("create", request.path));
  if (!is_valid_name(request.path) || is_exact_reserved(request.path) ||
      (is_reserved(request.path) && !is_reserved_raw(request.path) && !is_reserved_inodes(request.path))) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name " + request.path);
  }
  if (request.should_replicate && !request.erasure_coding_policy.empty()) {
    return fail(ErrorCode::kHadoopInvalidArgument,
                "SHOULD_REPLICATE flag and ecPolicyName are exclusive parameters. Set both is not allowed!");
  }
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot create file" + request.path));
  DFS_TRY(InodePath path, resolve_for_create(context, request));
  if (int64_t(request.block_size) < int64_t(context.settings.block_bytes_min)) {
    return fail(ErrorCode::kIo, fmt::format("Specified block size {} is less than configured minimum value "
                                            "dfs.namenode.fs-limits.min-block-size={}",
                                            int64_t(request.block_size), context.settings.block_bytes_min));
  }
  if (!request.erasure_coding_policy.empty()) {
    DFS_TRY_OK(check_erasure_coding_policy(request.erasure_coding_policy));
    if (request.erasure_coding_policy != "replication") {
      return fail(ErrorCode::kUnsupported,
                  "Erasure coding is not supported: " + request.path + " can only be replicated");
    }
  }
  DFS_TRY_OK(check_replication(context.settings, request.path, request.replication, context.caller.client_address));
  DFS_TRY(uint8_t policy, policy_wanted(request));
  // FSDirWriteFileOp.setNewINodeStoragePolicy: a file keeps the policy that keeps it in memory wherever it goes.
  if (const uint8_t inherited = policy_above(path, path.length() - 1); policy == 0 && inherited == kLazyPersistPolicy) {
    policy = inherited;
  }
  if (path.last() != nullptr && !request.overwrite) {
    DFS_TRY(std::optional<Obstacle> obstacle, obstacle_to_writing(context, path, "CREATE_FILE", request.holder));
    if (obstacle) return Planned<FileStatus>{.value = fail(obstacle->error), .records = std::move(obstacle->records)};
    return fail(ErrorCode::kFileAlreadyExists,
                fmt::format("{} for client {} already exists", path.path(), context.caller.client_address));
  }
  DFS_TRY_OK(check_object_limit(context));

  Planned<FileStatus> planned{.value = FileStatus{}};
  const bool replaces = path.last() != nullptr;
  // With one to replace, its parent is the deepest that stays.
  std::optional<InodePath> without_last;
  if (replaces) {
    std::vector<InodePtr> kept;
    for (size_t i = 0; i + 1 < path.existing(); ++i) kept.push_back(path.shared(i));
    InodeRow parent = *kept.back();
    parent.child_count -= 1;
    kept.back() = std::make_shared<const InodeRow>(std::move(parent));
    without_last.emplace(path.components(), std::move(kept));
  }
  const InodePath& above = replaces ? *without_last : path;
  DFS_TRY(NewInodes inodes, NewInodes::start(context, above, planned.records));
  QuotaCounts freed;
  if (replaces) {
    DFS_TRY(freed, counts_of(context.view, *path.last(), policy_of(path)));
  }
  Result<void> made = inodes.make_ancestors({.masked = above.deepest().permission});
  Result<InodeId> id = made ? inodes.claim_last(freed) : Result<InodeId>(fail(std::move(made).error()));
  if (!id) {
    // As in Hadoop, directories that were made before a limit was reached stay.
    planned.value = fail(std::move(id).error());
    return planned;
  }

  InodeRow file;
  file.id = *id;
  file.type = InodeType::kFile;
  file.owner = context.caller.identity.user;
  file.group = inodes.parent().group;
  file.modification_time_ms = file.access_time_ms = to_millis(context.wall);
  file.replication = request.replication;
  file.preferred_block_size = request.block_size;
  file.under_construction = true;
  file.storage_policy = policy;

  AddOp op;
  DFS_TRY(op.acl_entries, inodes.set_mode(file, {.masked = request.permission, .unmasked = request.unmasked}));
  op.inode_id = *id;
  op.path = path.path();
  op.replication = file.replication;
  op.mtime_ms = file.modification_time_ms;
  op.atime_ms = file.access_time_ms;
  op.block_size = file.preferred_block_size;
  op.permissions = {file.owner, file.group, file.permission};
  op.client_name = request.holder;
  op.client_machine = context.caller.client_address;
  op.overwrite = request.overwrite;
  op.storage_policy_id = policy;
  op.rpc = rpc_ids(context.caller);
  planned.records.push_back(std::move(op));
  const uint8_t effective_policy = policy != 0 ? policy : policy_above(path, path.length() - 1);
  planned.value =
      FileStatus{.inode = std::make_shared<const InodeRow>(std::move(file)), .storage_policy = effective_policy};
  return planned;
}

}  // namespace dfs::namenode::operations
