#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> set_replication(const PlanContext& context, const SetReplication& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set replication for " + request.path));
  DFS_TRY_OK(check_replication(context.settings, request.path, request.replication, ""));
  PermissionChecker permissions(context.view, context.settings, context.caller, "setReplication");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  if (path.last() == nullptr || path.last()->type != InodeType::kFile) return Planned<bool>{.value = false};
  InodeRow changed = *path.last();
  changed.replication = request.replication;
  DFS_TRY(uint64_t bytes, charged_bytes(context.view, changed));
  const uint8_t policy = policy_of(path);
  QuotaCounts more = space_of(changed, bytes, policy);
  DFS_TRY_OK(check_quota(context.view, path, path.length() - 1, more -= space_of(*path.last(), bytes, policy)));
  SetReplicationOp op;
  op.path = path.path();
  op.replication = request.replication;
  return Planned<bool>{.value = true, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
