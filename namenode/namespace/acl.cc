#include "namenode/namespace/acl.h"

#include <algorithm>

#include "proto/base/bytes.h"

namespace dfs::namenode {

std::string encode_acl(std::span<const AclEntry> entries) {
  std::string column;
  ByteWriter out(column);
  for (const AclEntry& entry : entries) {
    out.u8(uint8_t(entry.scope));
    out.u8(uint8_t(entry.type));
    out.u8(entry.permission);
    out.varint(entry.name.size());
    out.bytes(entry.name);
  }
  return column;
}

Result<std::vector<AclEntry>> decode_acl(std::string_view column) {
  ByteReader in(column);
  std::vector<AclEntry> entries;
  while (in.remaining() > 0) {
    AclEntry entry;
    DFS_TRY(uint8_t scope, in.u8());
    DFS_TRY(uint8_t type, in.u8());
    DFS_TRY(entry.permission, in.u8());
    DFS_TRY(uint64_t length, in.varint());
    DFS_TRY(ByteView name, in.bytes(length));
    if (scope > uint8_t(AclScope::kDefault) || type > uint8_t(AclType::kOther)) {
      return fail(ErrorCode::kCorruptFormat, "table row: unknown kind of ACL entry");
    }
    entry.scope = AclScope(scope);
    entry.type = AclType(type);
    entry.name = as_text(name);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<void> set_acl(InodeRow& inode, const std::vector<AclEntry>& entries) {
  auto defaults = std::find_if(entries.begin(), entries.end(),
                               [](const AclEntry& entry) { return entry.scope == AclScope::kDefault; });
  std::span access(entries.begin(), defaults);
  if (access.size() < 3) return fail(ErrorCode::kAcl, "Invalid ACL: it lacks the entries for user, group and others");
  bool minimal = entries.size() == 3;
  // The last is for others; before it stands the mask, or the owning group if there are no named entries at all.
  auto bits = [&](const AclEntry& entry, int shift) { return uint16_t((entry.permission & 7) << shift); };
  const AclEntry& group = minimal ? access[1] : access[access.size() - 2];
  inode.permission =
      uint16_t((inode.permission & 01000) | bits(access.front(), 6) | bits(group, 3) | bits(access.back(), 0));
  if (minimal) {
    inode.acl.clear();
    return {};
  }
  std::vector<AclEntry> kept(access.begin() + 1, access.end() - 2);
  kept.insert(kept.end(), defaults, entries.end());
  inode.acl = encode_acl(kept);
  return {};
}

Result<std::vector<AclEntry>> logical_acl(const InodeRow& inode) {
  DFS_TRY(std::vector<AclEntry> column, decode_acl(inode.acl));
  const bool extended = !column.empty() && column.front().scope == AclScope::kAccess;
  auto class_of = [&](AclType type, int shift) {
    return AclEntry{.type = type, .permission = uint8_t((inode.permission >> shift) & 7)};
  };
  std::vector<AclEntry> entries{class_of(AclType::kUser, 6)};
  auto defaults = std::ranges::find(column, AclScope::kDefault, &AclEntry::scope);
  entries.insert(entries.end(), column.begin(), defaults);
  entries.push_back(class_of(extended ? AclType::kMask : AclType::kGroup, 3));
  entries.push_back(class_of(AclType::kOther, 0));
  entries.insert(entries.end(), defaults, column.end());
  return entries;
}

Result<bool> inherit_default_acl(const InodeRow& parent, InodeRow& child) {
  if (parent.acl.empty() || child.type == InodeType::kSymlink) return false;
  DFS_TRY(std::vector<AclEntry> column, decode_acl(parent.acl));
  std::vector<AclEntry> defaults(std::ranges::find(column, AclScope::kDefault, &AclEntry::scope), column.end());
  if (defaults.empty()) return false;
  const bool minimal = defaults.size() == 3;
  auto filter_of = [&](const AclEntry& entry) -> unsigned {
    if (entry.type == AclType::kUser && entry.name.empty()) return child.permission >> 6;
    if (entry.type == AclType::kMask || (entry.type == AclType::kGroup && minimal)) return child.permission >> 3;
    return entry.type == AclType::kOther ? child.permission : 7;
  };
  std::vector<AclEntry> entries = defaults;
  for (AclEntry& entry : entries) {
    entry.scope = AclScope::kAccess;
    entry.permission = uint8_t(entry.permission & filter_of(entry));
  }
  if (child.type == InodeType::kDirectory) entries.insert(entries.end(), defaults.begin(), defaults.end());
  DFS_TRY_OK(set_acl(child, entries));
  return true;
}

}  // namespace dfs::namenode
