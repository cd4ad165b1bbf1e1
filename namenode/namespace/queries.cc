#include "namenode/namespace/queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/path.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

// FSDirectory.DOT_RESERVED_STATUS
FileStatus reserved_status(std::string name) {
  FileStatus status;
  status.inode.permission = 01770;
  status.name = std::move(name);
  return status;
}

Result<FileStatus> status_of(const Query& query, InodeRow inode, std::string name, uint8_t policy,
                             WithLocations locations) {
  FileStatus status{.inode = std::move(inode), .name = std::move(name), .storage_policy = policy};
  if (locations == WithLocations::kYes && status.inode.type == InodeType::kFile) {
    DFS_TRY(status.locations, locate(query, status.inode, 0, status.inode.length));
    for (LocatedBlock& block : status.locations->blocks) {
      sort_by_distance(query.datanodes, query.caller.client_address, block.storages);
    }
  }
  return status;
}

Error not_found(const InodePath& path) {
  return Error(ErrorCode::kFileNotFound, "File/Directory does not exist: " + path.path());
}

QuotaUsage quotas_of(const InodeRow& inode) {
  QuotaUsage usage{.consumed = {},
                   .namespace_quota = inode.namespace_quota,
                   .storage_space_quota = inode.storage_space_quota,
                   .type_quotas = inode.type_quotas};
  if (inode.id == kRootInode && !usage.namespace_quota) usage.namespace_quota = uint64_t(INT64_MAX);
  return usage;
}

}  // namespace

Result<std::optional<FileStatus>> file_status(const Query& query, std::string_view path, FollowLink follow,
                                              WithLocations locations) {
  if (!is_valid_name(path)) {
    return fail(ErrorCode::kInvalidPath, fmt::format("Invalid path name Invalid file name: {}", path));
  }
  if (is_exact_reserved(path)) return reserved_status("");
  Result<InodePath> found =
      query.permissions().resolve(path, follow == FollowLink::kYes ? ResolveFor::kRead : ResolveFor::kReadLink);
  // FSDirStatAndListingOp.getFileInfo: to the superuser a file in the middle of a path is "nothing there".
  if (!found && found.error().code() == ErrorCode::kAccessControl && query.caller.is_superuser) {
    return std::optional<FileStatus>();
  }
  DFS_TRY(InodePath resolved, std::move(found));
  if (resolved.last() == nullptr) return std::optional<FileStatus>();
  DFS_TRY(FileStatus status, status_of(query, *resolved.last(), "", policy_of(resolved), locations));
  return std::optional(std::move(status));
}

Result<std::optional<Listing>> list(const Query& query, std::string_view path, std::string_view start_after,
                                    WithLocations locations) {
  Listing listing;
  if (is_exact_reserved(path)) {
    listing.entries = {reserved_status(".inodes"), reserved_status("raw")};
    return std::optional(std::move(listing));
  }
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
  // A client that lists by inode says by inode where the page before ended.
  std::string start_name;
  if (is_reserved(start_after)) {
    Result<InodePath> start = resolve(query.view, start_after);
    if (!start) {
      return fail(ErrorCode::kListingStartNotFound, fmt::format("Can't find startAfter {}", start_after));
    }
    start_name = start->name();
    start_after = start_name;
  }
  const InodeRow* inode = resolved.last();
  if (inode == nullptr) return std::optional<Listing>();
  if (inode->type != InodeType::kDirectory) {
    DFS_TRY(FileStatus status, status_of(query, *inode, "", policy_of(resolved), locations));
    listing.entries.push_back(std::move(status));
    return std::optional(std::move(listing));
  }
  DFS_TRY_OK(permissions.check_last(resolved, Access::kReadExecute));

  const uint8_t policy = policy_of(resolved);
  const std::string prefix = entry_key(inode->id, "");
  // Blocks times replication bound a page as well, since each location takes room in the answer.
  int64_t budget = query.settings.listing_max;
  std::optional<Error> error;
  bool more = false;
  DFS_TRY_OK(query.view.scan(
      Table::kEntries, prefix, entry_key(inode->id, start_after), [&](std::string_view key, std::string_view value) {
        std::string_view name = key.substr(prefix.size());
        if (name == start_after && !start_after.empty()) return true;
        if (listing.entries.size() >= query.settings.listing_max || budget <= 0) {
          more = true;
          return false;
        }
        Result<InodeRow> row = decode<InodeRow>(value);
        if (!row) {
          error = std::move(row).error();
          return false;
        }
        uint8_t own = row->storage_policy != 0 ? row->storage_policy : policy;
        Result<FileStatus> status = status_of(query, *std::move(row), std::string(name), own, locations);
        if (!status) {
          error = std::move(status).error();
          return false;
        }
        if (status->locations) budget -= int64_t(status->locations->blocks.size()) * status->inode.replication;
        listing.entries.push_back(*std::move(status));
        return true;
      }));
  if (error) return fail(*std::move(error));
  if (more) {
    // A client only asks whether there are more. Of a first page the count is exact; later ones would have to count
    // what came before.
    size_t shown = listing.entries.size();
    listing.remaining = start_after.empty() && inode->child_count > shown ? inode->child_count - uint32_t(shown) : 1;
  }
  return std::optional(std::move(listing));
}

Result<ContentSummary> content_summary(const Query& query, std::string_view path) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kReadLink));
  if (resolved.last() == nullptr) return fail(ErrorCode::kFileNotFound, "File does not exist: " + resolved.path());
  ContentSummary summary{.quotas = quotas_of(*resolved.last())};
  QuotaCounts& consumed = summary.quotas.consumed;
  auto add = [&](const InodeRow& inode, uint8_t inherited_policy) -> Result<void> {
    ++consumed.names;
    if (inode.type == InodeType::kDirectory) {
      ++summary.directory_count;
      return {};
    }
    ++summary.file_count;
    summary.length += inode.length;
    // Space is what quotas count, by type only what has been written.
    DFS_TRY(uint64_t charged, charged_bytes(query.view, inode));
    consumed.space += space_of(inode, charged, 0).space;
    QuotaCounts written = space_of(inode, inode.length, inherited_policy);
    written.space = 0;
    consumed += written;
    return {};
  };
  struct Directory {
    InodeId id;
    std::string path;
    uint8_t policy;
  };
  std::vector<Directory> left;
  auto enter = [&](const InodeRow& inode, std::string directory_path, uint8_t inherited_policy) -> Result<void> {
    if (inode.type != InodeType::kDirectory) return {};
    DFS_TRY_OK(permissions.check_inode(inode, directory_path, Access::kReadExecute));
    left.push_back(
        {inode.id, std::move(directory_path), inode.storage_policy != 0 ? inode.storage_policy : inherited_policy});
    return {};
  };
  const uint8_t policy = policy_above(resolved, resolved.length() - 1);
  DFS_TRY_OK(add(*resolved.last(), policy));
  DFS_TRY_OK(enter(*resolved.last(), resolved.path(), policy));
  while (!left.empty()) {
    Directory directory = std::move(left.back());
    left.pop_back();
    DFS_TRY_OK(
        for_each_child(query.view, directory.id, [&](std::string_view name, const InodeRow& child) -> Result<bool> {
          DFS_TRY_OK(add(child, directory.policy));
          if (child.type == InodeType::kDirectory) {
            DFS_TRY_OK(enter(child, fmt::format("{}/{}", directory.path == "/" ? "" : directory.path, name),
                             directory.policy));
          }
          return true;
        }));
  }
  return summary;
}

Result<QuotaUsage> quota_usage(const Query& query, std::string_view path) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kReadLink));
  DFS_TRY_OK(permissions.check(resolved, {.below = Access::kReadExecute}));
  if (resolved.last() == nullptr) return fail(not_found(resolved));
  const InodeRow& inode = *resolved.last();
  if (has_usage_row(inode)) {
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

Result<bool> is_file_closed(const Query& query, std::string_view path) {
  DFS_TRY(InodePath resolved, query.permissions().resolve(path, ResolveFor::kRead));
  DFS_TRY(InodeRow file, require_file(resolved, path));
  return !file.under_construction;
}

Result<uint64_t> preferred_block_size(const Query& query, std::string_view path) {
  DFS_TRY(InodePath resolved, query.permissions().resolve(path, ResolveFor::kReadLink));
  DFS_TRY(InodeRow file, require_file(resolved, resolved.path()));
  return file.preferred_block_size;
}

Result<std::string> link_target(const Query& query, std::string_view path) {
  DFS_TRY(std::optional<FileStatus> status, file_status(query, path, FollowLink::kNo, WithLocations::kNo));
  if (!status) return fail(ErrorCode::kFileNotFound, fmt::format("File does not exist: {}", path));
  if (status->inode.type != InodeType::kSymlink) {
    return fail(ErrorCode::kIo, fmt::format("Path {} is not a symbolic link", path));
  }
  return status->inode.symlink_target;
}

Result<uint8_t> storage_policy(const Query& query, std::string_view path) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kReadLink));
  DFS_TRY_OK(permissions.check_last(resolved, Access::kRead));
  if (resolved.last() == nullptr) return fail(not_found(resolved));
  return policy_of(resolved);
}

Result<void> check_access(const Query& query, std::string_view path, std::optional<Access> access) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
  if (resolved.last() == nullptr) return fail(ErrorCode::kFileNotFound, "Path not found: " + resolved.path());
  return permissions.check(resolved, {.last = access});
}

Result<InodeRow> find_readable(const Query& query, std::string_view path, std::optional<Access> access) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(path, ResolveFor::kRead));
  if (access) DFS_TRY_OK(permissions.check_last(resolved, *access));
  if (resolved.last() == nullptr) return fail(ErrorCode::kFileNotFound, "cannot find " + resolved.path());
  return *resolved.last();
}

Result<std::vector<OpenFileEntry>> open_files(const Query& query, InodeId after, size_t count_max,
                                              std::string_view prefix) {
  std::vector<OpenFileEntry> entries;
  std::optional<Error> error;
  DFS_TRY_OK(
      query.view.scan(Table::kOpenFiles, "", inode_key(next(after)), [&](std::string_view key, std::string_view value) {
        InodeId file{load_big_endian<uint64_t>(key.data())};
        Result<OpenFileRow> row = decode<OpenFileRow>(value);
        Result<std::optional<InodePath>> path = resolve_inode(query.view, file);
        if (!row || !path) {
          error = !row ? row.error() : path.error();
          return false;
        }
        if (!*path || !(*path)->path().starts_with(prefix)) return true;
        entries.push_back({file, (*path)->path(), std::move(row->holder), std::move(row->client_machine)});
        return entries.size() < count_max;
      }));
  if (error) return fail(*std::move(error));
  return entries;
}

}  // namespace dfs::namenode
