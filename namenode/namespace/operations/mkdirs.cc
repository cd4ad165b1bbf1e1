#include "namenode/namespace/operations/new_inodes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> mkdirs(const PlanContext& context, const Mkdirs& request) {
  DFS_TRY_OK(check_path_length("mkdirs", request.path));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot create directory " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller, "mkdirs");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kCreate));
  if (path.last() != nullptr) {
    if (path.last()->type == InodeType::kFile) {
      return fail(ErrorCode::kFileAlreadyExists, "Path is not a directory: " + request.path);
    }
    return Planned<bool>{.value = true};
  }
  DFS_TRY_OK(permissions.check(path, {.ancestor = Access::kWrite}));
  if (!request.create_parent) DFS_TRY_OK(check_parent(path));
  DFS_TRY_OK(check_object_limit(context));
  Planned<bool> planned{.value = true};
  DFS_TRY(NewInodes inodes, NewInodes::start(context, path, planned.records));
  const CreateMode mode{.masked = request.permission, .unmasked = request.unmasked};
  // As in Hadoop, directories that were made before a limit was reached stay.
  Result<void> made = inodes.make_ancestors(mode);
  if (made) made = inodes.make_directory(mode);
  if (!made) planned.value = fail(std::move(made).error());
  return planned;
}

}  // namespace dfs::namenode::operations
