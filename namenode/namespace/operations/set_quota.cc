#include <fmt/format.h>

#include <algorithm>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/quotas.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {
namespace {

Result<void> check_values(const PlanContext& context, const SetQuota& request) {
  auto is_valid = [](int64_t quota) { return quota >= 0 || quota == kQuotaReset; };
  if (!is_valid(request.namespace_quota) || !is_valid(request.storage_space_quota)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("Illegal value for nsQuota or ssQuota : {} and {}",
                                                         request.namespace_quota, request.storage_space_quota));
  }
  if (request.storage_type && (!context.settings.type_quotas_enabled || request.namespace_quota != kQuotaDontSet)) {
    return fail(ErrorCode::kUnsupportedAction,
                fmt::format("Failed to set quota by storage type because eitherdfs.quota.by.storage.type.enabled is "
                            "set to {} or nsQuota value is illegal {}",
                            context.settings.type_quotas_enabled, request.namespace_quota));
  }
  return {};
}

Result<void> check_may_set(const PlanContext& context, const PermissionChecker& permissions, const InodePath& path) {
  if (!context.settings.permissions_enabled || !context.settings.owner_sets_quota || context.caller.is_superuser) {
    return {};
  }
  const InodeRow* parent = path.is_root() ? path.last() : path.parent();
  if (parent != nullptr && parent->owner == permissions.caller().identity.user) return {};
  return fail(ErrorCode::kAccessControl,
              fmt::format("Access denied for user {}. Superuser or owner of parent folder privilege is required",
                          permissions.caller().identity.user));
}

int64_t value_of(const std::optional<uint64_t>& quota) {
  return quota ? int64_t(*quota) : kQuotaReset;
}

}  // namespace

std::string_view name_of(const SetQuota& request) {
  const bool names_only = request.storage_space_quota == kQuotaDontSet;
  if (request.namespace_quota == kQuotaReset && names_only) return "clearQuota";
  if (request.namespace_quota == kQuotaDontSet && request.storage_space_quota == kQuotaReset) return "clearSpaceQuota";
  return names_only ? "setQuota" : "setSpaceQuota";
}

Result<Planned<Done>> set_quota(const PlanContext& context, const SetQuota& request) {
  PermissionChecker permissions(context.view, context.settings, context.caller);
  if (context.settings.permissions_enabled && !context.settings.owner_sets_quota) {
    DFS_TRY_OK(permissions.check_superuser(name_of(request)));
  }
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot set quota on " + request.path));
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(check_may_set(context, permissions, path));
  DFS_TRY_OK(check_values(context, request));
  if (path.last() == nullptr) return fail(ErrorCode::kFileNotFound, "Directory does not exist: " + path.path());
  const InodeRow& directory = *path.last();
  if (directory.type != InodeType::kDirectory) {
    return fail(ErrorCode::kPathIsNotDirectory, "`" + path.path() + "': Is not a directory");
  }

  Planned<Done> planned{.value = Done{}};
  const int64_t old_space = value_of(directory.storage_space_quota);
  const int64_t space = request.storage_space_quota == kQuotaDontSet ? old_space : request.storage_space_quota;
  if (request.storage_type) {
    auto there = std::ranges::find(directory.type_quotas, *request.storage_type, &TypeQuota::storage_type);
    if ((there == directory.type_quotas.end() ? kQuotaReset : int64_t(there->bytes)) == space) return planned;
    SetQuotaByStorageTypeOp op;
    op.source = path.path();
    op.storage_type = *request.storage_type;
    op.storage_space_quota = space;
    planned.records.push_back(std::move(op));
    return planned;
  }
  // The root always has a namespace quota; one that was not set is the largest number there is, which the log takes for
  // "unchanged".
  const int64_t none = path.is_root() ? kQuotaDontSet : kQuotaReset;
  const int64_t old_names = directory.namespace_quota ? int64_t(*directory.namespace_quota) : none;
  int64_t names = request.namespace_quota == kQuotaDontSet ? old_names : request.namespace_quota;
  if (names == kQuotaReset && !directory.namespace_quota) names = none;
  if (names == old_names && space == old_space) return planned;
  SetQuotaOp op;
  op.source = path.path();
  op.namespace_quota = names;
  op.storage_space_quota = space;
  planned.records.push_back(std::move(op));
  return planned;
}

}  // namespace dfs::namenode::operations
