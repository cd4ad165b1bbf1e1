#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/namespace/located_blocks.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/snapshots.h"

// What is read of one moment of the namespace (FSDirStatAndListingOp). Pure: on any thread, many at a time.
namespace dfs::namenode {

// Who asks, of what. All outlive the query.
struct Query {
  const View& view;
  const NamespaceSettings& settings;
  const Caller& caller;
  const DatanodeView& datanodes;
  PermissionChecker permissions() const { return PermissionChecker(view, settings, caller); }
};

enum class FollowLink : bool { kNo, kYes };
enum class WithLocations : bool { kNo, kYes };

// Nothing where the path leads nowhere.
Result<std::optional<FileStatus>> file_status(const Query& query, std::string_view path, FollowLink follow,
                                              WithLocations locations);

struct Listing {
  std::vector<FileStatus> entries;
  uint32_t remaining = 0;
};
// The first page of a directory as it is, without locations: the same page whenever all of this is the same.
struct FirstPage {
  InodeId directory{};
  uint64_t state = 0;  // View::state_of_children
  uint8_t storage_policy = 0;
  bool operator==(const FirstPage&) const = default;
};
// The entries after `start_after` in order of names, at most settings.listing_max, and how many are left; of a file the
// file itself. Nothing where the path leads nowhere.
// `is_known` is asked about a first page, after all checks; true: its entries are not wanted.
Result<std::optional<Listing>> list(
    const Query& query, std::string_view path, std::string_view start_after, WithLocations locations,
    const std::function<bool(const FirstPage&)>& is_known = [](const FirstPage&) { return false; });

// Of a snapshot, as those are listed. `directory`: of which it is, as that is now.
FileStatus status_of(const Snapshot& snapshot, const InodeRow& directory);

struct OpenedForRead {
  LocatedBlocks blocks;
  InodeId file{};
  uint64_t access_time_ms = 0;
  bool in_snapshot = false;
};
// The blocks that have bytes in [offset, offset + length), each with its replicas nearest to the caller first.
Result<OpenedForRead> block_locations(const Query& query, std::string_view path, uint64_t offset, uint64_t length);

// Quotas of an inode, and what it has of that. The root always has a quota for names.
struct QuotaUsage {
  QuotaCounts consumed;
  std::optional<uint64_t> namespace_quota, storage_space_quota;
  std::vector<TypeQuota> type_quotas;
};
struct ContentSummary {
  uint64_t length = 0, file_count = 0, directory_count = 0;
  // Of these what is in snapshots alone.
  uint64_t snapshot_length = 0, snapshot_file_count = 0, snapshot_directory_count = 0, snapshot_space_consumed = 0;
  QuotaUsage quotas;  // `consumed` by a walk
};
Result<ContentSummary> content_summary(const Query& query, std::string_view path);
// Of a directory that has a quota what its row says, of others what a walk finds.
Result<QuotaUsage> quota_usage(const Query& query, std::string_view path);

Result<bool> is_file_closed(const Query& query, std::string_view path);
Result<uint64_t> preferred_block_size(const Query& query, std::string_view path);
Result<std::string> link_target(const Query& query, std::string_view path);
// The policy that governs the path; 0 where neither it nor a directory above it names one.
Result<uint8_t> storage_policy(const Query& query, std::string_view path);
// kFileNotFound or kAccessControl, or nothing.
Result<void> check_access(const Query& query, std::string_view path, std::optional<Access> access);
// The inode, where the caller may come to it and, if so wanted, read it. kFileNotFound where there is none.
Result<InodeRow> find_readable(const Query& query, std::string_view path, std::optional<Access> access);

// Files that are open for writing, by inode id after `after`, at most `count_max`; of paths that start with `prefix`.
struct OpenFileEntry {
  InodeId file{};
  std::string path, holder, client_machine;
};
Result<std::vector<OpenFileEntry>> open_files(const Query& query, InodeId after, size_t count_max,
                                              std::string_view prefix);

// The blocks of an inode, now or as of a snapshot, as readers see them, replicas unsorted.
Result<LocatedBlocks> locate(const Query& query, const InodeRow& file, std::optional<SnapshotId> as_of, uint64_t offset,
                             uint64_t length);
// Nearest first as seen from `address`: the same host, the same rack, the rest; those at the same distance shuffled.
// DataNodes that are stale or leaving come last.
void sort_by_distance(const DatanodeView& datanodes, std::string_view address, std::vector<StorageNumber>& storages);

}  // namespace dfs::namenode
