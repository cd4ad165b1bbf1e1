#include <fmt/format.h>

#include <ctime>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {
namespace {

constexpr uint64_t kSnapshotIdMax = (1 << 28) - 1;

// Snapshot.generateDefaultSnapshotName: "s20240131-235959.999" in the time of where we are.
std::string generated_name(WallTime wall) {
  const uint64_t millis = to_millis(wall);
  const std::time_t seconds = std::time_t(millis / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("s{:04}{:02}{:02}-{:02}{:02}{:02}.{:03}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec, millis % 1000);
}

// DFSUtil.isValidNameForComponent
bool is_valid_component(std::string_view name) {
  return name != "." && name != ".." && name.find_first_of(":/") == std::string_view::npos && name != kDotSnapshot &&
         name != ".reserved";
}

Result<void> check_limit(uint64_t count, uint64_t limit, std::string_view of) {
  if (count < limit) return {};
  return fail(ErrorCode::kSnapshot,
              fmt::format("Failed to create snapshot: there are already {} snapshot(s) and the {} snapshot limit is {}",
                          count, of, limit));
}

}  // namespace

Result<Planned<std::string>> create_snapshot(const PlanContext& context, const CreateSnapshot& request) {
  DFS_TRY_OK(check_path_length("createSnapshot", request.directory));
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot create snapshot for " + request.directory));
  PermissionChecker permissions(context.view, context.settings, context.caller, "createSnapshot");
  DFS_TRY(InodePath path, resolve_owned(permissions, context.settings, request.directory));
  std::string name = request.name;
  if (name.empty()) {
    name = generated_name(context.wall);
  } else if (!is_valid_component(name)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name Invalid snapshot name: " + name);
  }
  DFS_TRY_OK(check_snapshot_name(context.settings, request.directory, name));
  DFS_TRY(InodeRow directory, require_snapshottable(path));
  DFS_TRY(uint64_t id, counter(context.view, Counter::kNextSnapshotId));
  if (id == kSnapshotIdMax) {
    return fail(ErrorCode::kSnapshot,
                fmt::format("Failed to create the snapshot. The FileSystem has run out of snapshot IDs and ID rollover "
                            "is not supported and the max snapshot limit is: {}",
                            context.settings.snapshots_per_directory_max));
  }
  DFS_TRY(uint64_t all, counter(context.view, Counter::kSnapshotCount));
  DFS_TRY_OK(check_limit(all, context.settings.snapshots_max, "file system"));
  DFS_TRY(uint32_t here, count_snapshots(context.view, directory.id));
  if (here + 1 > snapshot_quota(directory)) {
    return fail(ErrorCode::kSnapshot,
                fmt::format("Failed to add snapshot: there are already {} snapshot(s) and the snapshot quota is {}",
                            here, snapshot_quota(directory)));
  }
  DFS_TRY_OK(check_limit(here, context.settings.snapshots_per_directory_max, "per directory"));
  DFS_TRY(std::optional<Snapshot> there, find_snapshot(context.view, directory.id, name));
  if (there) {
    return fail(ErrorCode::kSnapshot,
                "Failed to add snapshot: there is already a snapshot with the same name \"" + name + "\".");
  }
  std::string made = snapshot_path(request.directory, name);
  CreateSnapshotOp op;
  op.snapshot_root = request.directory;
  op.snapshot_name = std::move(name);
  op.mtime_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<std::string>{.value = std::move(made), .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
