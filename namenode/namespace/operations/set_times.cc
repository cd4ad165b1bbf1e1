#include "namenode/blocks/blocks.h"
#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> set_times(const PlanContext& context, const SetTimes& request) {
  if (context.settings.access_time_precision_ms == 0 && request.access_time_ms != -1) {
    return fail(ErrorCode::kIo,
                "Access time for hdfs is not configured.  Please set dfs.namenode.accesstime.precision configuration "
                "parameter.");
  }
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set times " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller, "setTimes");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  if (path.last() == nullptr) {
    return fail(ErrorCode::kFileNotFound, "File/Directory " + path.path() + " does not exist.");
  }
  Planned<Done> planned{.value = Done{}};
  if (request.modification_time_ms >= 0 || request.access_time_ms >= 0) {
    TimesOp op;
    op.path = path.path();
    op.mtime_ms = request.modification_time_ms;
    op.atime_ms = request.access_time_ms;
    planned.records.push_back(std::move(op));
  }
  return planned;
}

Result<Planned<Done>> touch_access_time(const PlanContext& context, const TouchAccessTime& request) {
  Planned<Done> planned{.value = Done{}};
  const uint64_t precision = context.settings.access_time_precision_ms;
  if (precision == 0 || context.blocks.in_safe_mode()) return planned;
  DFS_TRY(std::optional<InodePath> path, resolve_inode(context.view, request.file));
  const uint64_t now = to_millis(context.wall);
  if (!path || now <= path->last()->access_time_ms + precision) return planned;
  TimesOp op;
  op.path = path->path();
  op.mtime_ms = -1;
  op.atime_ms = int64_t(now);
  planned.records.push_back(std::move(op));
  return planned;
}

}  // namespace dfs::namenode::operations
