#include <map>
#include <random>

#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

// Thousands of random mutations against the plainest model there is: a map from paths to what is there. Directories
// are made one by one, so that each operation has one effect.
class NamespaceModel : public NamespaceFixture {
 protected:
  struct Node {
    bool directory = false;
    uint64_t length = 0;
    uint32_t blocks = 0;
  };
  using Model = std::map<std::string, Node>;

  std::string random_path() {
    static const char* const kNames[] = {"a", "b", "c", "d"};
    std::string path;
    for (int depth = 1 + int(random() % 3); depth > 0; --depth) path += std::string("/") + kNames[random() % 4];
    return path;
  }
  static std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  static std::string base(const std::string& path) { return path.substr(path.rfind('/')); }
  bool is_directory(const std::string& path) const {
    if (path.empty()) return true;
    auto found = model.find(path);
    return found != model.end() && found->second.directory;
  }
  // A file in the middle of a path is reported, not overlooked, so the model stays away from it.
  bool below_a_file(const std::string& path) const {
    for (std::string up = parent_of(path); !up.empty(); up = parent_of(up)) {
      if (model.contains(up) && !model.at(up).directory) return true;
    }
    return false;
  }
  bool has_children(const std::string& path) const {
    auto after = model.upper_bound(path + "/");
    return after != model.end() && after->first.starts_with(path + "/");
  }
  void erase_tree(const std::string& path) {
    std::erase_if(model, [&](const auto& entry) { return entry.first == path || entry.first.starts_with(path + "/"); });
  }
  void move_tree(const std::string& from, const std::string& to) {
    Model moved;
    for (const auto& [path, node] : model) {
      if (path == from || path.starts_with(from + "/")) moved[to + path.substr(from.size())] = node;
    }
    erase_tree(from);
    model.merge(moved);
  }

  void step() {
    std::string path = random_path(), other = random_path();
    if (below_a_file(path) || below_a_file(other)) return;
    switch (random() % 7) {
      case 0:
        if (is_directory(parent_of(path)) && !model.contains(path)) {
          ASSERT_TRUE(make_directory(path));
          model[path] = {.directory = true};
        }
        break;
      case 1: {
        if (!is_directory(parent_of(path)) || is_directory(path)) break;
        Node node;
        std::vector<uint64_t> lengths;
        for (auto left = random() % 3; left > 0; --left) lengths.push_back(1 + random() % 100);
        if (model.contains(path)) {
          EXPECT_EQ(create_file(path).error().code(), ErrorCode::kFileAlreadyExists);
          break;
        }
        write_file(path, lengths);
        for (uint64_t length : lengths) node.length += length;
        node.blocks = uint32_t(lengths.size());
        model[path] = node;
        break;
      }
      case 2: {
        bool recursive = random() % 2 == 0;
        auto removed = run(operations::remove, operations::Delete{.path = path, .recursive = recursive});
        if (!model.contains(path)) {
          EXPECT_FALSE(removed.value());
        } else if (!recursive && has_children(path)) {
          EXPECT_EQ(removed.error().code(), ErrorCode::kPathIsNotEmptyDirectory);
        } else {
          EXPECT_TRUE(removed.value());
          erase_tree(path);
        }
        break;
      }
      case 3: {
        auto renamed = run(operations::rename_old, operations::Rename{.source = path, .destination = other});
        std::string to = is_directory(other) ? other + base(path) : other;
        bool same = model.contains(path) && path == to;
        bool moves =
            model.contains(path) && !model.contains(to) && is_directory(parent_of(to)) && !to.starts_with(path + "/");
        ASSERT_TRUE(renamed) << renamed.error().to_string();
        EXPECT_EQ(*renamed, moves || same) << path << " to " << other;
        if (moves && !same) move_tree(path, to);
        break;
      }
      case 4: {
        auto renamed = run(operations::rename,
                           operations::RenameWithOptions{.source = path, .destination = other, .overwrite = true});
        bool fits =
            model.contains(path) && path != other && !other.starts_with(path + "/") && is_directory(parent_of(other)) &&
            (!model.contains(other) || (model[other].directory == model[path].directory && !has_children(other)));
        EXPECT_EQ(renamed.has_value(), fits) << path << " to " << other << ": " << error_of(renamed);
        if (fits) {
          erase_tree(other);
          move_tree(path, other);
        }
        break;
      }
      case 5: {
        if (!model.contains(path) || model[path].directory) break;
        uint64_t wanted = random() % (model[path].length + 1);
        auto cut = run(operations::truncate, operations::Truncate{.path = path, .new_length = wanted, .holder = "t"});
        ASSERT_TRUE(cut) << cut.error().to_string();
        if (!*cut) finish_recovery(path);
        model[path].length = wanted;
        model[path].blocks = status(path)->inode.block_count;
        break;
      }
      default: {
        if (!model.contains(path)) break;
        ASSERT_TRUE(run(operations::set_permission,
                        operations::SetPermission{.path = path, .permission = uint16_t(random() % 01000)}));
        ASSERT_TRUE(
            run(operations::set_owner, operations::SetOwner{.path = path, .user = "u" + std::to_string(random() % 3)}));
        ASSERT_TRUE(run(operations::set_times,
                        operations::SetTimes{.path = path, .modification_time_ms = int64_t(random() % 9999)}));
      }
    }
  }

  void expect_model() {
    uint64_t files = 0, directories = 1, block_count = 0;
    std::map<std::string, uint32_t> children;
    for (const auto& [path, node] : model) {
      ++children[parent_of(path)];
      std::optional<FileStatus> found = status(path);
      ASSERT_TRUE(found) << path;
      EXPECT_EQ(found->inode.type == InodeType::kDirectory, node.directory) << path;
      EXPECT_EQ(found->inode.length, node.length) << path;
      EXPECT_EQ(found->inode.block_count, node.blocks) << path;
      (node.directory ? directories : files) += 1;
      block_count += node.blocks;
    }
    for (const auto& [path, node] : model) {
      if (node.directory) EXPECT_EQ(status(path)->inode.child_count, children[path]) << path;
    }
    EXPECT_EQ(count(Counter::kFileCount), files);
    EXPECT_EQ(count(Counter::kDirectoryCount), directories);
    EXPECT_EQ(count(Counter::kBlockCount), block_count);
    size_t entries = 0, owners = 0;
    (void)tables->scan(Table::kInodeIndex, "", [&](auto, auto) { return ++entries > 0; });
    (void)tables->scan(Table::kBlockIndex, "", [&](auto, auto) { return ++owners > 0; });
    EXPECT_EQ(entries, model.size() + 1);
    EXPECT_EQ(owners, block_count);
  }

  std::minstd_rand random{7};
  Model model;
};

TEST_F(NamespaceModel, RandomMutationsLeaveWhatTheModelSaysAndReplayToTheSameRows) {
  for (int i = 0; i < 3000 && !HasFatalFailure(); ++i) {
    step();
    if (i % 500 == 0) expect_model();
  }
  expect_model();
  EXPECT_EQ(leases.file_count(), 0);
  expect_replay_equals_live();
}

}  // namespace
}  // namespace dfs::namenode
