#pragma once

#include <string>

#include "namenode/namespace/acl_rules.h"
#include "namenode/namespace/plan.h"

// POSIX access control lists (FSDirAclOp). The owner and the superuser may change them. kAcl where they are switched
// off, or where the new ACL would not be valid.
namespace dfs::namenode::operations {

struct ModifyAclEntries {
  std::string path;
  Acl entries;
};
Result<Planned<Done>> modify_acl_entries(const PlanContext& context, const ModifyAclEntries& request);

struct RemoveAclEntries {
  std::string path;
  Acl entries;  // permissions do not matter
};
Result<Planned<Done>> remove_acl_entries(const PlanContext& context, const RemoveAclEntries& request);

struct RemoveDefaultAcl {
  std::string path;
};
Result<Planned<Done>> remove_default_acl(const PlanContext& context, const RemoveDefaultAcl& request);

// Permission bits alone remain.
struct RemoveAcl {
  std::string path;
};
Result<Planned<Done>> remove_acl(const PlanContext& context, const RemoveAcl& request);

struct SetAcl {
  std::string path;
  Acl entries;  // none: as RemoveAcl
};
Result<Planned<Done>> set_acl(const PlanContext& context, const SetAcl& request);

}  // namespace dfs::namenode::operations
