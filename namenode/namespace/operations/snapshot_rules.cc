#include "namenode/namespace/operations/snapshot_rules.h"

#include <fmt/format.h>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {
namespace {

// INodeDirectory.valueOf
Result<InodeRow> require_directory(const InodePath& path, std::string_view named) {
  if (path.last() == nullptr) {
    return fail(ErrorCode::kFileNotFound, fmt::format("Directory does not exist: {}", named));
  }
  if (path.last()->type != InodeType::kDirectory) {
    return fail(ErrorCode::kPathIsNotDirectory, fmt::format("`{}': Is not a directory", named));
  }
  return *path.last();
}

}  // namespace

Result<InodePath> resolve_directory(const View& view, std::string_view path) {
  Caller anyone;
  anyone.is_superuser = true;
  const NamespaceSettings settings;
  DFS_TRY(InodePath resolved, PermissionChecker(view, settings, anyone).resolve_literal(path, ResolveFor::kWrite));
  DFS_TRY_OK(require_directory(resolved, path));
  return resolved;
}

Result<InodePath> resolve_owned(const PermissionChecker& permissions, const NamespaceSettings& settings,
                                std::string_view path) {
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kWrite));
  if (settings.permissions_enabled) DFS_TRY_OK(permissions.check_owner(resolved));
  return resolved;
}

Result<InodeRow> require_snapshottable(const InodePath& path) {
  DFS_TRY(InodeRow directory, require_directory(path, path.path()));
  if (is_snapshottable(directory)) return directory;
  return fail(ErrorCode::kSnapshot, "Directory is not a snapshottable directory: " + path.path());
}

Result<void> check_snapshot_name(const NamespaceSettings& settings, std::string_view directory, std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    return fail(ErrorCode::kHadoopInvalidArgument, "Snapshot name cannot contain \"/\"");
  }
  DFS_TRY_OK(check_not_dot_snapshot(name));
  return check_name_length(settings, directory, name);
}

}  // namespace dfs::namenode::operations
