#include <fmt/format.h>

#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> set_owner(const PlanContext& context, const SetOwner& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set owner for " + request.path));
  if (is_exact_reserved(request.path)) return fail(ErrorCode::kInvalidPath, "Invalid path name " + request.path);
  PermissionChecker permissions(context.view, context.settings, context.caller, "setOwner");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_owner(path));
  const std::string& caller = context.caller.identity.user;
  if (!permissions.check_superuser("setOwner")) {
    if (request.user && *request.user != caller) {
      return fail(ErrorCode::kAccessControl,
                  fmt::format("User {} is not a super user (non-super user cannot change owner).", caller));
    }
    if (request.group && !permissions.is_member_of(*request.group)) {
      return fail(ErrorCode::kAccessControl, fmt::format("User {} does not belong to {}", caller, *request.group));
    }
  }
  Planned<Done> planned{.value = Done{}};
  const InodeRow& inode = *path.last();
  if ((request.user && *request.user != inode.owner) || (request.group && *request.group != inode.group)) {
    SetOwnerOp op;
    op.source = path.path();
    op.user = request.user.value_or("");
    op.group = request.group.value_or("");
    planned.records.push_back(std::move(op));
  }
  return planned;
}

}  // namespace dfs::namenode::operations
