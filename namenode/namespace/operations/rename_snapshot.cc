#include <fmt/format.h>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> rename_snapshot(const PlanContext& context, const RenameSnapshot& request) {
  if (request.new_name.empty()) return fail(ErrorCode::kIo, "The new snapshot name is null or empty.");
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot rename snapshot for " + request.directory));
  PermissionChecker permissions(context.view, context.settings, context.caller, "renameSnapshot");
  DFS_TRY(InodePath path, resolve_owned(permissions, context.settings, request.directory));
  DFS_TRY_OK(check_snapshot_name(context.settings, request.directory, request.new_name));
  DFS_TRY(InodeRow directory, require_snapshottable(path));
  DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(context.view, directory.id, request.old_name));
  if (!snapshot) {
    return fail(ErrorCode::kSnapshot,
                fmt::format("The snapshot {} does not exist for directory {}", request.old_name, request.directory));
  }
  if (request.new_name != request.old_name) {
    DFS_TRY(std::optional<Snapshot> there, find_snapshot(context.view, directory.id, request.new_name));
    if (there) {
      return fail(ErrorCode::kSnapshot,
                  fmt::format("The snapshot {} already exists for directory {}", request.new_name, request.directory));
    }
  }
  RenameSnapshotOp op;
  op.snapshot_root = request.directory;
  op.snapshot_old_name = request.old_name;
  op.snapshot_new_name = request.new_name;
  op.mtime_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
