#include <algorithm>

#include "namenode/namespace/operations/snapshot_rules.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshot_queries.h"

namespace dfs::namenode {

Result<std::optional<std::vector<SnapshottableStatus>>> snapshottable_listing(const Query& query) {
  DFS_TRY(std::vector<InodeId> directories, snapshottable_directories(query.view));
  if (directories.empty()) return std::optional<std::vector<SnapshottableStatus>>();
  std::vector<SnapshottableStatus> listing;
  for (InodeId id : directories) {
    DFS_TRY(std::optional<InodePath> path, resolve_inode(query.view, id));
    if (!path) continue;
    const InodeRow& directory = *path->last();
    if (!query.caller.is_superuser && directory.owner != query.caller.identity.user) continue;
    SnapshottableStatus status{.status = {.inode = path->shared(path->length() - 1), .name = path->name()},
                               .parent_path = path->is_root() ? "" : path->parent_path(),
                               .snapshot_quota = snapshot_quota(directory)};
    DFS_TRY(status.snapshot_count, count_snapshots(query.view, id));
    listing.push_back(std::move(status));
  }
  std::ranges::sort(listing, {},
                    [](const SnapshottableStatus& one) { return std::pair(one.parent_path, one.status.name); });
  return std::optional(std::move(listing));
}

Result<std::vector<SnapshotStatus>> snapshot_listing(const Query& query, std::string_view path) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve_literal(path, ResolveFor::kRead));
  DFS_TRY_OK(permissions.check_last(resolved, Access::kRead));
  DFS_TRY(InodeRow directory, operations::require_snapshottable(resolved));
  std::vector<SnapshotStatus> listing;
  const std::string directory_path = resolved.path();
  DFS_TRY_OK(for_each_snapshot(query.view, directory.id, "", [&](const Snapshot& snapshot) -> Result<bool> {
    listing.push_back({status_of(snapshot, directory), snapshot.id, directory_path});
    return true;
  }));
  return listing;
}

}  // namespace dfs::namenode
