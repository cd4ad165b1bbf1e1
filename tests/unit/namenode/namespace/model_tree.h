#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/namenode/namespace/model_files.h"

namespace dfs::namenode {

// Directories that are made, and what is deleted and renamed.
class TreeSteps : public FileSteps {
 protected:
  void make_directories() {
    const std::string path = random_path_without_a_file_on_it();
    const auto permission = uint16_t(random_permission() & 0777);
    std::optional<ErrorCode> expected = denied(path);
    if (!expected && is_file(model.find(path))) expected = ErrorCode::kFileAlreadyExists;
    if (!expected && model.find(path) == nullptr) expected = denied(path, {.ancestor = Permissions::kWrite});
    auto made = run(operations::mkdirs, operations::Mkdirs{.path = path, .permission = permission});
    Node* directory = &model.root();
    for (size_t end = path.find('/', 1); !expected; end = path.find('/', end + 1)) {
      const std::string at = path.substr(0, end);
      if (Node* there = model.find(at)) {
        directory = there;
      } else if (!(expected = TreeModel::no_room(*directory, {.names = 1}))) {
        const bool is_last = end == path.npos;
        directory = &model.add(*directory, TreeModel::name_of(at),
                               new_row(*directory, InodeType::kDirectory, is_last ? permission : permission | 0300));
      }
      if (end == path.npos) break;
    }
    as_expected("mkdirs", made, expected);
  }

  void remove() {
    const std::string path = some_path();
    const bool recursive = random() % 2 == 0;
    const Node* node = model.find(path);
    std::optional<ErrorCode> expected = denied(path, {.parent = Permissions::kWrite, .below = true});
    if (!expected && node != nullptr && !recursive && !node->children.empty()) {
      expected = ErrorCode::kPathIsNotEmptyDirectory;
    }
    auto removed = run(operations::remove, operations::Delete{.path = path, .recursive = recursive});
    if (!as_expected("delete", removed, expected)) return;
    EXPECT_EQ(*removed, node != nullptr);
    if (node != nullptr) (void)model.take(path, wall_ms);
  }

  void rename_old() {
    const std::string from = some_path(), named = random_path_without_a_file_on_it();
    const Node* source = model.find(from);
    const Node* there = model.find(named);
    const std::string to = there != nullptr && there->is_directory() ? named + "/" + TreeModel::name_of(from) : named;
    const Node* directory = model.find_parent(to);
    const bool nothing_to_do = source != nullptr && from == to;
    const bool moves = source != nullptr && !nothing_to_do && directory != nullptr && model.find(to) == nullptr &&
                       !TreeModel::is_in(*directory, *source);
    std::optional<ErrorCode> expected = denied_move(from, to);
    if (!expected && moves) expected = no_room_for(*source, *directory, nullptr);
    auto renamed = run(operations::rename_old, operations::Rename{.source = from, .destination = named});
    if (!as_expected("rename", renamed, expected)) return;
    EXPECT_EQ(*renamed, moves || nothing_to_do) << from << " to " << named;
    if (moves) move(from, to);
  }
  void rename() {
    const std::string from = some_path(), to = random_path_without_a_file_on_it();
    operations::RenameWithOptions request{.source = from, .destination = to};
    request.overwrite = random() % 2 == 0;
    request.to_trash = random() % 4 == 0;
    const Node* source = model.find(from);
    const Node* there = model.find(to);
    const Node* directory = model.find_parent(to);
    std::optional<ErrorCode> expected = denied_move(from, to);
    if (!expected && request.to_trash) expected = denied(from, {.below = true});
    if (expected) {
    } else if (source == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (from == to) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (to.starts_with(from + "/") || (there != nullptr && there->is_directory() != source->is_directory())) {
      expected = ErrorCode::kIo;
    } else if (there != nullptr && !request.overwrite) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (there != nullptr && !there->children.empty()) {
      expected = ErrorCode::kIo;
    } else if (directory == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else {
      expected = no_room_for(*source, *directory, there);
    }
    if (!as_expected("rename2", run(operations::rename, request), expected)) return;
    if (there != nullptr) (void)model.take(to, 0);
    move(from, to);
  }

 private:
  std::optional<ErrorCode> denied_move(const std::string& from, const std::string& to) {
    auto no = denied(from, {.parent = Permissions::kWrite});
    return no ? no : denied(to, {.ancestor = Permissions::kWrite});
  }
  // No room for the move in the directories that are above the destination alone.
  std::optional<ErrorCode> no_room_for(const Node& source, const Node& directory, const Node* replaced) {
    const Node* common = &directory;
    while (!TreeModel::is_in(*source.parent, *common)) common = common->parent;
    const uint8_t policy = TreeModel::policy_of(directory);
    QuotaCounts more = TreeModel::counts_of(source, policy);
    if (replaced != nullptr) more -= TreeModel::counts_of(*replaced, policy);
    return TreeModel::no_room(directory, more, {}, common);
  }
  void move(const std::string& from, const std::string& to) {
    std::unique_ptr<Node> taken = model.take(from, wall_ms);
    model.put(to, std::move(taken), wall_ms);
  }
};

}  // namespace dfs::namenode
