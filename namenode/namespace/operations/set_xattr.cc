#include <fmt/format.h>

#include <algorithm>

#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/xattr_rules.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {
namespace {

// XAttrSetFlag.validate
Result<void> check_flags(const SetXattr& request, bool exists) {
  const std::string& name = request.xattr.name;
  if (!request.create && !request.replace) {
    return fail(ErrorCode::kHadoopInvalidArgument, "A flag must be specified.");
  }
  if (exists && !request.replace) {
    return fail(ErrorCode::kIo, fmt::format("XAttr: {} already exists. The REPLACE flag must be specified.", name));
  }
  if (!exists && !request.create) {
    return fail(ErrorCode::kIo, fmt::format("XAttr: {} does not exist. The CREATE flag must be specified.", name));
  }
  return {};
}

}  // namespace

Result<Planned<Done>> set_xattr(const PlanContext& context, const SetXattr& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set XAttr on " + request.path));
  DFS_TRY_OK(check_xattrs_enabled(context.settings));
  const size_t bytes_max = context.settings.xattr_bytes_max;
  size_t bytes = request.xattr.name.size() + request.xattr.value.size();
  if (bytes > bytes_max) {
    return fail(ErrorCode::kHadoopInvalidArgument,
                fmt::format("The XAttr is too big. The maximum combined size of the name and value is {}, but the "
                            "total size is {}",
                            bytes_max, bytes));
  }
  DFS_TRY_OK(check_xattr_namespace(context.caller, request.path, request.xattr, request.has_value));
  PermissionChecker permissions(context.view, context.settings, context.caller, "setXAttr");
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(check_xattr_change(permissions, path, request.xattr));
  const InodeRow& inode = *path.last();
  auto there = std::ranges::find_if(inode.xattrs, [&](const auto& one) { return same_xattr(one, request.xattr); });
  bool exists = there != inode.xattrs.end();
  DFS_TRY_OK(check_flags(request, exists));
  const size_t visible = size_t(std::ranges::count_if(inode.xattrs, is_user_visible)) +
                         (!exists && is_user_visible(request.xattr) ? 1 : 0);
  if (visible > context.settings.xattrs_per_inode_max) {
    return fail(ErrorCode::kIo, fmt::format("Cannot add additional XAttr to inode, would exceed limit of {}",
                                            context.settings.xattrs_per_inode_max));
  }
  if (is_unreadable_by_superuser(request.xattr) && inode.type != InodeType::kFile) {
    return fail(ErrorCode::kIo, "Can only set '" + prefixed_name(request.xattr) + "' on a file.");
  }
  Planned<Done> planned{.value = Done{}};
  planned.records.push_back(
      SetXAttrOp{.source = path.path(), .xattrs = {request.xattr}, .rpc = rpc_ids(context.caller)});
  return planned;
}

}  // namespace dfs::namenode::operations
