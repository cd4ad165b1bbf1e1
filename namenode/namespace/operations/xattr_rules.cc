#include "namenode/namespace/operations/xattr_rules.h"

#include <fmt/format.h>

#include <array>

#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/path.h"

namespace dfs::namenode::operations {
namespace {

// XAttrProto.XAttrNamespaceProto
enum NameSpace : uint8_t { kUser = 0, kTrusted = 1, kSecurity = 2, kSystem = 3, kRaw = 4 };
constexpr std::array<std::string_view, 5> kPrefixes = {"user", "trusted", "security", "system", "raw"};
constexpr uint16_t kSticky = 01000;

}  // namespace

std::string prefixed_name(const ExtendedAttribute& xattr) {
  std::string_view prefix = xattr.name_space < kPrefixes.size() ? kPrefixes[xattr.name_space] : "?";
  return fmt::format("{}.{}", prefix, xattr.name);
}

Result<void> check_xattrs_enabled(const NamespaceSettings& settings) {
  if (settings.xattrs_enabled) return {};
  return fail(ErrorCode::kIo,
              "The XAttr operation has been rejected.  Support for XAttrs has been disabled by setting "
              "dfs.namenode.xattrs.enabled to false.");
}

bool is_unreadable_by_superuser(const ExtendedAttribute& xattr) {
  return xattr.name_space == kSecurity && xattr.name == "hdfs.unreadable.by.superuser";
}

bool is_visible_xattr(const Caller& caller, std::string_view path, const ExtendedAttribute& xattr) {
  return xattr.name_space == kUser || (xattr.name_space == kTrusted && caller.is_superuser) ||
         (xattr.name_space == kRaw && is_reserved_raw(path)) || is_unreadable_by_superuser(xattr);
}

Result<void> check_xattr_namespace(const Caller& caller, std::string_view path, const ExtendedAttribute& xattr,
                                   bool has_value) {
  if (is_unreadable_by_superuser(xattr) && has_value) {
    return fail(ErrorCode::kAccessControl,
                "Attempt to set a value for '" + prefixed_name(xattr) + "'. Values are not allowed for this xattr.");
  }
  if (is_visible_xattr(caller, path, xattr)) return {};
  return fail(ErrorCode::kAccessControl, "User doesn't have permission for xattr: " + prefixed_name(xattr));
}

bool same_xattr(const ExtendedAttribute& one, const ExtendedAttribute& other) {
  return one.name_space == other.name_space && one.name == other.name;
}

bool is_user_visible(const ExtendedAttribute& xattr) {
  return xattr.name_space == kUser || xattr.name_space == kTrusted;
}

Result<void> check_xattr_change(const PermissionChecker& permissions, const InodePath& path,
                                const ExtendedAttribute& xattr) {
  if (path.last() == nullptr) return fail(ErrorCode::kFileNotFound, "cannot find " + path.path());
  if (xattr.name_space != kUser) return {};
  const InodeRow& inode = *path.last();
  if (inode.type == InodeType::kDirectory && (inode.permission & kSticky) != 0) return permissions.check_owner(path);
  return permissions.check_last(path, Access::kWrite);
}

}  // namespace dfs::namenode::operations
