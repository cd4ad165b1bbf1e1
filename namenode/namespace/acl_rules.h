#pragma once

#include <string>
#include <vector>

#include "namenode/journal/edit_record.h"
#include "proto/base/error.h"

// How a change makes a new ACL of an old one (AclTransformation): all of them are logical ACLs, sorted, with the
// entries that permission bits stand for. A mask that the change does not name is computed, default entries that it
// lacks are those of the access ACL. What would not be valid is kAcl with Hadoop's reason.
namespace dfs::namenode {

using Acl = std::vector<AclEntry>;

// Entries of `changes` replace those of the same scope, type and name, or are new.
Result<Acl> merge_acl(const Acl& existing, Acl changes);
// Without those that `removed` names; their permissions do not matter.
Result<Acl> filter_acl(const Acl& existing, Acl removed);
Result<Acl> without_default_acl(const Acl& existing);
// Each scope that `replacement` has entries of, as a whole.
Result<Acl> replace_acl(const Acl& existing, Acl replacement);

// "default:user:bruce:r-x" (AclEntry.toStringStable).
std::string to_string(const AclEntry& entry);

}  // namespace dfs::namenode
