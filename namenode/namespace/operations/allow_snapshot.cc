#include <fmt/format.h>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {
namespace {

// SnapshotManager.checkNestedSnapshottable
Result<void> check_not_nested(const View& view, const InodePath& path, std::string_view named) {
  DFS_TRY(std::vector<InodeId> directories, snapshottable_directories(view));
  const InodeId id = path.last()->id;
  for (InodeId directory : directories) {
    if (directory == id) continue;
    DFS_TRY(std::optional<InodePath> other, resolve_inode(view, directory));
    if (!other) continue;
    auto has = [](const InodePath& whole, InodeId wanted) {
      for (size_t i = 0; i < whole.existing(); ++i) {
        if (whole.at(i)->id == wanted) return true;
      }
      return false;
    };
    const std::string_view relation = has(*other, id) ? "subdirectory" : has(path, directory) ? "ancestor" : "";
    if (relation.empty()) continue;
    return fail(ErrorCode::kSnapshot, fmt::format("Nested snapshottable directories not allowed: path={}, the {} {} is "
                                                  "already a snapshottable directory.",
                                                  named, relation, other->path()));
  }
  return {};
}

}  // namespace

Result<Planned<Done>> allow_snapshot(const PlanContext& context, const AllowSnapshot& request) {
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY_OK(permissions.check_superuser("allowSnapshot"));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot allow snapshot for " + request.directory));
  DFS_TRY(InodePath path, resolve_directory(context.view, request.directory));
  DFS_TRY_OK(check_not_nested(context.view, path, request.directory));
  return Planned<Done>{.value = Done{}, .records = {AllowSnapshotOp{.snapshot_root = request.directory}}};
}

}  // namespace dfs::namenode::operations
