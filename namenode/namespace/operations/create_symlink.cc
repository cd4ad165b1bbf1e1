#include "namenode/namespace/operations/new_inodes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> create_symlink(const PlanContext& context, const CreateSymlink& request) {
  if (!is_path_length_allowed(request.link)) {
    return fail(ErrorCode::kIo, "Symlink path exceeds 8000 character limit");
  }
  if (!context.settings.symlinks_enabled) return fail(ErrorCode::kUnsupported, "Symlinks not supported");
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot create symlink " + request.link));
  if (!is_valid_name(request.link)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name Invalid link name: " + request.link);
  }
  if (request.target.empty() || is_reserved(request.target) || is_exact_reserved(request.target)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name Invalid target name: " + request.target);
  }
  PermissionChecker permissions(context.view, context.settings, context.caller, "createSymlink");
  DFS_TRY(InodePath path, permissions.resolve(request.link, ResolveFor::kWriteLink));
  if (!request.create_parent) DFS_TRY_OK(check_parent(path));
  if (path.last() != nullptr) {
    return fail(ErrorCode::kIo,
                "failed to create link " + path.path() + " either because the filename is invalid or the file exists");
  }
  DFS_TRY_OK(permissions.check(path, {.ancestor = Access::kWrite}));
  DFS_TRY_OK(check_object_limit(context));

  Planned<Done> planned{.value = Done{}};
  DFS_TRY(NewInodes inodes, NewInodes::start(context, path, planned.records));
  DFS_TRY_OK(inodes.make_ancestors({.masked = path.deepest().permission}));
  DFS_TRY(InodeId id, inodes.claim_last());
  SymlinkOp op;
  op.inode_id = id;
  op.path = path.path();
  op.value = request.target;
  op.mtime_ms = op.atime_ms = to_millis(context.wall);
  op.permissions = {context.caller.identity.user, inodes.parent().group, 0777};
  op.rpc = rpc_ids(context.caller);
  planned.records.push_back(std::move(op));
  return planned;
}

}  // namespace dfs::namenode::operations
