#include <fmt/format.h>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/operations/acls.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/permission.h"

namespace dfs::namenode::operations {
namespace {

// `what`: as SafeModeException names the operation. `change` makes the new ACL of the one that is there; no entries
// remove it.
template <class Change>
Result<Planned<Done>> change_acl(const PlanContext& context, std::string_view operation, std::string_view what,
                                 const std::string& path, Change change) {
  DFS_TRY_OK(check_not_in_safe_mode(context, fmt::format("Cannot {} on {}", what, path)));
  DFS_TRY_OK(check_acls_enabled(context.settings));
  PermissionChecker permissions(context.view, context.settings, context.caller, operation);
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_owner(resolved));
  DFS_TRY(Acl existing, logical_acl(*resolved.last()));
  Result<Acl> acl = change(existing);
  if (acl && resolved.last()->type != InodeType::kDirectory && !acl->empty() &&
      acl->back().scope == AclScope::kDefault) {
    acl = fail(ErrorCode::kAcl, "Invalid ACL: only directories may have a default ACL. Path: " + resolved.path());
  }
  if (!acl) return fail(acl.error().code(), acl.error().message() + " Path: " + resolved.path());
  Planned<Done> planned{.value = Done{}};
  planned.records.push_back(SetAclOp{.source = resolved.path(), .acl_entries = *std::move(acl)});
  return planned;
}

}  // namespace

Result<Planned<Done>> modify_acl_entries(const PlanContext& context, const ModifyAclEntries& request) {
  return change_acl(context, "modifyAclEntries", "modify ACL entries", request.path,
                    [&](const Acl& existing) { return merge_acl(existing, request.entries); });
}

Result<Planned<Done>> remove_acl_entries(const PlanContext& context, const RemoveAclEntries& request) {
  return change_acl(context, "removeAclEntries", "remove ACL entries", request.path,
                    [&](const Acl& existing) { return filter_acl(existing, request.entries); });
}

Result<Planned<Done>> remove_default_acl(const PlanContext& context, const RemoveDefaultAcl& request) {
  return change_acl(context, "removeDefaultAcl", "remove default ACL entries", request.path, without_default_acl);
}

Result<Planned<Done>> remove_acl(const PlanContext& context, const RemoveAcl& request) {
  return change_acl(context, "removeAcl", "remove ACL", request.path, [](const Acl&) -> Result<Acl> { return Acl(); });
}

Result<Planned<Done>> set_acl(const PlanContext& context, const SetAcl& request) {
  return change_acl(context, "setAcl", "set ACL", request.path, [&](const Acl& existing) -> Result<Acl> {
    if (request.entries.empty()) return Acl();
    return replace_acl(existing, request.entries);
  });
}

}  // namespace dfs::namenode::operations
