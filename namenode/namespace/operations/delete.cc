#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> remove(const PlanContext& context, const Delete& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot delete " + request.path));
  if (is_exact_reserved(request.path)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name " + request.path);
  }
  PermissionChecker permissions(context.view, context.settings, context.caller, "delete");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWriteLink));
  DFS_TRY_OK(permissions.check(path, {.parent = Access::kWrite, .below = Access::kAll, .ignore_empty = true}));
  if (path.last() == nullptr) return Planned<bool>{.value = false};
  if (path.last()->child_count > 0 && !request.recursive) {
    return fail(ErrorCode::kPathIsNotEmptyDirectory, "`" + path.path() + " is non empty': Directory is not empty");
  }
  if (path.is_root()) return Planned<bool>{.value = false};
  DFS_TRY_OK(check_no_snapshots_below(context.view, *path.last()));
  DeleteOp op;
  op.path = path.path();
  op.timestamp_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<bool>{.value = true, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
