#pragma once

#include "namenode/namespace/permission.h"
#include "namenode/store/rows.h"

// What setting and removing an extended attribute have in common.
namespace dfs::namenode::operations {

bool same_xattr(const ExtendedAttribute& one, const ExtendedAttribute& other);
// Counts towards the limit per inode.
bool is_user_visible(const ExtendedAttribute& xattr);
// kFileNotFound where there is nothing; kAccessControl unless the caller may write the inode, or owns a sticky
// directory.
Result<void> check_xattr_change(const PermissionChecker& permissions, const InodePath& path,
                                const ExtendedAttribute& xattr);

}  // namespace dfs::namenode::operations
