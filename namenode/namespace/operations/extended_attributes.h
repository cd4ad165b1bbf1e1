#pragma once

#include <string_view>

#include "namenode/namespace/plan.h"
#include "namenode/store/rows.h"

// Extended attributes (FSDirXAttrOp). Callers may use the namespace "user.", the superuser "trusted." too, and "raw."
// goes by paths below /.reserved/raw alone. "system." and "security." are the NameNode's own, but for the one name by
// which a file's owner keeps the superuser from reading it.
namespace dfs::namenode::operations {

struct SetXattr {
  static constexpr OpCode kAtMostOnce = OpCode::kSetXAttr;
  std::string path;
  ExtendedAttribute xattr;
  bool has_value = true;  // an empty value is not the same as none
  bool create = true;     // it may be new
  bool replace = true;    // it may be there already
};
Result<Planned<Done>> set_xattr(const PlanContext& context, const SetXattr& request);

struct RemoveXattr {
  static constexpr OpCode kAtMostOnce = OpCode::kRemoveXAttr;
  std::string path;
  ExtendedAttribute xattr;  // without a value
  bool has_value = false;   // nor should there be one
};
// kIo where the inode has no such attribute.
Result<Planned<Done>> remove_xattr(const PlanContext& context, const RemoveXattr& request);

// kIo where dfs.namenode.xattrs.enabled says so (FSDirXAttrOp.checkXAttrsConfigFlag).
Result<void> check_xattrs_enabled(const NamespaceSettings& settings);
// kAccessControl unless the caller may use the attribute's namespace by this path, as it was sent
// (XAttrPermissionFilter.checkPermissionForApi).
Result<void> check_xattr_namespace(const Caller& caller, std::string_view path, const ExtendedAttribute& xattr,
                                   bool has_value);
// Shows to this caller in lists (XAttrPermissionFilter.filterXAttrsForApi).
bool is_visible_xattr(const Caller& caller, std::string_view path, const ExtendedAttribute& xattr);
// "security.hdfs.unreadable.by.superuser"
bool is_unreadable_by_superuser(const ExtendedAttribute& xattr);
// "user.name"
std::string prefixed_name(const ExtendedAttribute& xattr);

}  // namespace dfs::namenode::operations
