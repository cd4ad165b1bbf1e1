#include <fmt/format.h>

#include "namenode/namespace/queries.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode {
namespace {

struct Directory {
  InodeId id;
  std::string path;
  uint8_t policy = 0;  // the storage policy that governs in it
  std::optional<SnapshotId> as_of;
  // What snapshots alone have of it counts as well: of those before `as_of`, if that is given.
  bool with_snapshots = true;
  bool in_snapshot_only = false;
};

class Summing {
 public:
  Summing(const Query& query, ContentSummary& summary)
      : query_(query), permissions_(query.permissions()), summary_(summary) {}

  Result<void> add(const InodeRow& inode, Directory at) {
    QuotaCounts& consumed = summary_.quotas.consumed;
    ++consumed.names;
    if (inode.type == InodeType::kDirectory) {
      ++summary_.directory_count;
      summary_.snapshot_directory_count += at.in_snapshot_only ? 1 : 0;
      DFS_TRY_OK(permissions_.check_inode(inode, at.path, Access::kReadExecute));
      if (inode.storage_policy != 0) at.policy = inode.storage_policy;
      left_.push_back(std::move(at));
      return {};
    }
    // Space is what quotas count, by type only what has been written.
    uint64_t charged = inode.length;
    if (!at.as_of) {
      DFS_TRY(charged, charged_bytes(query_.view, inode));
    }
    const int64_t space = space_of(inode, charged, 0).space;
    QuotaCounts written = space_of(inode, inode.length, at.policy);
    written.space = space;
    consumed += written;
    ++summary_.file_count;
    summary_.length += inode.length;
    if (!at.in_snapshot_only) return {};
    ++summary_.snapshot_file_count;
    summary_.snapshot_length += inode.length;
    summary_.snapshot_space_consumed += uint64_t(space);
    return {};
  }

  Result<void> add_below(bool any_snapshots) {
    while (!left_.empty()) {
      const Directory directory = std::move(left_.back());
      left_.pop_back();
      DFS_TRY_OK(for_each_child(query_.view, directory.id, directory.as_of, "",
                                [&](std::string_view name, const InodePtr& child) -> Result<bool> {
                                  DFS_TRY_OK(add(*child, below(directory, name, child->id)));
                                  return true;
                                }));
      if (any_snapshots && directory.with_snapshots) DFS_TRY_OK(add_gone(directory));
    }
    return {};
  }

 private:
  static Directory below(const Directory& parent, std::string_view name, InodeId id) {
    Directory child = parent;
    child.id = id;
    child.path = fmt::format("{}/{}", parent.path == "/" ? "" : parent.path, name);
    return child;
  }

  // What versions hold and what came after them in the same entry does not.
  Result<void> add_gone(const Directory& directory) {
    DFS_TRY(auto versions, versions_of_directory(query_.view, directory.id));
    for (const auto& [name, states] : versions) {
      for (size_t i = 0; i < states.size(); ++i) {
        if (!states[i].inode || (directory.as_of && states[i].snapshot >= *directory.as_of)) continue;
        std::optional<InodeRow> after;
        if (i + 1 < states.size()) {
          after = states[i + 1].inode;
        } else {
          DFS_TRY(after, find_entry(query_.view, directory.id, name));
        }
        const InodeRow& gone = *states[i].inode;
        if (after && after->id == gone.id) continue;
        Directory at = below(directory, name, gone.id);
        at.as_of = states[i].snapshot;
        at.in_snapshot_only = true;
        // One that lives on elsewhere is counted here as it was when it left.
        DFS_TRY(std::optional<EntryKey> elsewhere, find_entry_of(query_.view, gone.id));
        at.with_snapshots = !elsewhere;
        DFS_TRY_OK(add(gone, std::move(at)));
      }
    }
    return {};
  }

  const Query& query_;
  PermissionChecker permissions_;
  ContentSummary& summary_;
  std::vector<Directory> left_;
};

QuotaUsage quotas_of(const InodeRow& inode) {
  QuotaUsage usage{.consumed = {},
                   .namespace_quota = inode.namespace_quota,
                   .storage_space_quota = inode.storage_space_quota,
                   .type_quotas = inode.type_quotas};
  if (inode.id == kRootInode && !usage.namespace_quota) usage.namespace_quota = uint64_t(INT64_MAX);
  return usage;
}

}  // namespace

Result<ContentSummary> content_summary(const Query& query, std::string_view path) {
  DFS_TRY(InodePath resolved, query.permissions().resolve(path, ResolveFor::kReadLink));
  if (resolved.last() == nullptr) return fail(ErrorCode::kFileNotFound, "File does not exist: " + resolved.path());
  const InodeRow& inode = *resolved.last();
  ContentSummary summary{.quotas = quotas_of(inode)};
  DFS_TRY(uint64_t snapshots, counter(query.view, Counter::kSnapshotCount));
  Summing summing(query, summary);
  DFS_TRY_OK(summing.add(
      inode,
      {.id = inode.id, .path = resolved.path(), .as_of = resolved.as_of(), .with_snapshots = !resolved.is_snapshot()}));
  DFS_TRY_OK(summing.add_below(snapshots > 0));
  return summary;
}

Result<QuotaUsage> quota_usage(const Query& query, std::string_view path) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kReadLink));
  DFS_TRY_OK(permissions.check(resolved, {.below = Access::kReadExecute}));
  if (resolved.last() == nullptr) {
    return fail(ErrorCode::kFileNotFound, "File/Directory does not exist: " + resolved.path());
  }
  const InodeRow& inode = *resolved.last();
  if (has_usage_row(inode) && !resolved.is_snapshot()) {
    DFS_TRY(std::optional<QuotaCounts> row, find_quota_usage(query.view, inode.id));
    if (row) {
      QuotaUsage usage = quotas_of(inode);
      usage.consumed = *row;
      return usage;
    }
  }
  DFS_TRY(ContentSummary summary, content_summary(query, path));
  return summary.quotas;
}

}  // namespace dfs::namenode
