#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/journal/edit_record.h"
#include "namenode/store/rows.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// The column `acl` of an inode: what permission bits cannot say (Hadoop's AclFeature), in the order of the log. These
// are the access entries without the owner, the mask and the others (the inode's permission has those; its group bits
// are the mask), then the default entries. Each entry is scope, type, permission as a byte each, and its name.
std::string encode_acl(std::span<const AclEntry> entries);
Result<std::vector<AclEntry>> decode_acl(std::string_view column);

// Sets column and permission bits from a whole logical ACL, as OP_SET_ACL, OP_ADD and OP_MKDIR carry it
// (AclStorage.updateINodeAcl). kAcl where it lacks the entries that each ACL has.
Result<void> set_acl(InodeRow& inode, const std::vector<AclEntry>& entries);

// The whole ACL of an inode, sorted, as set_acl() takes it (AclStorage.readINodeLogicalAcl).
Result<std::vector<AclEntry>> logical_acl(const InodeRow& inode);

// What a new file or directory gets from the default ACL of its parent; the permission bits that `child` has are the
// mode that filters it (AclStorage.copyINodeDefaultAcl). False where there is nothing to inherit.
Result<bool> inherit_default_acl(const InodeRow& parent, InodeRow& child);

}  // namespace dfs::namenode
