#include <algorithm>

#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/xattr_rules.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> remove_xattr(const PlanContext& context, const RemoveXattr& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot remove XAttr entry on " + request.path));
  DFS_TRY_OK(check_xattrs_enabled(context.settings));
  DFS_TRY_OK(check_xattr_namespace(context.caller, request.path, request.xattr, request.has_value));
  PermissionChecker permissions(context.view, context.settings, context.caller, "removeXAttr");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(check_xattr_change(permissions, path, request.xattr));
  if (is_unreadable_by_superuser(request.xattr) && !path.last()->xattrs.empty()) {
    return fail(ErrorCode::kAccessControl, "The xattr '" + prefixed_name(request.xattr) + "' can not be deleted.");
  }
  if (std::ranges::none_of(path.last()->xattrs, [&](const auto& one) { return same_xattr(one, request.xattr); })) {
    return fail(ErrorCode::kIo, "No matching attributes found for remove operation");
  }
  ExtendedAttribute removed = request.xattr;
  removed.value.clear();
  Planned<Done> planned{.value = Done{}};
  planned.records.push_back(
      RemoveXAttrOp{.source = path.path(), .xattrs = {std::move(removed)}, .rpc = rpc_ids(context.caller)});
  return planned;
}

}  // namespace dfs::namenode::operations
