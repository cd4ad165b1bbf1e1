#include <fmt/format.h>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> delete_snapshot(const PlanContext& context, const DeleteSnapshot& request) {
  if (request.name.empty()) return fail(ErrorCode::kIo, "The snapshot name is null or empty.");
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot delete snapshot for " + request.directory));
  PermissionChecker permissions(context.view, context.settings, context.caller, "deleteSnapshot");
  DFS_TRY(InodePath path, resolve_owned(permissions, context.settings, request.directory));
  DFS_TRY(InodeRow directory, require_snapshottable(path));
  DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(context.view, directory.id, request.name));
  if (!snapshot) {
    return fail(
        ErrorCode::kSnapshot,
        fmt::format("Cannot delete snapshot {} from path {}: the snapshot does not exist.", request.name, path.path()));
  }
  DeleteSnapshotOp op;
  op.snapshot_root = request.directory;
  op.snapshot_name = request.name;
  op.mtime_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
