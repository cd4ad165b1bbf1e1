#pragma once

#include <string_view>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/settings.h"

// What the operations on snapshots have in common.
namespace dfs::namenode::operations {

// FSDirectory.getINodesInPath with DirOp.WRITE and INodeDirectory.valueOf: without a look at permissions.
Result<InodePath> resolve_directory(const View& view, std::string_view path);
// The path of a snapshottable directory of which the caller is the owner.
Result<InodePath> resolve_owned(const PermissionChecker& permissions, const NamespaceSettings& settings,
                                std::string_view path);
// kSnapshot unless it is one.
Result<InodeRow> require_snapshottable(const InodePath& path);
// FSDirSnapshotOp.verifySnapshotName
Result<void> check_snapshot_name(const NamespaceSettings& settings, std::string_view directory, std::string_view name);

}  // namespace dfs::namenode::operations
