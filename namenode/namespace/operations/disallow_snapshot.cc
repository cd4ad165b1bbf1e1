#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> disallow_snapshot(const PlanContext& context, const DisallowSnapshot& request) {
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY_OK(permissions.check_superuser("disallowSnapshot"));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot disallow snapshot for " + request.directory));
  DFS_TRY(InodePath path, resolve_directory(context.view, request.directory));
  DFS_TRY(std::optional<SnapshotId> newest, newest_snapshot(context.view, path.last()->id));
  if (newest) {
    return fail(ErrorCode::kSnapshot, "The directory " + request.directory +
                                          " has snapshot(s). Please redo the operation after removing all the "
                                          "snapshots.");
  }
  return Planned<Done>{.value = Done{}, .records = {DisallowSnapshotOp{.snapshot_root = request.directory}}};
}

}  // namespace dfs::namenode::operations
