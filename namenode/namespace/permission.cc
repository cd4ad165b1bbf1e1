#include "namenode/namespace/permission.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode {
namespace {

std::string_view name_of(Access access) {
  switch (access) {
    case Access::kExecute:
      return "EXECUTE";
    case Access::kWrite:
      return "WRITE";
    case Access::kWriteExecute:
      return "WRITE_EXECUTE";
    case Access::kRead:
      return "READ";
    case Access::kReadExecute:
      return "READ_EXECUTE";
    case Access::kReadWrite:
      return "READ_WRITE";
    case Access::kAll:
      return "ALL";
  }
  return "NONE";
}

bool implies(unsigned bits, Access access) {
  return (bits & unsigned(access)) == unsigned(access);
}

Error unresolved_link(const InodePath& path, size_t position) {
  const std::string& target = path.at(position)->symlink_target;
  std::string preceding = path.path(position - 1);
  std::string full;
  if (target.starts_with('/') || target.find("://") != std::string::npos) {
    full = target;
  } else {
    full = preceding == "/" ? "/" + target : preceding + "/" + target;
  }
  for (size_t i = position; i < path.components().size(); ++i) full += "/" + path.components()[i];
  return Error(ErrorCode::kUnresolvedLink, full);
}

std::string full_path(const InodePath& start, const std::vector<std::string>& below) {
  std::string path = start.is_root() ? "" : start.path();
  for (const std::string& name : below) path.append("/").append(name);
  return path.empty() ? "/" : path;
}

}  // namespace

std::string permission_text(uint16_t permission) {
  std::string text = "rwxrwxrwx";
  for (int i = 0; i < 9; ++i) {
    if ((permission & (0400 >> i)) == 0) text[size_t(i)] = '-';
  }
  if (permission & 01000) text[8] = text[8] == 'x' ? 't' : 'T';
  return text;
}

Result<InodePath> PermissionChecker::resolve(std::string_view path, ResolveFor wanted) const {
  bool create = wanted == ResolveFor::kCreate || wanted == ResolveFor::kCreateLink;
  bool read = wanted == ResolveFor::kRead || wanted == ResolveFor::kReadLink;
  if (create && !is_valid_name(path)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name Invalid file name: " + std::string(path));
  }
  DFS_TRY(InodePath resolved, namenode::resolve(view_, path));
  if (enforced() && resolved.is_raw() && !read) DFS_TRY_OK(check_superuser(operation_));
  Result<void> traverse = check_traverse(resolved);
  if (!traverse) {
    // FSDirectory.resolvePath: a file in the middle reads as "no access" unless something is to be made there.
    if (traverse.error().code() == ErrorCode::kParentNotDirectory && !create) {
      return fail(ErrorCode::kAccessControl, traverse.error().message());
    }
    return fail(std::move(traverse).error());
  }
  return usable(std::move(resolved), wanted);
}

Result<InodePath> PermissionChecker::resolve_literal(std::string_view path, ResolveFor wanted) const {
  DFS_TRY(InodePath resolved, namenode::resolve_literal(view_, path));
  DFS_TRY_OK(check_traverse(resolved));
  return usable(std::move(resolved), wanted);
}

Result<InodePath> PermissionChecker::usable(InodePath path, ResolveFor wanted) const {
  const bool follow = wanted == ResolveFor::kRead || wanted == ResolveFor::kWrite || wanted == ResolveFor::kCreate;
  const bool read = wanted == ResolveFor::kRead || wanted == ResolveFor::kReadLink;
  if (follow && path.last() != nullptr && path.last()->type == InodeType::kSymlink) {
    return fail(unresolved_link(path, path.length() - 1));
  }
  if (!read && path.is_snapshot()) {
    return fail(ErrorCode::kSnapshotAccessControl, "Modification on a read-only snapshot is disallowed");
  }
  return path;
}

Result<InodePath> PermissionChecker::resolve_open(std::string_view path, InodeId file) const {
  if (file == kNoInode) return resolve(path, ResolveFor::kWrite);
  DFS_TRY(std::optional<InodePath> found, resolve_inode(view_, file));
  if (found) return *std::move(found);
  DFS_TRY(std::vector<std::string> components, path_components(path));
  return InodePath(std::move(components), {});
}

Result<void> PermissionChecker::check_traverse(const InodePath& path) const {
  size_t end = std::min(path.length() - 1, path.existing());
  for (size_t i = 0; i < end; ++i) {
    const InodeRow& inode = *path.at(i);
    if (inode.type == InodeType::kSymlink) return fail(unresolved_link(path, i));
    if (inode.type != InodeType::kDirectory) {
      return fail(ErrorCode::kParentNotDirectory, path.path(i) + " (is not a directory)");
    }
    if (enforced()) DFS_TRY_OK(check_at(path, i, Access::kExecute));
  }
  return {};
}

Result<void> PermissionChecker::check(const InodePath& path, const Wanted& wanted) const {
  if (!enforced()) return {};
  size_t last = path.length() - 1;
  DFS_TRY_OK(check_traverse(path));
  if (wanted.parent && implies(unsigned(*wanted.parent), Access::kWrite) && last > 0 && path.last() != nullptr) {
    DFS_TRY_OK(check_sticky(path));
  }
  if (wanted.ancestor && last > 0) {
    DFS_TRY_OK(check_at(path, std::min(last - 1, path.existing() - 1), *wanted.ancestor));
  }
  if (wanted.parent && last > 0) DFS_TRY_OK(check_at(path, last - 1, *wanted.parent));
  if (wanted.last) DFS_TRY_OK(check_at(path, last, *wanted.last));
  if (wanted.below) DFS_TRY_OK(check_below(path, *wanted.below, wanted.ignore_empty));
  return {};
}

Result<void> PermissionChecker::check_owner(const InodePath& path) const {
  if (path.last() == nullptr) {
    return fail(ErrorCode::kFileNotFound, "Directory/File does not exist " + path.path());
  }
  if (caller_.is_superuser || path.last()->owner == caller_.identity.user) return {};
  return fail(ErrorCode::kAccessControl, fmt::format("Permission denied. user={} is not the owner of inode={}",
                                                     caller_.identity.user, path.path()));
}

Result<void> PermissionChecker::check_at(const InodePath& path, size_t position, Access access) const {
  const InodeRow* inode = path.at(position);
  if (inode == nullptr) return {};
  DFS_TRY(bool allowed, allows(*inode, access));
  if (allowed) return {};
  return fail(ErrorCode::kAccessControl, denied(*inode, path.path(position), access));
}

Result<void> PermissionChecker::check_inode(const InodeRow& inode, std::string_view path, Access access) const {
  if (!enforced()) return {};
  DFS_TRY(bool allowed, allows(inode, access));
  if (allowed) return {};
  return fail(ErrorCode::kAccessControl, denied(inode, path, access));
}

Result<void> PermissionChecker::check_superuser(std::string_view operation) const {
  if (caller_.is_superuser) return {};
  return fail(ErrorCode::kAccessControl,
              fmt::format("Access denied for user {}. Superuser privilege is required for operation {}",
                          caller_.identity.user, operation));
}

bool PermissionChecker::is_member_of(std::string_view group) const {
  return std::find(caller_.groups.begin(), caller_.groups.end(), group) != caller_.groups.end();
}

Result<bool> PermissionChecker::allows(const InodeRow& inode, Access access) const {
  const std::string& user = caller_.identity.user;
  unsigned mode = inode.permission;
  if (user == inode.owner) return implies(mode >> 6, access);
  std::vector<AclEntry> entries;
  if (!inode.acl.empty()) {
    DFS_TRY(entries, decode_acl(inode.acl));
    if (!entries.empty() && entries.front().scope == AclScope::kDefault) entries.clear();
  }
  if (entries.empty()) return implies(is_member_of(inode.group) ? mode >> 3 : mode, access);
  // With an extended ACL the group bits are the mask. A named user decides alone, of groups one that allows is enough.
  bool matched = false;
  for (const AclEntry& entry : entries) {
    if (entry.scope == AclScope::kDefault) break;
    bool applies = entry.type == AclType::kUser
                       ? user == entry.name
                       : entry.type == AclType::kGroup && is_member_of(entry.name.empty() ? inode.group : entry.name);
    if (!applies) continue;
    if (implies(entry.permission & (mode >> 3), access)) return true;
    matched = true;
    if (entry.type == AclType::kUser) break;
  }
  return !matched && implies(mode, access);
}

Result<void> PermissionChecker::check_sticky(const InodePath& path) const {
  const InodeRow& parent = *path.parent();
  const InodeRow& inode = *path.last();
  const std::string& user = caller_.identity.user;
  if ((parent.permission & 01000) == 0 || parent.owner == user || inode.owner == user) return {};
  return fail(ErrorCode::kAccessControl, sticky(inode, path.path(), parent, path.parent_path()));
}

Result<void> PermissionChecker::check_below(const InodePath& path, Access access, bool ignore_empty) const {
  if (path.last() == nullptr || path.last()->type != InodeType::kDirectory) return {};
  struct Directory {
    InodePtr inode;
    std::vector<std::string> names;  // below `path`
  };
  std::vector<Directory> left{{path.shared(path.length() - 1), {}}};
  const std::string& user = caller_.identity.user;
  while (!left.empty()) {
    Directory directory = std::move(left.back());
    left.pop_back();
    const InodeRow& row = *directory.inode;
    bool checked = row.child_count > 0 || !ignore_empty;
    std::string directory_path = full_path(path, directory.names);
    if (checked) DFS_TRY_OK(check_inode(row, directory_path, access));
    bool sticky_here = checked && (row.permission & 01000) != 0 && row.owner != user;
    DFS_TRY_OK(for_each_child(
        view_, row.id, path.as_of(), "", [&](std::string_view name, const InodePtr& child) -> Result<bool> {
          std::vector<std::string> names = directory.names;
          names.emplace_back(name);
          if (sticky_here && child->owner != user) {
            return fail(ErrorCode::kAccessControl, sticky(*child, full_path(path, names), row, directory_path));
          }
          if (child->type == InodeType::kDirectory) left.push_back({child, std::move(names)});
          return true;
        }));
  }
  return {};
}

std::string PermissionChecker::denied(const InodeRow& inode, std::string_view path, Access access) const {
  return fmt::format("Permission denied: user={}, access={}, inode=\"{}\":{}:{}:{}{}", caller_.identity.user,
                     name_of(access), path, inode.owner, inode.group, inode.type == InodeType::kDirectory ? 'd' : '-',
                     permission_text(inode.permission));
}

std::string PermissionChecker::sticky(const InodeRow& inode, std::string_view path, const InodeRow& parent,
                                      std::string_view parent_path) const {
  auto described = [](const InodeRow& row, std::string_view row_path) {
    return fmt::format("\"{}\":{}:{}:{}{}", row_path, row.owner, row.group,
                       row.type == InodeType::kDirectory ? "d" : "-", permission_text(row.permission));
  };
  return fmt::format("Permission denied by sticky bit: user={}, path={}, parent={}", caller_.identity.user,
                     described(inode, path), described(parent, parent_path));
}

}  // namespace dfs::namenode
