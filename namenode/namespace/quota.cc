#include "namenode/namespace/quota.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "namenode/blocks/storage_policy.h"
#include "namenode/namespace/detached_trees.h"
#include "namenode/namespace/snapshots.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

constexpr size_t kRamDisk = 0;  // transient: has no quota
constexpr std::array<std::string_view, kStorageTypeCount> kTypeNames = {"RAM_DISK", "SSD",      "DISK",
                                                                        "ARCHIVE",  "PROVIDED", "NVDIMM"};
// By StorageTypeProto's numbers, which policies use: DISK 1, SSD 2, ARCHIVE 3, RAM_DISK 4, PROVIDED 5, NVDIMM 6.
constexpr std::array<uint8_t, 7> kOrdinalOfProto = {0, 2, 1, 3, 0, 4, 5};

bool takes_nothing(const QuotaCounts& counts) {
  return counts.names <= 0 && counts.space <= 0 &&
         std::ranges::all_of(counts.types, [](int64_t bytes) { return bytes <= 0; });
}

// Quota.isViolated
bool is_exceeded(uint64_t quota, int64_t used, int64_t more) {
  return more > 0 && used > int64_t(quota) - more;
}

// StringUtils.TraditionalBinaryPrefix.long2String(bytes, "B", 2)
std::string readable(int64_t bytes) {
  constexpr std::string_view kPrefixes = "KMGTPE";
  const std::string sign = bytes < 0 ? "-" : "";
  const uint64_t size = bytes < 0 ? uint64_t(-bytes) : uint64_t(bytes);
  if (size < 1024) return fmt::format("{}{} B", sign, size);
  size_t prefix = 0;
  while (prefix + 1 < kPrefixes.size() && size >> (10 * (prefix + 2)) != 0) ++prefix;
  uint64_t unit = uint64_t{1} << (10 * (prefix + 1));
  if (size % unit == 0) return fmt::format("{}{} {}B", sign, size / unit, kPrefixes[prefix]);
  std::string number = fmt::format("{:.2f}", double(size) / double(unit));
  if (number.starts_with("1024") && prefix + 1 < kPrefixes.size()) {
    ++prefix;
    number = fmt::format("{:.2f}", double(size) / double(unit << 10));
  }
  return fmt::format("{}{} {}B", sign, number, kPrefixes[prefix]);
}

int64_t sum(int64_t used, int64_t more) {
  int64_t wanted = 0;
  return __builtin_add_overflow(used, more, &wanted) ? INT64_MAX : wanted;
}

Result<void> check_directory(const InodeRow& directory, const std::string& path, const QuotaCounts& used,
                             const QuotaCounts& more) {
  if (directory.namespace_quota && is_exceeded(*directory.namespace_quota, used.names, more.names)) {
    return fail(ErrorCode::kNamespaceQuota,
                fmt::format("The NameSpace quota (directories and files) of directory {} is exceeded: quota={} file "
                            "count={}",
                            path, *directory.namespace_quota, sum(used.names, more.names)));
  }
  if (directory.storage_space_quota && is_exceeded(*directory.storage_space_quota, used.space, more.space)) {
    const auto quota = int64_t(*directory.storage_space_quota);
    const int64_t wanted = sum(used.space, more.space);
    return fail(ErrorCode::kSpaceQuota,
                fmt::format("The DiskSpace quota of {} is exceeded: quota = {} B = {} but diskspace consumed = {} B = "
                            "{}",
                            path, quota, readable(quota), wanted, readable(wanted)));
  }
  for (const TypeQuota& quota : directory.type_quotas) {
    const size_t type = quota.storage_type;
    if (type == kRamDisk || !is_exceeded(quota.bytes, used.types[type], more.types[type])) continue;
    return fail(ErrorCode::kTypeQuota,
                fmt::format("Quota by storage type : {} on path : {} is exceeded. quota = {} but space consumed = {}",
                            kTypeNames[type], path, readable(int64_t(quota.bytes)),
                            readable(sum(used.types[type], more.types[type]))));
  }
  return {};
}

enum class FromRows : bool { kNo, kYes };

// Directories are visited before those below them, so adding from the last to the first leaves each with all that is in
// it.
Result<TreeCounts> count(const View& view, const InodeRow& top, uint8_t inherited_policy, FromRows from_rows) {
  struct Part {
    InodeRow directory;
    QuotaCounts counts;
    size_t above = 0;
  };
  struct Pending {
    InodeRow directory;
    uint8_t policy;
    size_t part;
  };
  std::vector<Part> parts(1);
  std::vector<Pending> left;
  auto enter = [&](const InodeRow& inode, uint8_t inherited, size_t part, bool is_top) -> Result<void> {
    if (inode.type != InodeType::kDirectory) {
      DFS_TRY(QuotaCounts counts, counts_of(view, inode, inherited));
      parts[part].counts += counts;
      return {};
    }
    if (from_rows == FromRows::kYes && counts_types(inode)) {
      DFS_TRY(std::optional<QuotaCounts> row, find_quota_usage(view, inode.id));
      if (row) {
        parts[part].counts += *row;
        return {};
      }
    }
    if (has_usage_row(inode) && !is_top) {
      parts.push_back({inode, {}, part});
      part = parts.size() - 1;
    }
    parts[part].counts.names += 1;
    left.push_back({inode, inode.storage_policy != 0 ? inode.storage_policy : inherited, part});
    return {};
  };
  parts[0].directory = top;
  DFS_TRY_OK(enter(top, inherited_policy, 0, true));
  while (!left.empty()) {
    Pending pending = std::move(left.back());
    left.pop_back();
    DFS_TRY_OK(for_each_child(view, pending.directory.id, std::nullopt, "",
                              [&](std::string_view, const InodePtr& child) -> Result<bool> {
                                DFS_TRY_OK(enter(*child, pending.policy, pending.part, false));
                                return true;
                              }));
  }
  for (size_t i = parts.size(); i-- > 1;) parts[parts[i].above].counts += parts[i].counts;
  TreeCounts tree{.total = parts[0].counts, .with_row = {}};
  for (Part& part : parts) {
    if (has_usage_row(part.directory)) tree.with_row.emplace_back(std::move(part.directory), part.counts);
  }
  return tree;
}

}  // namespace

uint8_t policy_above(const InodePath& path, size_t count) {
  for (size_t i = std::min(count, path.existing()); i-- > 0;) {
    if (path.at(i)->storage_policy != 0) return path.at(i)->storage_policy;
  }
  return 0;
}

Result<uint64_t> charged_bytes(const View& view, const InodeRow& file) {
  if (file.type != InodeType::kFile || !file.under_construction || file.block_count == 0) return file.length;
  DFS_TRY(std::optional<BlockRow> last, find_file_block(view, file.id, file.block_count - 1));
  if (!last || last->state == BlockState::kComplete) return file.length;
  return file.length - last->length + file.preferred_block_size;
}

QuotaCounts space_of(const InodeRow& file, uint64_t charged_bytes, uint8_t inherited_policy) {
  QuotaCounts counts;
  counts.space = int64_t(charged_bytes) * file.replication;
  const uint8_t id = file.storage_policy != 0 ? file.storage_policy : inherited_policy;
  const StoragePolicy* policy = id == 0 ? nullptr : find_storage_policy(id);
  if (policy == nullptr) return counts;
  // BlockStoragePolicy.chooseStorageTypes: the policy's types in turn, the last of them for all further replicas.
  uint16_t placed = 0;
  for (uint8_t type : policy->types) {
    const size_t ordinal = kOrdinalOfProto[type];
    if (placed >= file.replication || ordinal == kRamDisk) continue;
    counts.types[ordinal] += int64_t(charged_bytes);
    ++placed;
  }
  if (const size_t last = kOrdinalOfProto[policy->types.back()]; last != kRamDisk && placed < file.replication) {
    counts.types[last] += int64_t(charged_bytes) * (file.replication - placed);
  }
  return counts;
}

Result<QuotaCounts> counts_of(const View& view, const InodeRow& inode, uint8_t inherited_policy) {
  QuotaCounts counts;
  if (inode.type == InodeType::kFile) {
    DFS_TRY(uint64_t bytes, charged_bytes(view, inode));
    counts = space_of(inode, bytes, inherited_policy);
  }
  counts.names = 1;
  return counts;
}

Result<TreeCounts> count_tree(const View& view, const InodeRow& top, uint8_t inherited_policy) {
  return count(view, top, inherited_policy, FromRows::kNo);
}

Result<QuotaCounts> total_of(const View& view, const InodeRow& top, uint8_t inherited_policy) {
  DFS_TRY(TreeCounts tree, count(view, top, inherited_policy, FromRows::kYes));
  return tree.total;
}

Result<bool> has_quota_in(const View& view, const InodeRow& top) {
  if (top.type != InodeType::kDirectory) return false;
  std::vector<InodeId> directories;
  DFS_TRY_OK(view.scan(Table::kQuotaUsage, "", [&](std::string_view key, std::string_view) {
    directories.push_back(InodeId{load_big_endian<uint64_t>(key.data())});
    return true;
  }));
  for (InodeId directory : directories) {
    // One that the record in hand has removed is still in what was scanned.
    DFS_TRY(std::optional<QuotaCounts> usage, find_quota_usage(view, directory));
    if (!usage) continue;
    InodeId id = directory;
    while (id != top.id && id != kRootInode) {
      DFS_TRY(std::optional<EntryKey> key, find_entry_of(view, id));
      if (!key) return fail(ErrorCode::kCorruptFormat, "a directory with a quota is not in the tables");
      id = key->parent;
      if (id == kDetachedTrees) break;
    }
    if (id == top.id && (directory != kRootInode || top.has_quota())) return true;
  }
  return false;
}

QuotaCounts kept_by(const InodeRow& directory, QuotaCounts counts) {
  if (!counts_types(directory)) counts.types = {};
  return counts;
}

Result<void> check_quota(const View& view, const InodePath& path, size_t count, const QuotaCounts& more,
                         const QuotaCounts& freed, InodeId up_to) {
  if (takes_nothing(more)) return {};
  for (size_t i = std::min(count, path.existing()); i-- > 0;) {
    const InodeRow& inode = *path.at(i);
    if (inode.id == up_to) return {};
    if (!inode.has_quota()) continue;
    DFS_TRY(std::optional<QuotaCounts> used, find_quota_usage(view, inode.id));
    if (!used) return fail(ErrorCode::kCorruptFormat, path.path(i) + ": it has a quota, and no count of what is in it");
    *used -= freed;
    DFS_TRY_OK(check_directory(inode, path.path(i), *used, more));
  }
  return {};
}

Result<void> count_everything(const View& view, Batch& batch) {
  DFS_TRY(std::optional<InodeRow> root, find_entry(view, kNoInode, ""));
  if (!root) return fail(ErrorCode::kIllegalState, "The namespace has no root: it is not formatted.");
  DFS_TRY(TreeCounts tree, count_tree(view, *root, 0));
  for (const auto& [directory, counts] : tree.with_row) {
    batch.put(Table::kQuotaUsage, inode_key(directory.id), encode(kept_by(directory, counts)));
  }
  return {};
}

}  // namespace dfs::namenode
