#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/namenode/namespace/snapshot_fixture.h"

namespace dfs::namenode {

// Random mutations of two snapshottable trees and a plain one, with snapshots taken and deleted in between. Each
// snapshot is compared with a copy of its tree that was made when it was taken; inodes and blocks have to be there
// exactly as long as the tree or a snapshot has them.
class SnapshotModel : public SnapshotFixture {
 protected:
  struct Node {
    InodeRow inode;
    std::vector<BlockId> blocks;
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
          EXPECT_EQ(blocks.file_length, entry.inode->length) << root_path << path;
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
      if (path.empty()) continue;
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

  void expect_snapshots() {
    std::set<InodeId> inodes{kRootInode};
    std::set<BlockId> block_ids;
    auto collect = [&](const Copy& copy) {
      for (const auto& [path, node] : copy) {
        inodes.insert(node.inode.id);
        block_ids.insert(node.blocks.begin(), node.blocks.end());
      }
    };
    for (const Taken& one : taken) {
      Copy now = copy_of(snapshot_path(one.directory, one.name));
      expect_same(now, one.copy, one.directory + "@" + one.name);
      collect(now);
      ContentSummary sum = content_summary(query(root), snapshot_path(one.directory, one.name)).value();
      EXPECT_EQ(sum.file_count + sum.directory_count, one.copy.size());
    }
    for (const char* tree : kTrees) collect(copy_of(tree));
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
    } else {
      auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "h"});
      ASSERT_TRUE(added) << added.error().to_string();
      last = named(*added, 1 + random() % 100);
    }
    auto closed = run(operations::complete, operations::Complete{.path = path, .holder = "h", .last = last});
    ASSERT_TRUE(closed && *closed);
  }

  void write_over(const std::string& path) {
    auto made =
        run(operations::create,
            operations::Create{.path = path, .holder = "w", .overwrite = true, .replication = 3, .block_size = 100});
    if (!made) return;
    auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "w"});
    ASSERT_TRUE(added);
    auto closed = run(operations::complete,
                      operations::Complete{.path = path, .holder = "w", .last = named(*added, 1 + random() % 100)});
    ASSERT_TRUE(closed && *closed);
  }

  void step() {
    const std::string path = random_path(), other = random_path();
    auto is_file = [&](const std::string& wanted) {
      auto found = file_status(query(root), wanted, FollowLink::kYes, WithLocations::kNo);
      return found && *found && (*found)->inode->type == InodeType::kFile;
    };
    switch (random() % 12) {
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
        auto cut = truncate(path, random() % (status(path)->inode->length + 1));
        ASSERT_TRUE(cut) << cut.error().to_string();
        if (!*cut) finish_recovery(path);
        break;
      }
      case 9:
        if (is_file(path)) append_to(path);
        break;
      case 10:
        if (is_file(path) && is_file(other)) (void)run(operations::concat, operations::Concat{path, {other}});
        (void)run(operations::set_replication, operations::SetReplication{path, uint16_t(1 + random() % 3)});
        break;
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
        between();
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

  static constexpr int kStepsBetweenChecks = 20;
  static constexpr const char* kTrees[] = {"/s", "/t", "/plain"};
  std::minstd_rand random;
  std::vector<Taken> taken;
  int snapshot_number = 0;
};

}  // namespace dfs::namenode
