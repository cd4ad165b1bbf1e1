#include <algorithm>
#include <functional>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/apply_records.h"
#include "namenode/namespace/operations/quotas.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/xattr_features.h"

namespace dfs::namenode {
namespace {

using operations::kQuotaDontSet;
using operations::kQuotaReset;

Result<void> edit(std::string_view path, RecordChange& change, const std::function<Result<void>(InodeRow&)>& edit_row) {
  DFS_TRY(InodePath resolved, existing_path(change, path));
  InodeRow row = *resolved.last();
  DFS_TRY_OK(edit_row(row));
  return change.put_inode(resolved.key(), std::move(row));
}

void set_quota(std::optional<uint64_t>& quota, int64_t value) {
  if (value == kQuotaReset) {
    quota.reset();
  } else if (value != kQuotaDontSet && value >= 0) {
    quota = uint64_t(value);
  }
}

// Changes the quotas of a directory; what is in it is counted when it gets its first, and forgotten with its last.
Result<void> edit_quotas(std::string_view path, RecordChange& change, const std::function<void(InodeRow&)>& edit_row) {
  DFS_TRY(InodePath resolved, existing_path(change, path));
  const InodeRow& before = *resolved.last();
  if (before.type != InodeType::kDirectory) return fail(misfit(path, "it is not a directory"));
  InodeRow after = before;
  edit_row(after);
  DFS_TRY_OK(change.put_inode(resolved.key(), after));
  if (!has_usage_row(after)) {
    if (has_usage_row(before)) change.erase(Table::kQuotaUsage, inode_key(after.id));
    return {};
  }
  if (has_usage_row(before) && counts_types(before) == counts_types(after)) return {};
  DFS_TRY(QuotaCounts inside, total_of(change, before, policy_above(resolved, resolved.length() - 1)));
  change.put_quota_usage(after, inside);
  if (after.id == kRootInode) DFS_TRY_OK(change.charge_detached_trees());
  return {};
}

// What counts by type, of the inode, of directories in it and of those above it, as another storage policy would place
// it.
Result<void> recount_types(const InodePath& path, const InodeRow& after, RecordChange& change) {
  const InodeRow& before = *path.last();
  bool counts = false;
  for (size_t i = 0; i < path.length(); ++i) counts = counts || counts_types(*path.at(i));
  if (!counts) {
    DFS_TRY(counts, has_quota_in(change, before));
  }
  if (!counts) return {};
  const uint8_t inherited = policy_above(path, path.length() - 1);
  DFS_TRY(TreeCounts old, count_tree(change, before, inherited));
  DFS_TRY(TreeCounts now, count_tree(change, after, inherited));
  for (const auto& [directory, inside] : now.with_row) change.put_quota_usage(directory, inside);
  if (after.id == kRootInode) DFS_TRY_OK(change.charge_detached_trees());
  return change.charge(path, path.length() - 1, now.total -= old.total);
}

auto same_name(const ExtendedAttribute& wanted) {
  return [&wanted](const ExtendedAttribute& there) {
    return there.name_space == wanted.name_space && there.name == wanted.name;
  };
}

}  // namespace

Result<void> apply_record(const SetReplicationOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_path(change, op.path));
  InodeRow row = *path.last();
  if (row.type != InodeType::kFile || row.replication == op.replication) return {};
  DFS_TRY(uint64_t bytes, charged_bytes(change, row));
  const QuotaCounts before = space_of(row, bytes, policy_of(path));
  row.replication = op.replication;
  DFS_TRY_OK(change.put_inode(path.key(), row));
  change.effects().replication_changed.push_back(row.id);
  return change.charge(path, path.length() - 1, space_of(row, bytes, policy_of(path)) -= before);
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
    if (op.atime_ms >= 0) row.access_time_ms = uint64_t(op.atime_ms);
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
  return edit_quotas(op.source, change, [&](InodeRow& row) {
    set_quota(row.namespace_quota, op.namespace_quota);
    // The log has what holds afterwards, and of a root without a quota the largest number. (Hadoop takes it for
    // "unchanged" when it replays, and has the cleared quota back.)
    if (row.id == kRootInode && op.namespace_quota == kQuotaDontSet) row.namespace_quota.reset();
    set_quota(row.storage_space_quota, op.storage_space_quota);
  });
}

Result<void> apply_record(const SetQuotaByStorageTypeOp& op, RecordChange& change) {
  if (op.storage_type < 0 || size_t(op.storage_type) >= kStorageTypeCount) {
    return fail(misfit(op.source, "there is no such storage type"));
  }
  return edit_quotas(op.source, change, [&](InodeRow& row) {
    const auto type = uint8_t(op.storage_type);
    auto there = std::ranges::lower_bound(row.type_quotas, type, {}, &TypeQuota::storage_type);
    const bool found = there != row.type_quotas.end() && there->storage_type == type;
    std::optional<uint64_t> quota = found ? std::optional(there->bytes) : std::nullopt;
    set_quota(quota, op.storage_space_quota);
    if (quota && found) {
      there->bytes = *quota;
    } else if (quota) {
      row.type_quotas.insert(there, {type, *quota});
    } else if (found) {
      row.type_quotas.erase(there);
    }
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
      if (auto feature = feature_we_lack(xattr)) {
        return fail(ErrorCode::kUnsupported, op.source + ": " + std::string(*feature) + " is not supported");
      }
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
  DFS_TRY(InodePath path, existing_path(change, op.path));
  InodeRow row = *path.last();
  row.storage_policy = op.policy_id;
  DFS_TRY_OK(recount_types(path, row, change));
  return change.put_inode(path.key(), row);
}

}  // namespace dfs::namenode
