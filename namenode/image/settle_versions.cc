#include "namenode/image/settle_versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "namenode/image/imported_history.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/record_change.h"
#include "namenode/namespace/snapshots.h"
#include "namenode/store/rows.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

// Which directories a snapshot has, found on the way up to its root by what their entries held then, whatever else is
// said of them.
class Reach {
 public:
  Reach(const View& view, SnapshotId snapshot, InodeId top) : view_(view), snapshot_(snapshot) { has_[top] = true; }

  Result<bool> has(InodeId directory) {
    // A directory is not in itself.
    if (auto [known, is_new] = has_.emplace(directory, false); !is_new) return known->second;
    DFS_TRY(bool found, find(directory));
    has_[directory] = found;
    return found;
  }

 private:
  Result<bool> find(InodeId directory) {
    DFS_TRY(std::optional<EntryKey> now, find_entry_of(view_, directory));
    if (now) {
      DFS_TRY(bool found, had(*now, directory));
      if (found) return true;
    }
    DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, directory));
    for (const InodeVersion& version : versions) {
      if (version.snapshot < snapshot_) break;
      DFS_TRY(bool found, had(version.entry, directory));
      if (found) return true;
    }
    return false;
  }
  Result<bool> had(const EntryKey& entry, InodeId directory) {
    if (entry.parent == kNoInode) return false;
    DFS_TRY(InodePtr then, child_at(view_, entry.parent, entry.name, snapshot_));
    if (!then || then->id != directory) return false;
    return has(entry.parent);
  }

  const View& view_;
  const SnapshotId snapshot_;
  std::map<InodeId, bool> has_;
};

struct Misplaced {
  EntryKey entry;
  std::optional<SnapshotId> heir{};
};

// Of each snapshot there is, its root; the newest first.
using Roots = std::map<SnapshotId, InodeId, std::greater<>>;

Result<Roots> all_snapshots(const View& view) {
  Roots roots;
  DFS_TRY(std::vector<InodeId> directories, snapshottable_directories(view));
  for (InodeId directory : directories) {
    DFS_TRY_OK(for_each_snapshot(view, directory, "", [&](const Snapshot& snapshot) -> Result<bool> {
      roots.emplace(snapshot.id, directory);
      return true;
    }));
  }
  return roots;
}

// Those that have versions, the newest first.
Result<std::vector<SnapshotId>> snapshots_with_versions(const View& view) {
  std::vector<SnapshotId> snapshots;
  for (uint64_t from = 0; from <= UINT32_MAX;) {
    std::optional<SnapshotId> found;
    DFS_TRY_OK(view.scan(Table::kVersionsOfSnapshot, "", snapshot_version_prefix(SnapshotId(uint32_t(from))),
                         [&](std::string_view key, std::string_view) {
                           found = SnapshotId(load_big_endian<uint32_t>(key.data()));
                           return false;
                         }));
    if (!found) break;
    snapshots.push_back(*found);
    from = uint64_t(*found) + 1;
  }
  std::ranges::reverse(snapshots);
  return snapshots;
}

Result<std::vector<Misplaced>> misplaced_of(const View& view, SnapshotId snapshot, const Roots& roots) {
  std::vector<Misplaced> misplaced;
  std::optional<Reach> reach;
  if (auto root = roots.find(snapshot); root != roots.end()) reach.emplace(view, snapshot, root->second);
  Result<void> outcome;
  DFS_TRY_OK(view.scan(Table::kVersionsOfSnapshot, snapshot_version_prefix(snapshot),
                       [&](std::string_view key, std::string_view) {
                         EntryKey entry = entry_of_snapshot_version_key(key);
                         Result<bool> in_place = reach ? reach->has(entry.parent) : false;
                         if (!in_place) {
                           outcome = fail(std::move(in_place).error());
                           return false;
                         }
                         if (!*in_place) misplaced.push_back({std::move(entry)});
                         return true;
                       }));
  DFS_TRY_OK(std::move(outcome));
  for (Misplaced& one : misplaced) {
    for (auto root = roots.upper_bound(snapshot); root != roots.end() && !one.heir; ++root) {
      DFS_TRY(bool found, Reach(view, root->first, root->second).has(one.entry.parent));
      if (found) one.heir = root->first;
    }
  }
  return misplaced;
}

// That no two inodes are one version.
Result<void> check_index(const View& view) {
  Result<void> outcome;
  DFS_TRY_OK(view.scan(Table::kVersionsOfInode, "", [&](std::string_view key, std::string_view value) {
    const auto inode = InodeId(load_big_endian<uint64_t>(key.data()));
    const SnapshotId snapshot = snapshot_of_inode_version_key(key);
    Result<EntryKey> entry = decode<EntryKey>(value);
    Result<InodeRow> row = entry ? versioned_inode(view, {snapshot, *entry}) : fail(std::move(entry).error());
    if (!row) {
      outcome = fail(std::move(row).error());
    } else if (row->id != inode) {
      outcome =
          fail(damaged_image(fmt::format("the inodes {} and {} are both {} of directory {} in snapshot {}", raw(inode),
                                         raw(row->id), entry->name, raw(entry->parent), uint32_t(snapshot))));
    }
    return outcome.has_value();
  }));
  return outcome;
}

Result<void> give_up(const InodeRow& inode, RecordChange& change) {
  DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(change, inode.id));
  DFS_TRY(std::optional<EntryKey> entry, find_entry_of(change, inode.id));
  if (!entry && versions.empty()) {
    return fail(damaged_image(fmt::format("inode {} is in no directory that a snapshot has", raw(inode.id))));
  }
  if (entry && versions.empty()) {
    DFS_TRY(std::optional<InodeRow> row, find_entry(change, entry->parent, entry->name));
    if (!row) return fail(damaged_image(fmt::format("inode {} is not where it should be", raw(inode.id))));
    row->versioned = false;
    change.put_entry(*entry, *std::move(row));
  }
  if (inode.type != InodeType::kFile) return {};
  return change.drop_unneeded_blocks(inode.id, entry ? RecordChange::InTree::kYes : RecordChange::InTree::kNo);
}

Result<void> move(const Misplaced& misplaced, SnapshotId snapshot, RecordChange& change) {
  const auto& [entry, heir] = misplaced;
  DFS_TRY(RecordChange::TakenVersion version, change.take_version(entry, snapshot));
  std::optional<Version> earlier;
  if (heir) {
    DFS_TRY(earlier, version_at(change, entry, *heir));
  }
  if (heir && (!earlier || earlier->snapshot > snapshot)) {
    change.put_version(entry, *heir, std::move(version.bytes), version.id());
    return {};
  }
  return version.inode ? give_up(*version.inode, change) : Result<void>();
}

}  // namespace

Result<void> settle_versions(Tables& tables) {
  DFS_TRY_OK(check_index(tables));
  DFS_TRY(Roots roots, all_snapshots(tables));
  DFS_TRY(std::vector<SnapshotId> snapshots, snapshots_with_versions(tables));
  for (SnapshotId snapshot : snapshots) {
    DFS_TRY(std::vector<Misplaced> misplaced, misplaced_of(tables, snapshot, roots));
    if (misplaced.empty()) continue;
    Batch batch;
    Effects effects;
    RecordChange change(tables, batch, effects);
    for (const Misplaced& one : misplaced) DFS_TRY_OK(move(one, snapshot, change));
    change.finish();
    DFS_TRY_OK(tables.write(std::move(batch), kNoTransaction));
    tables.wait_for_room();
  }
  return {};
}

}  // namespace dfs::namenode
