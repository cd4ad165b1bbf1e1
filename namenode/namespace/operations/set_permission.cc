#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> set_permission(const PlanContext& context, const SetPermission& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set permission for " + request.path));
  if (is_exact_reserved(request.path)) return fail(ErrorCode::kInvalidPath, "Invalid path name " + request.path);
  PermissionChecker permissions(context.view, context.settings, context.caller, "setPermission");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_owner(path));
  Planned<Done> planned{.value = Done{}};
  const uint16_t permission = request.permission & 01777;
  if (path.last()->permission != permission) {
    SetPermissionsOp op;
    op.source = path.path();
    op.permissions = permission;
    planned.records.push_back(std::move(op));
  }
  return planned;
}

}  // namespace dfs::namenode::operations
