#include "namenode/namespace/queries.h"

#include <fmt/format.h>

#include <algorithm>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshots.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

// What an HdfsFileStatus says of a directory that has no inode.
constexpr InodeId kUnknownInode{uint64_t(-1)};

// FSDirectory.DOT_RESERVED_STATUS
FileStatus reserved_status() {
  return {.inode = std::make_shared<const InodeRow>(InodeRow{.id = kUnknownInode, .permission = 01770})};
}

// FSDirectory.createReservedStatuses
FileStatus reserved_entry(const NamespaceSettings& settings, std::string name) {
  return {.inode = std::make_shared<const InodeRow>(InodeRow{.id = kUnknownInode,
                                                             .group = settings.supergroup,
                                                             .permission = 0770,
                                                             .modification_time_ms = settings.creation_time_ms,
                                                             .access_time_ms = settings.creation_time_ms}),
          .name = std::move(name)};
}

// FSDirectory.DOT_SNAPSHOT_DIR_STATUS
FileStatus dot_snapshot_status() {
  return {.inode = std::make_shared<const InodeRow>(InodeRow{.id = kUnknownInode, .permission = 0777})};
}

// Without its locations.
FileStatus status_of(const InodePtr& inode, std::string_view name, std::optional<SnapshotId> as_of, uint8_t policy) {
  return {.inode = inode,
          .name = std::string(name),
          .storage_policy = policy,
          .snapshottable = !as_of && is_snapshottable(*inode)};
}

Result<void> add_locations(const Query& query, std::optional<SnapshotId> as_of, FileStatus& status) {
  if (status.inode->type != InodeType::kFile) return {};
  DFS_TRY(status.locations, locate(query, *status.inode, as_of, 0, status.inode->length));
  for (LocatedBlock& block : status.locations->blocks) {
    sort_by_distance(query.datanodes, query.caller.client_address, block.storages);
  }
  return {};
}

// Of the inode at the end of the path.
Result<FileStatus> status_of(const Query& query, const InodePath& path, WithLocations locations) {
  FileStatus status = status_of(path.shared(path.length() - 1), "", path.as_of(), policy_of(path));
  if (locations == WithLocations::kYes) DFS_TRY_OK(add_locations(query, path.as_of(), status));
  return status;
}

// FSDirStatAndListingOp.getSnapshotsListing
Result<Listing> list_snapshots(const Query& query, const InodePath& path, std::string_view start_after) {
  const InodeRow* directory = path.parent();
  const std::string directory_path = path.parent_path();
  if (directory == nullptr) return fail(ErrorCode::kFileNotFound, "Directory does not exist: " + directory_path);
  if (directory->type != InodeType::kDirectory) {
    return fail(ErrorCode::kPathIsNotDirectory, fmt::format("`{}': Is not a directory", directory_path));
  }
  if (!is_snapshottable(*directory) || !path.is_snapshot()) {
    return fail(ErrorCode::kSnapshot, "Directory is not a snapshottable directory: " + directory_path);
  }
  Listing listing;
  DFS_TRY_OK(for_each_snapshot(query.view, directory->id, start_after, [&](const Snapshot& snapshot) -> Result<bool> {
    if (listing.entries.size() >= query.settings.listing_max) {
      ++listing.remaining;
      return true;
    }
    listing.entries.push_back(status_of(snapshot, *directory));
    return true;
  }));
  return listing;
}

Error not_found(const InodePath& path) {
  return Error(ErrorCode::kFileNotFound, "File/Directory does not exist: " + path.path());
}

}  // namespace

FileStatus status_of(const Snapshot& snapshot, const InodeRow& directory) {
  InodeRow root = snapshot.row.root;
  root.child_count = directory.child_count;
  return {.inode = std::make_shared<const InodeRow>(std::move(root)), .name = snapshot.row.name};
}

Result<std::optional<FileStatus>> file_status(const Query& query, std::string_view path, FollowLink follow,
                                              WithLocations locations) {
  if (is_exact_reserved(path)) return reserved_status();
  Result<InodePath> found =
      query.permissions().resolve(path, follow == FollowLink::kYes ? ResolveFor::kRead : ResolveFor::kReadLink);
  // FSDirStatAndListingOp.getFileInfo: to the superuser a file in the middle of a path is "nothing there".
  if (!found && found.error().code() == ErrorCode::kAccessControl && query.caller.is_superuser) {
    return std::optional<FileStatus>();
  }
  DFS_TRY(InodePath resolved, std::move(found));
  if (resolved.is_snapshot() && resolved.is_dot_snapshot()) return std::optional(dot_snapshot_status());
  if (resolved.last() == nullptr) return std::optional<FileStatus>();
  DFS_TRY(FileStatus status, status_of(query, resolved, locations));
  return std::optional(std::move(status));
}

Result<std::optional<Listing>> list(const Query& query, std::string_view path, std::string_view start_after,
                                    WithLocations locations, const std::function<bool(const FirstPage&)>& is_known) {
  Listing listing;
  if (is_exact_reserved(path)) {
    listing.entries = {reserved_entry(query.settings, ".inodes"), reserved_entry(query.settings, "raw")};
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
  if (inode == nullptr && resolved.is_dot_snapshot()) {
    DFS_TRY(listing, list_snapshots(query, resolved, start_after));
    return std::optional(std::move(listing));
  }
  if (inode == nullptr) return std::optional<Listing>();
  if (inode->type != InodeType::kDirectory) {
    DFS_TRY(FileStatus status, status_of(query, resolved, locations));
    listing.entries.push_back(std::move(status));
    return std::optional(std::move(listing));
  }
  DFS_TRY_OK(permissions.check_last(resolved, Access::kReadExecute));

  const uint8_t policy = policy_of(resolved);
  if (start_after.empty() && locations == WithLocations::kNo && !resolved.is_snapshot()) {
    const FirstPage page{
        .directory = inode->id, .state = query.view.state_of_children(inode_key(inode->id)), .storage_policy = policy};
    if (page.state != 0 && is_known(page)) return std::optional(std::move(listing));
  }
  // Blocks times replication bound a page as well, since each location takes room in the answer.
  int64_t budget = query.settings.listing_max;
  listing.entries.reserve(std::min<size_t>(inode->child_count, query.settings.listing_max));
  bool more = false;
  DFS_TRY_OK(for_each_child(query.view, inode->id, resolved.as_of(), start_after,
                            [&](std::string_view name, const InodePtr& child) -> Result<bool> {
                              if (listing.entries.size() >= query.settings.listing_max || budget <= 0) {
                                more = true;
                                return false;
                              }
                              uint8_t own = child->storage_policy != 0 ? child->storage_policy : policy;
                              FileStatus& status =
                                  listing.entries.emplace_back(status_of(child, name, resolved.as_of(), own));
                              if (locations == WithLocations::kYes)
                                DFS_TRY_OK(add_locations(query, resolved.as_of(), status));
                              if (status.locations)
                                budget -= int64_t(status.locations->blocks.size()) * child->replication;
                              return true;
                            }));
  if (more) {
    // A client only asks whether there are more. Of a first page the count is exact; later ones would have to count
    // what came before.
    size_t shown = listing.entries.size();
    listing.remaining = start_after.empty() && inode->child_count > shown ? inode->child_count - uint32_t(shown) : 1;
  }
  return std::optional(std::move(listing));
}

Result<bool> is_file_closed(const Query& query, std::string_view path) {
  DFS_TRY(InodePath resolved, query.permissions().resolve(path, ResolveFor::kRead));
  DFS_TRY(InodeRow file, require_file(resolved, path));
  if (!resolved.is_snapshot()) return !file.under_construction;
  // As in Hadoop: of a file in a snapshot, whether it is being written now.
  DFS_TRY(std::optional<InodeRow> now, find_inode(query.view, file.id));
  return !now || !now->under_construction;
}

Result<uint64_t> preferred_block_size(const Query& query, std::string_view path) {
  DFS_TRY(InodePath resolved, query.permissions().resolve(path, ResolveFor::kReadLink));
  DFS_TRY(InodeRow file, require_file(resolved, resolved.path()));
  return file.preferred_block_size;
}

Result<std::string> link_target(const Query& query, std::string_view path) {
  DFS_TRY(std::optional<FileStatus> status, file_status(query, path, FollowLink::kNo, WithLocations::kNo));
  if (!status) return fail(ErrorCode::kFileNotFound, fmt::format("File does not exist: {}", path));
  if (status->inode->type != InodeType::kSymlink) {
    return fail(ErrorCode::kIo, fmt::format("Path {} is not a symbolic link", path));
  }
  return status->inode->symlink_target;
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
        if (!*path || !is_at_or_below((*path)->path(), prefix)) return true;
        entries.push_back({file, (*path)->path(), std::move(row->holder), std::move(row->client_machine)});
        return entries.size() < count_max;
      }));
  if (error) return fail(*std::move(error));
  return entries;
}

}  // namespace dfs::namenode
