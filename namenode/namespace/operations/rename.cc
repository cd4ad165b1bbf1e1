#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/rename_rules.h"

namespace dfs::namenode::operations {

Result<Planned<bool>> rename_old(const PlanContext& context, const Rename& request) {
  DFS_TRY_OK(check_path_length("rename", request.destination));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot rename " + request.source));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath source, permissions.resolve(request.source, ResolveFor::kWriteLink));
  DFS_TRY(InodePath named, permissions.resolve(request.destination, ResolveFor::kCreateLink));
  DFS_TRY(InodePath destination, destination_of_old_rename(context.view, source, named));
  DFS_TRY_OK(permissions.check(source, {.parent = Access::kWrite}));
  DFS_TRY_OK(permissions.check(destination, {.ancestor = Access::kWrite}));
  DFS_TRY(OldRename verdict, judge_old_rename(source, destination));
  if (verdict == OldRename::kRefused) return Planned<bool>{.value = false};
  if (verdict == OldRename::kMoves) DFS_TRY_OK(check_renamed(context.settings, source, destination));
  RenameOldOp op;
  op.source = source.path();
  op.destination = destination.path();
  op.timestamp_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<bool>{.value = true, .records = {std::move(op)}};
}

Result<Planned<Done>> rename(const PlanContext& context, const RenameWithOptions& request) {
  DFS_TRY_OK(check_path_length("rename", request.destination));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot rename " + request.source));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath source, permissions.resolve(request.source, ResolveFor::kWriteLink));
  DFS_TRY(InodePath destination, permissions.resolve(request.destination, ResolveFor::kCreateLink));
  PermissionChecker::Wanted of_source{.parent = Access::kWrite};
  if (request.to_trash) {
    of_source.below = Access::kAll;
    of_source.ignore_empty = true;
  }
  DFS_TRY_OK(permissions.check(source, of_source));
  DFS_TRY_OK(permissions.check(destination, {.ancestor = Access::kWrite}));
  DFS_TRY_OK(judge_rename(source, destination, request.overwrite ? Overwrite::kYes : Overwrite::kNo));
  DFS_TRY_OK(check_renamed(context.settings, source, destination));
  RenameOp op;
  op.source = source.path();
  op.destination = destination.path();
  op.timestamp_ms = to_millis(context.wall);
  if (request.overwrite) op.options.push_back(RenameOption::kOverwrite);
  if (request.to_trash) op.options.push_back(RenameOption::kToTrash);
  if (op.options.empty()) op.options.push_back(RenameOption::kNone);
  op.rpc = rpc_ids(context.caller);
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
