#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/storage_policy.h"

namespace dfs::namenode::operations {

Result<Planned<Done>> set_storage_policy(const PlanContext& context, const SetStoragePolicy& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set storage policy for " + request.path));
  PermissionChecker permissions(context.view, context.settings, context.caller);
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  const InodeRow* inode = path.last();
  if (inode == nullptr) return fail(ErrorCode::kFileNotFound, "File/Directory does not exist: " + path.path());
  if (inode->type == InodeType::kSymlink) {
    return fail(ErrorCode::kFileNotFound, path.path() + " is not a file or directory");
  }
  // A file that is kept in memory alone cannot become another kind afterwards, nor the other way round.
  if (inode->type == InodeType::kFile &&
      (request.policy == kLazyPersistPolicy || inode->storage_policy == kLazyPersistPolicy)) {
    return fail(ErrorCode::kHadoopInvalidArgument, "Policy LAZY_PERSIST cannot be set after file creation.");
  }
  SetStoragePolicyOp op;
  op.path = path.path();
  op.policy_id = request.policy;
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
