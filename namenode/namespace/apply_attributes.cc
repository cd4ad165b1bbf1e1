#include <algorithm>
#include <functional>
#include <limits>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/apply_records.h"

namespace dfs::namenode {
namespace {

constexpr int64_t kQuotaReset = -1;                                     // HdfsConstants.QUOTA_RESET
constexpr int64_t kQuotaDontSet = std::numeric_limits<int64_t>::max();  // HdfsConstants.QUOTA_DONT_SET

Result<void> edit(std::string_view path, RecordChange& change, const std::function<Result<void>(InodeRow&)>& edit_row) {
  DFS_TRY(InodePath resolved, existing_path(change, path));
  InodeRow row = *resolved.last();
  DFS_TRY_OK(edit_row(row));
  change.put_inode(resolved.key(), row);
  return {};
}

void set_quota(std::optional<uint64_t>& quota, int64_t value) {
  if (value == kQuotaReset) {
    quota.reset();
  } else if (value != kQuotaDontSet && value >= 0) {
    quota = uint64_t(value);
  }
}

auto same_name(const ExtendedAttribute& wanted) {
  return [&wanted](const ExtendedAttribute& there) {
    return there.name_space == wanted.name_space && there.name == wanted.name;
  };
}

}  // namespace

Result<void> apply_record(const SetReplicationOp& op, RecordChange& change) {
  return edit(op.path, change, [&](InodeRow& row) -> Result<void> {
    if (row.type != InodeType::kFile || row.replication == op.replication) return {};
    row.replication = op.replication;
    change.effects().replication_changed.push_back(row.id);
    return {};
  });
}

Result<void> apply_record(const SetPermissionsOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    row.permission = op.permissions & 01777;
    return {};
  });
}

Result<void> apply_record(const SetOwnerOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    if (!op.user.empty()) row.owner = op.user;
    if (!op.group.empty()) row.group = op.group;
    return {};
  });
}

Result<void> apply_record(const TimesOp& op, RecordChange& change) {
  return edit(op.path, change, [&](InodeRow& row) -> Result<void> {
    if (op.mtime_ms >= 0) row.modification_time_ms = uint64_t(op.mtime_ms);
    // Directories have no access time (INodeDirectory.setAccessTime does nothing).
    if (op.atime_ms >= 0 && row.type != InodeType::kDirectory) row.access_time_ms = uint64_t(op.atime_ms);
    return {};
  });
}

Result<void> apply_record(const SetNsQuotaOp& op, RecordChange& change) {
  return apply_record(SetQuotaOp{op.source, op.namespace_quota, kQuotaDontSet}, change);
}

Result<void> apply_record(const ClearNsQuotaOp& op, RecordChange& change) {
  return apply_record(SetQuotaOp{op.source, kQuotaReset, kQuotaDontSet}, change);
}

Result<void> apply_record(const SetQuotaOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    set_quota(row.namespace_quota, op.namespace_quota);
    set_quota(row.storage_space_quota, op.storage_space_quota);
    return {};
  });
}

Result<void> apply_record(const SetAclOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    // FSDirAclOp.unprotectedSetAcl: no entries at all removes the ACL, and the group bits become the group's again.
    if (!op.acl_entries.empty()) return set_acl(row, op.acl_entries);
    DFS_TRY(std::vector<AclEntry> entries, decode_acl(row.acl));
    for (const AclEntry& entry : entries) {
      if (entry.scope == AclScope::kAccess && entry.type == AclType::kGroup && entry.name.empty()) {
        row.permission = uint16_t((row.permission & ~070) | ((entry.permission & 7) << 3));
      }
    }
    row.acl.clear();
    return {};
  });
}

Result<void> apply_record(const SetXAttrOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    for (const ExtendedAttribute& xattr : op.xattrs) {
      auto there = std::find_if(row.xattrs.begin(), row.xattrs.end(), same_name(xattr));
      if (there != row.xattrs.end()) {
        there->value = xattr.value;
      } else {
        row.xattrs.push_back(xattr);
      }
    }
    return {};
  });
}

Result<void> apply_record(const RemoveXAttrOp& op, RecordChange& change) {
  return edit(op.source, change, [&](InodeRow& row) -> Result<void> {
    for (const ExtendedAttribute& xattr : op.xattrs) std::erase_if(row.xattrs, same_name(xattr));
    return {};
  });
}

Result<void> apply_record(const SetStoragePolicyOp& op, RecordChange& change) {
  return edit(op.path, change, [&](InodeRow& row) -> Result<void> {
    row.storage_policy = op.policy_id;
    return {};
  });
}

}  // namespace dfs::namenode
