#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> set_replication(const PlanContext& context, const SetReplication& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set replication for " + request.path));
  DFS_TRY_OK(check_replication(context.settings, request.path, request.replication, ""));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  if (path.last() == nullptr || path.last()->type != InodeType::kFile) return Planned<bool>{.value = false};
  SetReplicationOp op;
  op.path = path.path();
  op.replication = request.replication;
  return Planned<bool>{.value = true, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
