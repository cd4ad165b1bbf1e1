#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/quotas.h"
#include "proto/base/bytes.h"
#include "tests/unit/namenode/namespace/snapshot_fixture.h"

namespace dfs::namenode {

// Random mutations of two snapshottable trees and a plain one, with files left open, quotas, restarts, and snapshots
// taken and deleted in between. Each snapshot is compared with a copy of its tree that was made when it was taken;
// inodes and blocks have to be there exactly as long as the tree or a snapshot has them.
//
// A file that was open when a snapshot was taken grows in it until it is closed (as in Hadoop): of such a one the copy
// says what it looked like when it was first found closed.
class SnapshotModel : public SnapshotFixture {
 protected:
  struct Node {
    InodeRow inode;
    std::vector<BlockId> blocks;
    bool open = false;
  };
  // By path below the root of the copy, whose own is empty.
  using Copy = std::map<std::string, Node>;

  Copy copy_of(const std::string& root_path) const {
    Copy copy;
    std::vector<std::string> left{""};
    copy[""] = {*status(root_path)->inode, {}};
    while (!left.empty()) {
      std::string directory = std::move(left.back());
      left.pop_back();
      for (FileStatus& entry : listed(root_path + directory)) {
        std::string path = directory + "/" + entry.name;
        Node node{*entry.inode, {}};
        node.inode.versioned = node.inode.snapshottable = false;
        if (entry.inode->type == InodeType::kDirectory) {
          left.push_back(path);
        } else {
          LocatedBlocks blocks = located(root_path + path);
          node.open = entry.inode->under_construction;
          if (!node.open) EXPECT_EQ(blocks.file_length, entry.inode->length) << root_path << path;
          for (const LocatedBlock& block : blocks.blocks) node.blocks.push_back(block.id);
        }
        copy[path] = std::move(node);
      }
    }
    return copy;
  }

  void expect_same(const Copy& is, const Copy& wanted, const std::string& what) {
    for (const auto& [path, node] : wanted) {
      auto found = is.find(path);
      ASSERT_NE(found, is.end()) << what << ": " << path << " is missing";
      EXPECT_EQ(found->second.inode.id, node.inode.id) << what << ": " << path;
      if (path.empty() || node.open) continue;
      EXPECT_EQ(encode(found->second.inode), encode(node.inode)) << what << ": " << path;
      EXPECT_EQ(found->second.blocks, node.blocks) << what << ": " << path;
    }
    for (const auto& [path, node] : is) EXPECT_TRUE(wanted.contains(path)) << what << ": " << path << " is too much";
  }

  struct Taken {
    std::string directory;
    std::string name;
    Copy copy;
  };
  bool is_open(InodeId file) const {
    auto path = resolve_inode(*tables, file);
    return path && *path && (*path)->last()->under_construction;
  }
  // Files that have been closed meanwhile are from now on what they are now; what they had is still in them.
  void settle(Copy& copy, const Copy& now) const {
    for (auto& [path, node] : copy) {
      if (!node.open || is_open(node.inode.id)) continue;
      auto found = now.find(path);
      if (found == now.end()) continue;
      const size_t whole = node.blocks.empty() ? 0 : node.blocks.size() - 1;  // the last may have been abandoned
      EXPECT_GE(found->second.blocks.size(), whole) << path;
      EXPECT_TRUE(std::equal(node.blocks.begin(), node.blocks.begin() + ptrdiff_t(whole), found->second.blocks.begin()))
          << path;
      node = found->second;
      node.open = false;
    }
  }

  void expect_snapshots() {
    std::set<InodeId> inodes{kRootInode};
    std::set<BlockId> block_ids;
    auto collect = [&](const Copy& copy) {
      for (const auto& [path, node] : copy) {
        inodes.insert(node.inode.id);
        block_ids.insert(node.blocks.begin(), node.blocks.end());
      }
    };
    for (Taken& one : taken) {
      Copy now = copy_of(snapshot_path(one.directory, one.name));
      settle(one.copy, now);
      expect_same(now, one.copy, one.directory + "@" + one.name);
      collect(now);
      ContentSummary sum = content_summary(query(root), snapshot_path(one.directory, one.name)).value();
      EXPECT_EQ(sum.file_count + sum.directory_count, one.copy.size());
    }
    QuotaCounts all{.names = 1};
    for (const char* tree : kTrees) {
      Copy now = copy_of(tree);
      collect(now);
      expect_quotas(now, tree);
      all += counts_of(now, "");
    }
    expect_counted(kRootInode, all, "/");
    EXPECT_EQ(count(Counter::kFileCount) + count(Counter::kDirectoryCount), inodes.size());
    EXPECT_EQ(count(Counter::kBlockCount), block_ids.size());
    std::set<BlockId> known;
    (void)tables->scan(Table::kBlockIndex, "", [&](std::string_view, std::string_view value) {
      auto block = find_owned_block(*tables, decode<BlockOwner>(value).value());
      EXPECT_TRUE(block && *block);
      if (block && *block) known.insert((*block)->id);
      return true;
    });
    EXPECT_EQ(known, block_ids);
    EXPECT_EQ(rows(Table::kFileBlocks) + rows(Table::kBlockVersions), block_ids.size());
    EXPECT_EQ(rows(Table::kVersions), rows(Table::kVersionsOfSnapshot));
    if (taken.empty()) {
      EXPECT_EQ(rows(Table::kVersions), 0);
      (void)tables->scan(Table::kEntries, "", [&](std::string_view, std::string_view value) {
        EXPECT_FALSE(decode<InodeRow>(value)->versioned);
        return true;
      });
    }
  }

  // Quotas count the tree, and what is open in it as whole blocks.
  QuotaCounts counts_of(const Copy& tree, const std::string& directory) const {
    QuotaCounts counts;
    for (const auto& [path, node] : tree) {
      if (path != directory && !path.starts_with(directory + "/")) continue;
      counts.names += 1;
      uint64_t bytes = node.inode.length;
      if (node.open && !node.blocks.empty()) {
        const BlockRow last = blocks_of_file(*tables, node.inode.id).value().back();
        if (last.state != BlockState::kComplete) bytes += node.inode.preferred_block_size - last.length;
      }
      counts.space += int64_t(bytes * node.inode.replication);
    }
    return counts;
  }
  void expect_counted(InodeId directory, const QuotaCounts& counts, const std::string& what) {
    auto row = find_quota_usage(*tables, directory).value();
    ASSERT_TRUE(row) << what;
    EXPECT_EQ(row->names, counts.names) << what;
    EXPECT_EQ(row->space, counts.space) << what;
  }
  void expect_quotas(const Copy& tree, const std::string& tree_path) {
    for (const auto& [path, node] : tree) {
      if (node.inode.has_quota()) expect_counted(node.inode.id, counts_of(tree, path), tree_path + path);
    }
  }

  // What a comparison of the two copies by names and ids says.
  using Lines = std::multiset<std::string>;
  Lines expected_difference(const Copy& before, const Copy& after) const {
    std::map<InodeId, std::string> after_path;
    for (const auto& [path, node] : after) after_path[node.inode.id] = path;
    auto children = [](const Copy& copy, const std::string& directory) {
      std::map<std::string, InodeId> found;
      for (auto at = copy.upper_bound(directory + "/"); at != copy.end() && at->first.starts_with(directory + "/");
           ++at) {
        std::string name = at->first.substr(directory.size() + 1);
        if (name.find('/') == std::string::npos) found[name] = at->second.inode.id;
      }
      return found;
    };
    auto shown = [](const std::string& path) { return path.empty() ? "." : path.substr(1); };
    Lines lines, created;
    std::set<InodeId> renamed;
    std::vector<std::string> left{""};
    std::multimap<InodeId, std::string> creations;
    while (!left.empty()) {
      std::string directory = std::move(left.back());
      left.pop_back();
      const InodeId id = before.at(directory).inode.id;
      auto was = children(before, directory);
      std::map<std::string, InodeId> is;
      if (auto there = after_path.find(id); there != after_path.end()) is = children(after, there->second);
      bool changed = false;
      for (const auto& [name, child] : is) {
        if (was.contains(name) && was[name] == child) continue;
        changed = true;
        creations.emplace(child, "+ " + shown(directory + "/" + name));
      }
      for (const auto& [name, child] : was) {
        const std::string path = directory + "/" + name;
        bool goes_on = true;
        if (!is.contains(name) || is[name] != child) {
          changed = true;
          goes_on = after_path.contains(child);
          if (goes_on) {
            lines.insert("R " + shown(path) + " -> " + shown(after_path[child]));
            renamed.insert(child);
          } else {
            lines.insert("- " + shown(path));
          }
        }
        if (goes_on && before.at(path).inode.type == InodeType::kDirectory) left.push_back(path);
      }
      if (changed) lines.insert("M " + shown(directory));
    }
    for (const auto& [child, line] : creations) {
      if (!renamed.contains(child)) lines.insert(line);
    }
    return lines;
  }

  void expect_differences() {
    for (const Taken& from : taken) {
      for (const Taken& to : taken) {
        if (from.directory != to.directory || from.name >= to.name) continue;
        Lines lines;
        for (std::string& line : difference(from.directory, from.name, to.name)) lines.insert(std::move(line));
        Lines wanted = expected_difference(from.copy, to.copy);
        // Of attributes alone the copies know less: what changed and changed back is reported too.
        std::erase_if(lines, [&](const std::string& line) { return line[0] == 'M' && !wanted.contains(line); });
        EXPECT_EQ(lines, wanted) << from.directory << " from " << from.name << " to " << to.name;
      }
    }
  }

  std::string random_path() {
    static const char* const kNames[] = {"a", "b", "c"};
    std::string path = kTrees[random() % 3];
    for (int depth = 1 + int(random() % 3); depth > 0; --depth) path += std::string("/") + kNames[random() % 3];
    return path;
  }

  void append_to(const std::string& path) {
    auto appended = run(operations::append, operations::Append{.path = path, .holder = "h"});
    if (!appended) return;
    std::optional<operations::NamedBlock> last;
    if (appended->last_block) {
      last = named(*appended->last_block, appended->last_block->length + 1 + random() % 20);
    } else if (auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "h"})) {
      last = named(*added, 1 + random() % 100);
    } else {
      EXPECT_EQ(added.error().code(), ErrorCode::kSpaceQuota);
    }
    if (random() % 5 == 0) return;  // left open
    auto closed = run(operations::complete, operations::Complete{.path = path, .holder = "h", .last = last});
    ASSERT_TRUE(closed && *closed);
  }
  // The next thing that happens to an open file, whoever has it.
  void go_on_writing(const std::string& path) {
    const InodeId file = status(path)->inode->id;
    const std::string holder = open_row_of(*tables, file)->holder;
    const std::vector<BlockRow> rows = blocks_of_file(*tables, file).value();
    std::optional<operations::NamedBlock> last;
    if (!rows.empty()) {
      const BlockRow& row = rows.back();
      const bool written = row.state != BlockState::kComplete;
      last = {.pool = "BP-1", .id = row.id, .generation_stamp = row.generation_stamp, .length = row.length};
      if (written) last->length += 1 + random() % 20;
      if (written && random() % 4 == 0) {
        ASSERT_TRUE(run(operations::fsync,
                        operations::Fsync{.path = path, .holder = holder, .last_block_length = int64_t(last->length)}));
        return;
      }
      if (written && random() % 4 == 0) {
        ASSERT_TRUE(
            run(operations::abandon_block, operations::AbandonBlock{.path = path, .holder = holder, .block = *last}));
        return;
      }
    }
    if (random() % 2 == 0) {
      (void)run(operations::add_block, operations::AddBlock{.path = path, .holder = holder, .previous = last});
      return;
    }
    auto closed = run(operations::complete, operations::Complete{.path = path, .holder = holder, .last = last});
    ASSERT_TRUE(closed && *closed);
  }

  void write_over(const std::string& path) {
    auto made =
        run(operations::create,
            operations::Create{.path = path, .holder = "w", .overwrite = true, .replication = 3, .block_size = 100});
    if (!made) return;
    auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "w"});
    std::optional<operations::NamedBlock> last;
    if (added) last = named(*added, 1 + random() % 100);
    if (!added) EXPECT_EQ(added.error().code(), ErrorCode::kSpaceQuota);
    if (random() % 5 == 0) return;  // left open
    auto closed = run(operations::complete, operations::Complete{.path = path, .holder = "w", .last = last});
    ASSERT_TRUE(closed && *closed);
  }

  void step() {
    const std::string path = random_path(), other = random_path();
    auto find = [&](const std::string& wanted) -> InodePtr {
      auto found = file_status(query(root), wanted, FollowLink::kYes, WithLocations::kNo);
      return found && *found ? (*found)->inode : nullptr;
    };
    auto is_file = [&](const std::string& wanted) {
      const InodePtr found = find(wanted);
      return found && found->type == InodeType::kFile;
    };
    if (is_file(path) && find(path)->under_construction && random() % 2 == 0) return go_on_writing(path);
    switch (random() % 13) {
      case 0:
      case 1:
        (void)make_directory(path);
        break;
      case 2:
      case 3:
        if (!is_file(path)) {
          write_over(path);
        } else if (random() % 3 == 0) {
          write_over(path);
        }
        break;
      case 4:
        (void)run(operations::remove, operations::Delete{.path = path, .recursive = random() % 2 == 0});
        break;
      case 5:
      case 6:
        (void)run(operations::rename,
                  operations::RenameWithOptions{.source = path, .destination = other, .overwrite = random() % 2 == 0});
        break;
      case 7:
        (void)run(operations::rename_old, operations::Rename{path, other});
        break;
      case 8: {
        if (!is_file(path)) break;
        const bool open = find(path)->under_construction;
        auto cut = truncate(path, random() % (find(path)->length + 1));
        if (!cut) {
          EXPECT_TRUE(open || cut.error().code() == ErrorCode::kSpaceQuota) << cut.error().to_string();
        } else if (!*cut) {
          finish_recovery(path);
        }
        break;
      }
      case 9:
        if (is_file(path)) append_to(path);
        break;
      case 10:
        if (is_file(path) && is_file(other)) (void)run(operations::concat, operations::Concat{path, {other}});
        (void)run(operations::set_replication, operations::SetReplication{path, uint16_t(1 + random() % 3)});
        break;
      case 11: {
        const std::string directory = random() % 2 == 0 ? kTrees[random() % 3] : path;
        operations::SetQuota request{.path = directory};
        if (random() % 2 == 0) request.namespace_quota = random() % 2 == 0 ? operations::kQuotaReset : 20;
        if (random() % 2 == 0) request.storage_space_quota = random() % 2 == 0 ? operations::kQuotaReset : 3'000;
        (void)run(operations::set_quota, request);
        break;
      }
      default:
        (void)chmod(path, uint16_t(0700 | (random() % 0100)));
    }
  }

  void snapshot_step() {
    if (random() % 3 != 0 || taken.empty()) {
      const std::string directory = kTrees[random() % 2];
      std::string name = "s" + std::to_string(1000 + snapshot_number++);
      Copy copy = copy_of(directory);
      ASSERT_TRUE(take(directory, name));
      taken.push_back({directory, name, std::move(copy)});
      return;
    }
    auto gone = taken.begin() + ptrdiff_t(random() % taken.size());
    ASSERT_TRUE(drop(gone->directory, gone->name));
    taken.erase(gone);
  }

  void run_steps(int steps, uint32_t seed) {
    random.seed(seed);
    saved.clear();
    replays_from = 0;
    settings.listing_max = 2;
    for (const char* tree : kTrees) make_directory(tree).value();
    allow(kTrees[0]).value();
    allow(kTrees[1]).value();
    for (int i = 0; i < steps && !HasFailure(); ++i) {
      step();
      if (i % 12 == 0) snapshot_step();
      if (taken.size() > 6) {
        size_t which = random() % taken.size();
        ASSERT_TRUE(drop(taken[which].directory, taken[which].name));
        taken.erase(taken.begin() + ptrdiff_t(which));
      }
      if (i % kStepsBetweenChecks == 0) {
        if (random() % 2 == 0) restart();
        const Tables* before = tables.get();
        between();
        if (tables.get() != before || random() % 4 == 0) save();
        expect_snapshots();
        expect_differences();
      }
    }
    while (!taken.empty() && !HasFailure()) {
      size_t which = random() % taken.size();
      ASSERT_TRUE(drop(taken[which].directory, taken[which].name));
      taken.erase(taken.begin() + ptrdiff_t(which));
      expect_snapshots();
    }
    expect_replay_equals_live();
  }

  // Before each comparison.
  virtual void between() {}

  // What a start would find in the tables, and from where on the log would be replayed.
  void save() {
    saved.clear();
    for (int i = 0; i < int(kTableCount); ++i) {
      const auto table = Table(i);
      EXPECT_TRUE(tables->scan(table, "", [&](std::string_view key, std::string_view value) {
        saved.emplace_back(table, key, value);
        return true;
      }));
    }
    saved_at = tables->last_applied();
    replays_from = log.size();
  }
  // Where replicas are is forgotten, and what goes on with blocks.
  void restart() {
    std::unique_ptr<Tables> started = replays_from == 0 ? fresh_tables() : Tables::in_memory();
    Batch batch;
    for (const auto& [table, key, value] : saved) {
      if (table != Table::kReplicas && table != Table::kStorageReplicas) batch.put(table, key, value);
    }
    ASSERT_TRUE(started->write(batch, saved_at));
    for (size_t i = replays_from; i < log.size(); ++i) {
      Result<void> applied = apply_to(*started, log[i], false);
      ASSERT_TRUE(applied) << applied.error().to_string();
    }
    sweep(*started);
    sweep(*tables);
    EXPECT_EQ(rows_of(*started), rows_of(*tables));
    tables = std::move(started);
    blocks.recoveries.clear();
    leases = LeaseTable({});
    EXPECT_TRUE(tables->scan(Table::kOpenFiles, "", [&](std::string_view key, std::string_view value) {
      leases.assign(decode<OpenFileRow>(value)->holder, InodeId{load_big_endian<uint64_t>(key.data())}, now);
      return true;
    }));
  }

  static constexpr int kStepsBetweenChecks = 20;
  static constexpr const char* kTrees[] = {"/s", "/t", "/plain"};
  std::minstd_rand random;
  std::vector<Taken> taken;
  int snapshot_number = 0;
  std::vector<std::tuple<Table, std::string, std::string>> saved;
  TransactionId saved_at = kNoTransaction;
  size_t replays_from = 0;
};

}  // namespace dfs::namenode
