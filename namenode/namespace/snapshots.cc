#include "namenode/namespace/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/inode_path.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {

std::string snapshot_path(std::string_view directory, std::string_view name) {
  return fmt::format("{}{}{}/{}", directory, directory.ends_with('/') ? "" : "/", kDotSnapshot, name);
}

Result<std::optional<SnapshotRow>> find_snapshot(const View& view, InodeId directory, SnapshotId id) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kSnapshots, snapshot_key(directory, id)));
  if (!bytes) return std::optional<SnapshotRow>();
  DFS_TRY(SnapshotRow row, decode<SnapshotRow>(*bytes));
  return std::optional(std::move(row));
}

Result<std::optional<Snapshot>> find_snapshot(const View& view, InodeId directory, std::string_view name) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kSnapshots, snapshot_name_key(directory, name)));
  if (!bytes) return std::optional<Snapshot>();
  DFS_TRY(SnapshotId id, decode<SnapshotId>(*bytes));
  DFS_TRY(std::optional<SnapshotRow> row, find_snapshot(view, directory, id));
  if (!row) return fail(ErrorCode::kCorruptFormat, "table of snapshots: a name leads nowhere");
  return std::optional(Snapshot{id, *std::move(row)});
}

Result<std::optional<SnapshotId>> newest_snapshot(const View& view, InodeId directory,
                                                  std::optional<SnapshotId> before) {
  std::optional<SnapshotId> found;
  if (before == SnapshotId(0)) return found;
  std::string prefix = snapshots_prefix(directory);
  std::string from = before ? snapshot_key(directory, SnapshotId(uint32_t(*before) - 1)) : prefix;
  DFS_TRY_OK(view.scan(Table::kSnapshots, prefix, from, [&](std::string_view key, std::string_view) {
    found = snapshot_of_snapshot_key(key);
    return false;
  }));
  return found;
}

Result<uint32_t> count_snapshots(const View& view, InodeId directory) {
  uint32_t count = 0;
  DFS_TRY_OK(view.scan(Table::kSnapshots, snapshots_prefix(directory), [&](std::string_view, std::string_view) {
    ++count;
    return true;
  }));
  return count;
}

Result<void> for_each_snapshot(const View& view, InodeId directory, std::string_view after,
                               const std::function<Result<bool>(const Snapshot&)>& visit) {
  const std::string prefix = snapshot_names_prefix(directory);
  Result<void> outcome;
  auto visit_name = [&](std::string_view name) -> Result<bool> {
    if (name == after && !after.empty()) return true;
    DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(view, directory, name));
    if (!snapshot) return fail(ErrorCode::kCorruptFormat, "table of snapshots: a name leads nowhere");
    return visit(*snapshot);
  };
  DFS_TRY_OK(view.scan(Table::kSnapshots, prefix, snapshot_name_key(directory, after),
                       [&](std::string_view key, std::string_view) {
                         Result<bool> go_on = visit_name(key.substr(prefix.size()));
                         if (!go_on) outcome = std::unexpected(std::move(go_on).error());
                         return go_on && *go_on;
                       }));
  return outcome;
}

Result<std::vector<InodeId>> snapshottable_directories(const View& view) {
  std::vector<InodeId> directories;
  // From one to the next, past its snapshots.
  for (InodeId from = kNoInode;;) {
    std::optional<InodeId> found;
    DFS_TRY_OK(view.scan(Table::kSnapshots, "", inode_key(from), [&](std::string_view key, std::string_view) {
      found = InodeId(load_big_endian<uint64_t>(key.data()));
      return false;
    }));
    if (!found) return directories;
    directories.push_back(*found);
    from = next(*found);
  }
}

Result<std::optional<SnapshotId>> SnapshotCover::newest(InodeId inode) {
  if (auto known = found_.find(inode); known != found_.end()) return known->second;
  if (!asked_.insert(inode).second) {
    met_again_ = true;
    return std::optional<SnapshotId>();
  }
  const bool met_before = std::exchange(met_again_, false);
  DFS_TRY(std::optional<SnapshotId> found, find(inode));
  asked_.erase(inode);
  if (!met_again_ || asked_.empty()) found_.emplace(inode, found);
  met_again_ = !asked_.empty() && (met_again_ || met_before);
  return found;
}

Result<std::optional<SnapshotId>> SnapshotCover::find(InodeId inode) {
  DFS_TRY(std::optional<SnapshotId> best, newest_snapshot(view_, inode, before_));
  DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, inode));
  // The parent of the root is no directory.
  if (entry && entry->parent != kNoInode) {
    DFS_TRY(std::optional<SnapshotId> here, newest_at(*entry, std::nullopt));
    best = std::max(best, here);
  }
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
  for (const InodeVersion& version : versions) {
    if (!before_ || version.snapshot < *before_) return std::max(best, std::optional(version.snapshot));
    DFS_TRY(std::optional<SnapshotId> there, newest_at(version.entry, version.snapshot));
    best = std::max(best, there);
  }
  return best;
}

Result<std::optional<SnapshotId>> SnapshotCover::newest_at(const EntryKey& entry, std::optional<SnapshotId> says) {
  DFS_TRY(std::optional<SnapshotId> above, newest(entry.parent));
  if (!above) return above;
  DFS_TRY(std::optional<Version> version, version_at(view_, entry, *above));
  const bool said = version ? version->snapshot == says : !says;
  return said ? above : std::nullopt;
}

Result<std::optional<Version>> version_at(const View& view, const EntryKey& entry, SnapshotId snapshot) {
  std::optional<Version> found;
  Result<void> outcome;
  const std::string prefix = versions_prefix(entry);
  DFS_TRY_OK(view.scan(Table::kVersions, prefix, version_key(entry, snapshot),
                       [&](std::string_view key, std::string_view value) {
                         found.emplace(Version{decode_version_key(key).snapshot, std::nullopt});
                         if (value.empty()) return false;
                         Result<InodeRow> row = decode<InodeRow>(value);
                         if (row) {
                           found->inode = *std::move(row);
                         } else {
                           outcome = std::unexpected(std::move(row).error());
                         }
                         return false;
                       }));
  DFS_TRY_OK(std::move(outcome));
  return found;
}

Result<InodePtr> child_at(const View& view, InodeId directory, std::string_view name, std::optional<SnapshotId> as_of) {
  if (as_of) {
    DFS_TRY(std::optional<Version> version, version_at(view, {.parent = directory, .name = std::string(name)}, *as_of));
    if (version && !version->inode) return InodePtr();
    if (version) return std::make_shared<const InodeRow>(*std::move(version->inode));
  }
  return inode_at(view, directory, name);
}

Result<std::optional<InodeRow>> find_child(const View& view, InodeId directory, std::string_view name,
                                           std::optional<SnapshotId> as_of) {
  DFS_TRY(InodePtr child, child_at(view, directory, name, as_of));
  if (!child) return std::nullopt;
  return *child;
}

namespace {

using Visit = std::function<Result<bool>(std::string_view name, const InodePtr& inode)>;

// Some rows of a table that is in order of names, at a time.
constexpr size_t kRowsAtOnce = 256;

struct NamedRow {
  std::string name;
  std::string bytes;
};

// What the entries hold now, from the first after `after`.
Result<std::vector<NamedRow>> next_entries(const View& view, InodeId directory, std::string_view after) {
  std::vector<NamedRow> rows;
  const std::string prefix = entry_key(directory, "");
  DFS_TRY_OK(view.scan(Table::kEntries, prefix, entry_key(directory, after),
                       [&](std::string_view key, std::string_view value) {
                         std::string_view name = key.substr(prefix.size());
                         if (name == after && !after.empty()) return true;
                         rows.push_back({std::string(name), std::string(value)});
                         return rows.size() < kRowsAtOnce;
                       }));
  return rows;
}

// What the versions say of the entries after `after`, up to `last` if that is given: the first of `as_of` or later.
Result<std::vector<NamedRow>> next_versions(const View& view, InodeId directory, SnapshotId as_of,
                                            std::string_view after, const std::string* last) {
  std::vector<NamedRow> rows;
  std::string done(after);
  const std::string prefix = entry_key(directory, "");
  DFS_TRY_OK(view.scan(Table::kVersions, prefix, entry_key(directory, after),
                       [&](std::string_view key, std::string_view value) {
                         VersionKey at = decode_version_key(key);
                         if (last != nullptr && at.entry.name > *last) return false;
                         if ((at.entry.name == done && !done.empty()) || at.snapshot < as_of) return true;
                         done = at.entry.name;
                         rows.push_back({std::move(at.entry.name), std::string(value)});
                         return true;
                       }));
  return rows;
}

// Both in order of names; where both know one, the version counts.
Result<bool> merge(const std::vector<NamedRow>& entries, const std::vector<NamedRow>& versions, const Visit& visit) {
  auto show = [&](const NamedRow& row) -> Result<bool> {
    if (row.bytes.empty()) return true;
    DFS_TRY(InodePtr inode, decode_inode(row.bytes));
    return visit(row.name, inode);
  };
  auto version = versions.begin();
  for (const NamedRow& entry : entries) {
    for (; version != versions.end() && version->name < entry.name; ++version) {
      DFS_TRY(bool go_on, show(*version));
      if (!go_on) return false;
    }
    const bool superseded = version != versions.end() && version->name == entry.name;
    DFS_TRY(bool go_on, show(superseded ? *version : entry));
    if (!go_on) return false;
    if (superseded) ++version;
  }
  for (; version != versions.end(); ++version) {
    DFS_TRY(bool go_on, show(*version));
    if (!go_on) return false;
  }
  return true;
}

}  // namespace

Result<void> for_each_child(const View& view, InodeId directory, std::optional<SnapshotId> as_of,
                            std::string_view after, const Visit& visit) {
  if (!as_of) {
    const std::string prefix = entry_key(directory, "");
    Result<void> outcome;
    DFS_TRY_OK(view.scan_inodes(prefix, entry_key(directory, after), [&](std::string_view key, const InodePtr& inode) {
      std::string_view name = key.substr(prefix.size());
      if (name == after && !after.empty()) return true;
      Result<bool> go_on = visit(name, inode);
      if (!go_on) outcome = std::unexpected(std::move(go_on).error());
      return go_on && *go_on;
    }));
    return outcome;
  }
  for (std::string from(after);;) {
    DFS_TRY(std::vector<NamedRow> entries, next_entries(view, directory, from));
    const bool more = entries.size() == kRowsAtOnce;
    DFS_TRY(std::vector<NamedRow> versions,
            next_versions(view, directory, *as_of, from, more ? &entries.back().name : nullptr));
    DFS_TRY(bool go_on, merge(entries, versions, visit));
    if (!go_on || !more) return {};
    from = entries.back().name;
  }
}

Result<std::map<std::string, std::vector<Version>>> versions_of_directory(const View& view, InodeId directory) {
  std::map<std::string, std::vector<Version>> versions;
  Result<void> outcome;
  DFS_TRY_OK(view.scan(Table::kVersions, entry_key(directory, ""), [&](std::string_view key, std::string_view value) {
    VersionKey at = decode_version_key(key);
    Version version{at.snapshot, std::nullopt};
    if (!value.empty()) {
      Result<InodeRow> row = decode<InodeRow>(value);
      if (!row) {
        outcome = std::unexpected(std::move(row).error());
        return false;
      }
      version.inode = *std::move(row);
    }
    versions[std::move(at.entry.name)].push_back(std::move(version));
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  return versions;
}

Result<std::vector<BlockRow>> blocks_of_file(const View& view, const InodeRow& file, std::optional<SnapshotId> as_of) {
  if (!as_of) return blocks_of_file(view, file);
  std::map<uint32_t, BlockRow> versions;
  Result<void> outcome;
  DFS_TRY_OK(view.scan(Table::kBlockVersions, inode_key(file.id), [&](std::string_view key, std::string_view value) {
    BlockVersionKey at = decode_block_version_key(key);
    if (at.snapshot < *as_of || versions.contains(at.index)) return true;
    Result<BlockRow> row = decode<BlockRow>(value);
    if (!row) {
      outcome = std::unexpected(std::move(row).error());
      return false;
    }
    versions.emplace(at.index, *row);
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  DFS_TRY(std::vector<BlockRow> current, blocks_of_file(view, file.id));
  std::vector<BlockRow> blocks;
  for (uint32_t index = 0; index < file.block_count; ++index) {
    if (auto version = versions.find(index); version != versions.end()) {
      blocks.push_back(version->second);
    } else if (index < current.size()) {
      blocks.push_back(current[index]);
    } else {
      return fail(ErrorCode::kCorruptFormat,
                  fmt::format("inode {}: block {} of its snapshot is missing", raw(file.id), index));
    }
  }
  return blocks;
}

Result<std::optional<SnapshotId>> snapshot_needing_block(const View& view, InodeId file, uint32_t index) {
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view, file));
  for (const InodeVersion& version : versions) {
    DFS_TRY(InodeRow inode, versioned_inode(view, version));
    if (inode.block_count <= index) continue;
    // An older one needs the block only if this one does.
    bool has_another = false;
    DFS_TRY_OK(view.scan(Table::kBlockVersions, block_versions_prefix(file, index),
                         block_version_key(file, index, version.snapshot), [&](std::string_view, std::string_view) {
                           has_another = true;
                           return false;
                         }));
    return has_another ? std::nullopt : std::optional(version.snapshot);
  }
  return std::optional<SnapshotId>();
}

Result<bool> is_block_in_snapshot(const View& view, const EntryKey& entry, InodeId file, uint32_t index) {
  DFS_TRY(uint64_t snapshots, counter(view, Counter::kSnapshotCount));
  if (snapshots == 0) return false;
  DFS_TRY(std::optional<SnapshotId> newest, SnapshotCover(view).newest(entry.parent));
  if (newest) {
    DFS_TRY(std::optional<Version> version, version_at(view, entry, *newest));
    if (!version) return true;
  }
  DFS_TRY(std::optional<SnapshotId> needing, snapshot_needing_block(view, file, index));
  return needing.has_value();
}

Result<std::vector<InodeId>> check_no_snapshots_below(const View& view, const InodeRow& inode) {
  std::vector<InodeId> below;
  if (inode.type != InodeType::kDirectory) return below;
  DFS_TRY(uint64_t count, counter(view, Counter::kSnapshottableCount));
  if (count == 0) return below;
  DFS_TRY(std::vector<InodeId> directories, snapshottable_directories(view));
  std::optional<std::string> first;
  for (InodeId directory : directories) {
    DFS_TRY(std::optional<InodePath> path, resolve_inode(view, directory));
    if (!path) continue;
    bool is_below = false;
    for (size_t i = 0; i < path->existing(); ++i) is_below = is_below || path->at(i)->id == inode.id;
    if (!is_below) continue;
    below.push_back(directory);
    DFS_TRY(std::optional<SnapshotId> newest, newest_snapshot(view, directory));
    if (newest) first = first ? std::min(*first, path->path()) : path->path();
  }
  if (!first) return below;
  return fail(
      ErrorCode::kSnapshot,
      fmt::format("The directory {0} cannot be deleted since {0} is snapshottable and already has snapshots", *first));
}

Result<bool> is_below_snapshottable(const View& view, const InodeRow& directory) {
  if (is_snapshottable(directory)) return true;
  DFS_TRY(std::optional<InodePath> path, resolve_inode(view, directory.id));
  if (!path) return false;
  for (size_t i = 0; i < path->existing(); ++i) {
    if (path->at(i)->snapshottable) return true;
  }
  return false;
}

}  // namespace dfs::namenode
