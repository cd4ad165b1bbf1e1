#include <fmt/format.h>

#include <array>
#include <string>

#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {
namespace {

// BlockStoragePolicy.toString
std::string described(const StoragePolicy& policy) {
  constexpr std::array<std::string_view, 7> kTypes = {"", "DISK", "SSD", "ARCHIVE", "RAM_DISK", "PROVIDED", "NVDIMM"};
  auto list = [&](std::span<const uint8_t> types) {
    std::string text = "[";
    for (uint8_t type : types) text += (text.size() > 1 ? ", " : "") + std::string(kTypes[type]);
    return text + "]";
  };
  return fmt::format("BlockStoragePolicy{{{}:{}, storageTypes={}, creationFallbacks={}, replicationFallbacks={}}}",
                     policy.name, policy.id, list(policy.types), list(policy.creation_fallbacks),
                     list(policy.replication_fallbacks));
}

}  // namespace

Result<Planned<Done>> set_storage_policy(const PlanContext& context, const SetStoragePolicy& request) {
  const bool unset = request.policy.empty();
  const std::string_view verb = unset ? "unset" : "set";
  if (!context.settings.storage_policies_enabled) {
    return fail(ErrorCode::kIo,
                fmt::format("Failed to {} storage policy since dfs.storage.policy.enabled is set to false.", verb));
  }
  const std::string_view operation = unset ? "unsetStoragePolicy" : "setStoragePolicy";
  PermissionChecker permissions(context.view, context.settings, context.caller, operation);
  if (context.settings.policies_by_superuser_only) DFS_TRY_OK(permissions.check_superuser(operation));
  DFS_TRY_OK(check_not_in_safe_mode(context, fmt::format("Cannot {} storage policy for {}", verb, request.path)));
  const StoragePolicy* policy = unset ? nullptr : find_storage_policy(request.policy);
  if (policy == nullptr && !unset) {
    return fail(ErrorCode::kHadoopInvalidArgument, "Cannot find a block policy with the name " + request.policy);
  }
  DFS_TRY(InodePath path, permissions.resolve(request.path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(path, Access::kWrite));
  const InodeRow* inode = path.last();
  if (inode == nullptr) return fail(ErrorCode::kFileNotFound, "File/Directory does not exist: " + path.path());
  if (inode->type == InodeType::kSymlink) {
    return fail(ErrorCode::kFileNotFound, path.path() + " is not a file or directory");
  }
  // A file that is kept in memory alone cannot become another kind afterwards, nor the other way round.
  if (inode->type == InodeType::kFile) {
    if (policy != nullptr && policy->copy_on_create) {
      return fail(ErrorCode::kHadoopInvalidArgument,
                  fmt::format("Policy {} cannot be set after file creation.", described(*policy)));
    }
    const StoragePolicy* current = find_storage_policy(inode->storage_policy);
    if (current != nullptr && current->copy_on_create) {
      return fail(ErrorCode::kHadoopInvalidArgument,
                  fmt::format("Existing policy {} cannot be changed after file creation.", current->name));
    }
  }
  SetStoragePolicyOp op;
  op.path = path.path();
  op.policy_id = policy == nullptr ? 0 : policy->id;
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
