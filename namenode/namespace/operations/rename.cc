#include <algorithm>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/rename_rules.h"

namespace dfs::namenode::operations {
namespace {

// FSDirRenameOp.verifyQuotaForRename: there is room in the directories that the source is not in yet.
Result<void> check_quota_of_move(const View& view, const InodePath& source, const InodePath& destination) {
  const size_t end = destination.length() - 1;
  size_t common = 0;
  while (common < std::min(end, source.length() - 1) && source.at(common)->id == destination.at(common)->id) ++common;
  bool asked = false;
  for (size_t i = common; i < end; ++i) asked = asked || destination.at(i)->has_quota();
  if (!asked) return {};
  const uint8_t policy = policy_above(destination, end);
  QuotaCounts more;
  if (policy == policy_above(source, source.length() - 1)) {
    DFS_TRY(more, total_of(view, *source.last(), policy));
  } else {
    DFS_TRY(TreeCounts tree, count_tree(view, *source.last(), policy));
    more = tree.total;
  }
  if (destination.last() != nullptr) {
    DFS_TRY(QuotaCounts replaced, counts_of(view, *destination.last(), policy));
    more -= replaced;
  }
  return check_quota(view, destination, end, more, {}, source.at(common - 1)->id);
}

}  // namespace

Result<Planned<bool>> rename_old(const PlanContext& context, const Rename& request) {
  DFS_TRY_OK(check_path_length("rename", request.destination));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot rename " + request.source));
  PermissionChecker permissions(context.view, context.settings, context.caller, "rename");
  DFS_TRY(InodePath source, permissions.resolve(request.source, ResolveFor::kWriteLink));
  DFS_TRY(InodePath named, permissions.resolve(request.destination, ResolveFor::kCreateLink));
  DFS_TRY(InodePath destination, destination_of_old_rename(context.view, source, named));
  DFS_TRY_OK(permissions.check(source, {.parent = Access::kWrite}));
  DFS_TRY_OK(permissions.check(destination, {.ancestor = Access::kWrite}));
  DFS_TRY(OldRename verdict, judge_old_rename(context.view, source, destination));
  if (verdict == OldRename::kRefused) return Planned<bool>{.value = false};
  if (verdict == OldRename::kMoves) {
    DFS_TRY_OK(check_renamed(context.settings, source, destination));
    DFS_TRY_OK(check_quota_of_move(context.view, source, destination));
  }
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
  PermissionChecker permissions(context.view, context.settings, context.caller, "rename");
  DFS_TRY(InodePath source, permissions.resolve(request.source, ResolveFor::kWriteLink));
  DFS_TRY(InodePath destination, permissions.resolve(request.destination, ResolveFor::kCreateLink));
  PermissionChecker::Wanted of_source{.parent = Access::kWrite};
  if (request.to_trash) {
    of_source.below = Access::kAll;
    of_source.ignore_empty = true;
  }
  DFS_TRY_OK(permissions.check(source, of_source));
  DFS_TRY_OK(permissions.check(destination, {.ancestor = Access::kWrite}));
  DFS_TRY_OK(judge_rename(context.view, source, destination, request.overwrite ? Overwrite::kYes : Overwrite::kNo));
  DFS_TRY_OK(check_renamed(context.settings, source, destination));
  DFS_TRY_OK(check_quota_of_move(context.view, source, destination));
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
