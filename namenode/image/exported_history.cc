#include "namenode/image/exported_history.h"

#include <fmt/format.h>

#include <algorithm>

#include "namenode/image/image_inode.h"
#include "namenode/namespace/inode_path.h"
#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {

using namespace hadoop::hdfs::fsimage;

bool BeforeInJava::operator()(const std::string& left, const std::string& right) const {
  return std::ranges::lexicographical_compare(left, right, [](char a, char b) { return int8_t(a) < int8_t(b); });
}

struct ExportedHistory::DirectoryDifference {
  std::string name{};
  std::optional<InodeRow> attributes{};
  bool is_snapshot_root = false;
  std::vector<std::string> created{};  // in Java's order
  std::vector<InodeId> deleted{};
  std::vector<uint32_t> deleted_references{};
};

namespace {

// The inode of the first key of the table from `from` on; keys begin with one.
Result<std::optional<InodeId>> first_inode(const View& view, Table table, InodeId from) {
  std::optional<InodeId> found;
  DFS_TRY_OK(view.scan(table, "", inode_key(from), [&](std::string_view key, std::string_view) {
    found = InodeId(load_big_endian<uint64_t>(key.data()));
    return false;
  }));
  return found;
}

bool is_prefix(const std::vector<BlockRow>& blocks, const std::vector<BlockRow>& of) {
  return blocks.size() <= of.size() && std::equal(blocks.begin(), blocks.end(), of.begin(),
                                                  [](const BlockRow& a, const BlockRow& b) { return a.id == b.id; });
}

}  // namespace

Result<std::optional<InodeId>> ExportedHistory::next_with_history(InodeId after) const {
  std::optional<InodeId> first;
  for (Table table : {Table::kVersionsOfInode, Table::kVersions, Table::kSnapshots}) {
    DFS_TRY(std::optional<InodeId> found, first_inode(view_, table, next(after)));
    if (found && (!first || *found < *first)) first = found;
  }
  return first;
}

Result<void> ExportedHistory::for_each_outside(
    const std::function<Result<void>(const EntryKey&, const InodeRow&)>& visit) const {
  for (InodeId inode = kNoInode;;) {
    DFS_TRY(std::optional<InodeId> found, first_inode(view_, Table::kVersionsOfInode, next(inode)));
    if (!found) return {};
    inode = *found;
    DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, inode));
    if (entry) continue;
    DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
    DFS_TRY(InodeRow row, versioned_inode(view_, versions.front()));
    DFS_TRY_OK(visit(versions.front().entry, row));
  }
}

// What the entry held next after the version of `snapshot`.
Result<std::optional<InodeId>> ExportedHistory::next_at(const EntryKey& entry, SnapshotId snapshot) const {
  DFS_TRY(std::optional<Version> version, version_at(view_, entry, SnapshotId(uint32_t(snapshot) + 1)));
  std::optional<InodeRow> inode;
  if (version) {
    inode = std::move(version->inode);
  } else {
    DFS_TRY(inode, find_entry(view_, entry.parent, entry.name));
  }
  return inode ? std::optional(inode->id) : std::nullopt;
}

Result<std::vector<ExportedHistory::Left>> ExportedHistory::places_left(InodeId inode) const {
  std::vector<Left> left;
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
  for (InodeVersion& version : versions) {
    DFS_TRY(std::optional<InodeId> next_inode, next_at(version.entry, version.snapshot));
    if (next_inode != inode) left.push_back({std::move(version.entry), version.snapshot});
  }
  return left;
}

uint32_t ExportedHistory::add_reference(Reference reference) {
  references_.push_back(std::move(reference));
  return uint32_t(references_.size() - 1);
}

Result<std::optional<SnapshotId>> ExportedHistory::oldest_covering(InodeId directory, std::optional<SnapshotId> after) {
  if (covered_ != directory) {
    covering_.clear();
    for (std::optional<SnapshotId> before;;) {
      DFS_TRY(before, SnapshotCover(view_, before).newest(directory));
      if (!before) break;
      covering_.push_back(*before);
    }
    covered_ = directory;
  }
  std::optional<SnapshotId> oldest;
  for (SnapshotId snapshot : covering_) {
    if (after && snapshot <= *after) break;
    oldest = snapshot;
  }
  return oldest;
}

Result<SnapshotId> ExportedHistory::before_arrival(const EntryKey& entry, InodeId inode) {
  std::optional<SnapshotId> without;
  Result<void> outcome;
  DFS_TRY_OK(view_.scan(Table::kVersions, versions_prefix(entry), [&](std::string_view key, std::string_view value) {
    if (!value.empty()) {
      Result<InodeRow> row = decode<InodeRow>(value);
      if (!row) {
        outcome = fail(std::move(row).error());
        return false;
      }
      if (row->id == inode) return true;
    }
    without = decode_version_key(key).snapshot;
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  DFS_TRY(std::optional<SnapshotId> with, oldest_covering(entry.parent, without));
  DFS_TRY(uint64_t next_snapshot, counter(view_, Counter::kNextSnapshotId));
  return SnapshotId((with ? uint32_t(*with) : uint32_t(next_snapshot)) - 1);
}

Result<std::optional<uint32_t>> ExportedHistory::reference_in_tree(const EntryKey& entry, const InodeRow& inode) {
  std::optional<uint32_t> number;
  if (!inode.versioned) return number;
  DFS_TRY(std::vector<Left> left, places_left(inode.id));
  if (left.empty()) return number;
  DFS_TRY(SnapshotId before, before_arrival(entry, inode.id));
  number = add_reference({.inode = inode.id, .snapshot = before});
  return number;
}

Result<void> ExportedHistory::write_snapshots() {
  DFS_TRY(uint64_t next_snapshot, counter(view_, Counter::kNextSnapshotId));
  DFS_TRY(uint64_t count, counter(view_, Counter::kSnapshotCount));
  DFS_TRY(std::vector<InodeId> directories, snapshottable_directories(view_));
  SnapshotSection head;
  head.set_snapshotcounter(uint32_t(next_snapshot));
  head.set_numsnapshots(uint32_t(count));
  for (InodeId directory : directories) head.add_snapshottabledir(raw(directory));
  DFS_TRY_OK(image_.put(head));
  for (InodeId directory : directories) DFS_TRY_OK(write_snapshots_of(directory));
  return image_.end_section("SNAPSHOT");
}

Result<void> ExportedHistory::write_snapshots_of(InodeId directory) {
  std::map<std::string, Snapshot, BeforeInJava> snapshots;
  DFS_TRY_OK(for_each_snapshot(view_, directory, "", [&](const Snapshot& snapshot) -> Result<bool> {
    snapshots.emplace(snapshot.row.name, snapshot);
    return true;
  }));
  for (const auto& [name, snapshot] : snapshots) {
    SnapshotSection::Snapshot message;
    message.set_snapshotid(uint32_t(snapshot.id));
    DFS_TRY_OK(to_image({.name = name, .row = snapshot.row.root}, numbers_, *message.mutable_root()));
    DFS_TRY_OK(image_.put(message));
  }
  return {};
}

Result<void> ExportedHistory::write_differences() {
  for (InodeId inode = kNoInode;;) {
    DFS_TRY(std::optional<InodeId> found, next_with_history(inode));
    if (!found) break;
    inode = *found;
    DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, inode));
    DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
    std::optional<InodeRow> row;
    if (entry) {
      DFS_TRY(row, find_entry(view_, entry->parent, entry->name));
    } else if (!versions.empty()) {
      DFS_TRY(row, versioned_inode(view_, versions.front()));
    }
    if (!row) {
      return fail(ErrorCode::kCorruptFormat, fmt::format("inode {} is in snapshots and nowhere", raw(inode)));
    }
    switch (row->type) {
      case InodeType::kFile:
        DFS_TRY_OK(write_file(inode, versions));
        break;
      case InodeType::kDirectory:
        DFS_TRY_OK(write_directory(*row, entry.has_value(), versions));
        break;
      case InodeType::kSymlink:
        DFS_TRY_OK(check_symlink(*row, versions));
        break;
    }
  }
  return image_.end_section("SNAPSHOT_DIFF");
}

std::string ExportedHistory::path_of(const EntryKey& entry) const {
  Result<std::optional<InodePath>> directory = resolve_inode(view_, entry.parent);
  if (!directory || !*directory) return fmt::format("{} in the directory {}", entry.name, raw(entry.parent));
  const std::string path = (*directory)->path();
  return fmt::format("{}{}{}", path, path.ends_with('/') ? "" : "/", entry.name);
}

// An image has a symlink once, without differences, and a stock NameNode stumbles over references to one.
Result<void> ExportedHistory::check_symlink(const InodeRow& link, const std::vector<InodeVersion>& versions) const {
  DFS_TRY(std::vector<Left> left, places_left(link.id));
  DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, link.id));
  bool is_the_same = left.size() + (entry ? 1 : 0) == 1;
  for (const InodeVersion& version : versions) {
    DFS_TRY(InodeRow row, versioned_inode(view_, version));
    row.versioned = link.versioned;
    is_the_same = is_the_same && row == link;
  }
  if (is_the_same) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: an image cannot hold a symlink that was changed or renamed after a snapshot",
                          path_of(versions.front().entry)));
}

// The newest first, as all differences.
Result<void> ExportedHistory::write_file(InodeId file, const std::vector<InodeVersion>& versions) {
  SnapshotDiffSection::DiffEntry head;
  head.set_type(SnapshotDiffSection::DiffEntry::FILEDIFF);
  head.set_inodeid(raw(file));
  head.set_numofdiff(uint32_t(versions.size()));
  DFS_TRY_OK(image_.put(head));
  DFS_TRY(std::vector<BlockRow> later, blocks_of_file(view_, file));
  for (const InodeVersion& version : versions) {
    DFS_TRY(InodeRow row, versioned_inode(view_, version));
    SnapshotDiffSection::FileDiff message;
    message.set_snapshotid(uint32_t(version.snapshot));
    message.set_filesize(row.length);
    message.set_name(version.entry.name);
    DFS_TRY_OK(attributes_to(row, numbers_, *message.mutable_snapshotcopy()));
    DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(view_, row, version.snapshot));
    if (!is_prefix(blocks, later)) {
      for (const BlockRow& block : blocks) {
        auto& written = *message.add_blocks();
        written.set_blockid(raw(block.id));
        written.set_genstamp(raw(block.generation_stamp));
        written.set_numbytes(block.length);
      }
      later = std::move(blocks);
    }
    DFS_TRY_OK(image_.put(message));
  }
  return {};
}

Result<void> ExportedHistory::write_directory(const InodeRow& directory, bool in_tree,
                                              const std::vector<InodeVersion>& versions) {
  Differences differences;
  for (const InodeVersion& version : versions) {
    DirectoryDifference& difference = differences[version.snapshot];
    difference.name = version.entry.name;
    DFS_TRY(difference.attributes, versioned_inode(view_, version));
  }
  DFS_TRY_OK(for_each_snapshot(view_, directory.id, "", [&](const Snapshot& snapshot) -> Result<bool> {
    differences[snapshot.id].is_snapshot_root = true;
    return true;
  }));
  DFS_TRY_OK(add_changes(directory.id, differences));
  SnapshotDiffSection::DiffEntry head;
  head.set_type(SnapshotDiffSection::DiffEntry::DIRECTORYDIFF);
  head.set_inodeid(raw(directory.id));
  head.set_numofdiff(uint32_t(differences.size()));
  if (differences.empty()) return {};
  DFS_TRY_OK(image_.put(head));
  int64_t children = in_tree ? directory.child_count : 0;
  for (const auto& [snapshot, difference] : differences) {
    children += int64_t(difference.deleted.size() + difference.deleted_references.size());
    children -= int64_t(difference.created.size());
    SnapshotDiffSection::DirectoryDiff message;
    message.set_snapshotid(uint32_t(snapshot));
    message.set_childrensize(uint32_t(children));
    message.set_issnapshotroot(difference.is_snapshot_root);
    if (difference.attributes && !difference.is_snapshot_root) {
      message.set_name(difference.name);
      DFS_TRY_OK(attributes_to(*difference.attributes, numbers_, *message.mutable_snapshotcopy()));
    }
    message.set_createdlistsize(uint32_t(difference.created.size()));
    for (InodeId inode : difference.deleted) message.add_deletedinode(raw(inode));
    for (uint32_t number : difference.deleted_references) message.add_deletedinoderef(number);
    DFS_TRY_OK(image_.put(message));
    for (const std::string& name : difference.created) {
      SnapshotDiffSection::CreatedListEntry created;
      created.set_name(name);
      DFS_TRY_OK(image_.put(created));
    }
  }
  return {};
}

// Where a version holds another inode than what came after it.
Result<void> ExportedHistory::add_changes(InodeId directory, Differences& differences) {
  DFS_TRY(auto versions_by_name, versions_of_directory(view_, directory));
  for (const auto& [name, versions] : versions_by_name) {
    const EntryKey entry{.parent = directory, .name = name};
    DFS_TRY(std::optional<InodeRow> now, find_entry(view_, directory, name));
    for (size_t i = 0; i < versions.size(); ++i) {
      const auto& [snapshot, before] = versions[i];
      const std::optional<InodeRow>& after = i + 1 < versions.size() ? versions[i + 1].inode : now;
      if (before && after && before->id == after->id) continue;
      if (!before && !after) continue;
      DirectoryDifference& difference = differences[snapshot];
      if (after) difference.created.push_back(name);
      if (before) DFS_TRY_OK(add_deleted(entry, snapshot, before->id, difference));
    }
  }
  for (auto& [snapshot, difference] : differences) std::ranges::sort(difference.created, BeforeInJava());
  return {};
}

Result<void> ExportedHistory::add_deleted(const EntryKey& entry, SnapshotId snapshot, InodeId inode,
                                          DirectoryDifference& difference) {
  DFS_TRY(std::vector<Left> left, places_left(inode));
  DFS_TRY(std::optional<EntryKey> now, find_entry_of(view_, inode));
  if (left.size() == 1 && !now) {
    difference.deleted.push_back(inode);
    return {};
  }
  // The newest first.
  const bool is_last = !now && left.front().snapshot == snapshot;
  const SnapshotId before = is_last ? left[1].snapshot : snapshot;
  difference.deleted_references.push_back(
      add_reference({.inode = inode, .snapshot = before, .name = is_last ? std::nullopt : std::optional(entry.name)}));
  return {};
}

Result<void> ExportedHistory::write_references() {
  for (const Reference& reference : references_) {
    INodeReferenceSection::INodeReference message;
    message.set_referredid(raw(reference.inode));
    if (reference.name) {
      message.set_name(*reference.name);
      message.set_lastsnapshotid(uint32_t(reference.snapshot));
    } else {
      message.set_dstsnapshotid(uint32_t(reference.snapshot));
    }
    DFS_TRY_OK(image_.put(message));
  }
  return image_.end_section("INODE_REFERENCE");
}

}  // namespace dfs::namenode
