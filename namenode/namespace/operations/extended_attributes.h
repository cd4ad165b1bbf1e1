#pragma once

#include <string_view>

#include "namenode/namespace/plan.h"
#include "namenode/store/rows.h"

// Extended attributes (FSDirXAttrOp). The namespaces that callers may use are "user.", and for the superuser
// "trusted.".
namespace dfs::namenode::operations {

struct SetXattr {
  std::string path;
  ExtendedAttribute xattr;
  bool create = true;   // it may be new
  bool replace = true;  // it may be there already
};
Result<Planned<Done>> set_xattr(const PlanContext& context, const SetXattr& request);

struct RemoveXattr {
  std::string path;
  ExtendedAttribute xattr;  // without a value
};
// kIo where the inode has no such attribute.
Result<Planned<Done>> remove_xattr(const PlanContext& context, const RemoveXattr& request);

// kAccessControl unless the caller may use the attribute's namespace (XAttrPermissionFilter.checkPermissionForApi).
Result<void> check_xattr_namespace(const Caller& caller, const ExtendedAttribute& xattr);
// "user.name"
std::string prefixed_name(const ExtendedAttribute& xattr);

}  // namespace dfs::namenode::operations
