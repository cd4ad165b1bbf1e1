#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/namenode/namespace/model_open_files.h"

namespace dfs::namenode {

// Files that are made, appended to, cut and joined.
class FileSteps : public OpenFileSteps {
 protected:
  // Of what lets go of an open file in favour of another writer.
  template <class T>
  bool written_as_expected(const char* what, const Result<T>& result, std::optional<ErrorCode> expected, Node* file,
                           bool gives_way_to, bool was_placed) {
    if (as_expected(what, result, expected)) return true;
    if (gives_way_to && expected == ErrorCode::kRecoveryInProgress) released(*file, "", was_placed);
    return false;
  }

  void write_file() {
    const std::string path = random_path_without_a_file_on_it();
    Node* directory = model.find_parent(path);
    if (directory == nullptr) return;
    const std::string holder = random_holder();
    operations::Create request{.path = path, .permission = random_permission(), .holder = holder};
    request.permission &= 0777;
    request.overwrite = random() % 2 == 0;
    request.replication = uint16_t(1 + random() % 3);
    request.block_size = random() % 4 == 0 ? 50 : 100;
    Node* there = model.find(path);
    std::optional<ErrorCode> expected = denied(path, {.ancestor = Permissions::kWrite});
    if (expected) {
    } else if (there != nullptr && there->is_directory()) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (there != nullptr && !request.overwrite) {
      expected = obstacle(*there, holder).value_or(ErrorCode::kFileAlreadyExists);
    } else if (there != nullptr && (expected = denied(path, {.last = Permissions::kWrite}))) {
    } else {
      expected = TreeModel::no_room(*directory, {.names = 1}, there ? TreeModel::counts_of(*there) : QuotaCounts());
    }
    const bool way = is_file(there) && gives_way(*there, holder), placed = is_file(there) && is_placed(*there);
    if (!written_as_expected("create", run(operations::create, request), expected, there, way, placed)) return;
    if (there != nullptr) (void)model.take(path, wall_ms);
    InodeRow row = new_row(*directory, InodeType::kFile, request.permission);
    row.access_time_ms = wall_ms;
    row.replication = request.replication;
    row.preferred_block_size = request.block_size;
    Node& file = model.add(*directory, TreeModel::name_of(path), std::move(row));
    hold(file, holder, false);
    write_on(path, file, random() % 4);
  }
  // Mostly to the end.
  void write_on(const std::string& path, Node& file, size_t block_count) {
    who = &root;  // the writer might have shut itself out of the folder
    const std::string holder = file.open->holder;
    for (; block_count > 0; --block_count) {
      if (!add_block(path, file, holder)) break;
    }
    if (random() % 6 != 0) complete(path, file, holder);
  }

  void append() {
    const std::string path = some_file(), holder = random_holder();
    Node* file = model.find(path);
    const bool new_block = random() % 3 == 0;
    std::optional<ErrorCode> expected = denied(path);
    if (expected) {
    } else if (file != nullptr && file->is_directory()) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if ((expected = denied(path, {.last = Permissions::kWrite}))) {
    } else if (file == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (!(expected = obstacle(*file, holder)) && !file->blocks.empty() &&
               file->blocks.back() < file->row.preferred_block_size) {
      expected = TreeModel::no_room(
          *file->parent,
          TreeModel::space(*file, file->row.preferred_block_size - file->blocks.back(), TreeModel::policy_of(*file)));
    }
    const bool way = is_file(file) && gives_way(*file, holder), placed = is_file(file) && is_placed(*file);
    auto appended = run(operations::append, operations::Append{.path = path, .holder = holder, .new_block = new_block});
    if (!written_as_expected("append", appended, expected, file, way, placed)) return;
    const bool goes_on = !new_block && !file->blocks.empty() && file->blocks.back() < file->row.preferred_block_size;
    if (!file->blocks.empty() && (goes_on || new_block)) {
      EXPECT_TRUE(appended->last_block && appended->last_block->length == file->blocks.back()) << path;
    } else {
      EXPECT_FALSE(appended->last_block) << path;
    }
    hold(*file, holder, goes_on);
    who = &root;
    if (goes_on && random() % 2 == 0) restamp(*file);
    write_on(path, *file, goes_on ? random() % 2 : 1);
  }

  void truncate() {
    const std::string path = some_file();
    Node* file = model.find(path);
    std::optional<ErrorCode> expected = denied(path, {.last = Permissions::kWrite});
    if (!expected && !is_file(file)) expected = ErrorCode::kFileNotFound;
    if (expected || !is_file(file)) {
      as_expected("truncate", run(operations::truncate, operations::Truncate{.path = path, .holder = "t"}), expected);
      return;
    }
    const uint64_t wanted = random() % (file->length() + 2), before = file->length();
    std::vector<uint64_t> kept;
    uint64_t length = 0;
    for (size_t i = 0; length < wanted && i < file->blocks.size(); ++i) {
      kept.push_back(file->blocks[i]);
      length += kept.back();
    }
    if ((expected = obstacle(*file, "t"))) {
    } else if (wanted > before) {
      expected = ErrorCode::kHadoopInvalidArgument;
    } else if (length > wanted) {
      const uint8_t policy = TreeModel::policy_of(*file);
      QuotaCounts more = TreeModel::space(*file, length - kept.back() + file->row.preferred_block_size, policy);
      expected = TreeModel::no_room(*file->parent, more -= TreeModel::space(*file, before, policy));
    }
    const bool way = gives_way(*file, "t"), placed = is_placed(*file);
    auto cut = run(operations::truncate, operations::Truncate{.path = path, .new_length = wanted, .holder = "t"});
    if (!written_as_expected("truncate", cut, expected, file, way, placed) || wanted == before) return;
    EXPECT_EQ(*cut, length == wanted);
    file->row.modification_time_ms = wall_ms;
    file->blocks = std::move(kept);
    if (length == wanted) return;
    hold(*file, "t", true);
    finish_recovery(*file);
  }

  // Mostly one that could be joined with another.
  std::string some_target() {
    std::vector<std::string> paths;
    model.for_each([&](const std::string& path, const Node& node) {
      const auto& siblings = node.parent->children;
      const auto full = std::ranges::count_if(siblings, [](const auto& one) { return !one.second->blocks.empty(); });
      if (!node.is_directory() && full >= 2) paths.push_back(path);
    });
    return paths.empty() || random() % 4 == 0 ? some_file() : paths[random() % paths.size()];
  }
  void concat() {
    const std::string path = some_target();
    const std::string above = path.substr(0, path.rfind('/'));
    operations::Concat request{.target = path, .sources = {}};
    for (size_t left = 1 + random() % 2; left > 0; --left) {
      const Node* directory = model.find(above);
      const bool of_those_there = directory != nullptr && !directory->children.empty() && random() % 4 != 0;
      request.sources.push_back(
          of_those_there
              ? above + "/" + std::next(directory->children.begin(), long(random() % directory->children.size()))->first
          : random() % 8 == 0 ? some_file()
                              : above + random_path(1));
    }
    Node* target = model.find(path);
    QuotaCounts more;
    std::optional<ErrorCode> expected = denied(path, {.last = Permissions::kWrite});
    if (!expected && !is_file(target)) expected = ErrorCode::kFileNotFound;
    if (!expected && target->open) expected = ErrorCode::kHadoopInvalidArgument;
    std::set<const Node*> distinct;
    for (size_t i = 0; i < request.sources.size() && !expected; ++i) {
      expected = cannot_join(*target, request.sources[i], more);
      distinct.insert(model.find(request.sources[i]));
    }
    if (!expected && distinct.size() < request.sources.size()) expected = ErrorCode::kHadoopInvalidArgument;
    if (!expected) expected = TreeModel::no_room(*target->parent, more);
    if (!as_expected("concat", run(operations::concat, request), expected)) return;
    for (const std::string& source : request.sources) {
      std::unique_ptr<Node> taken = model.take(source, 0);
      target->blocks.insert(target->blocks.end(), taken->blocks.begin(), taken->blocks.end());
    }
    target->row.modification_time_ms = wall_ms;
    TreeModel::touch(*target->parent, wall_ms);
  }

 private:
  std::optional<ErrorCode> cannot_join(const Node& target, const std::string& path, QuotaCounts& more) {
    if (auto no = denied(path, {.parent = Permissions::kWrite, .last = Permissions::kRead})) return no;
    Node* source = model.find(path);
    if (!is_file(source)) return ErrorCode::kFileNotFound;
    if (source->parent != target.parent || source == &target || source->open || source->blocks.empty() ||
        source->row.preferred_block_size > target.row.preferred_block_size) {
      return ErrorCode::kHadoopInvalidArgument;
    }
    const uint8_t policy = TreeModel::policy_of(*source);
    more -= TreeModel::space(*source, source->length(), policy);
    const uint16_t replication = std::exchange(source->row.replication, target.row.replication);
    more += TreeModel::space(*source, source->length(), policy);
    source->row.replication = replication;
    return std::nullopt;
  }
};

}  // namespace dfs::namenode
