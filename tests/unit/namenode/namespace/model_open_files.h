#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/namenode/namespace/namespace_model.h"

namespace dfs::namenode {

// What happens to files while they are open: blocks are added, abandoned and made durable, holders fall silent, and
// others, or the NameNode, take the file over.
class OpenFileSteps : public NamespaceModel {
 protected:
  std::string random_holder() { return "w" + std::to_string(random() % 4); }

  // The last block, as a client names it that has written so much of it.
  operations::NamedBlock last_of(const Node& file, uint64_t length) const {
    const BlockRow last = blocks_of_file(*tables, file.row.id).value().back();
    return {.pool = "BP-1", .id = last.id, .generation_stamp = last.generation_stamp, .length = length};
  }
  // What its client may have written of the last block by now.
  uint64_t grown(const Node& file) {
    const uint64_t least = std::max<uint64_t>(file.blocks.back(), 1);
    return least + random() % (file.row.preferred_block_size - least + 1);
  }
  bool is_recovering(const Node& file) const {
    return file.open && file.open->last_block && blocks.recovery_of(last_of(file, 0).id);
  }
  // Clients give the number of the file, old ones only its path.
  InodeId id_of(const Node& file) { return random() % 2 == 0 ? file.row.id : kNoInode; }
  void hold(Node& file, const std::string& holder, bool last_block) {
    file.open = Node::Open{.holder = holder, .last_block = last_block};
    renewed[holder] = now;
  }
  void close(Node& file) {
    file.open.reset();
    file.row.modification_time_ms = wall_ms;
  }
  std::optional<ErrorCode> not_held(const Node& file, const std::string& holder) const {
    if (file.open && file.open->holder == holder) return std::nullopt;
    return ErrorCode::kLeaseExpired;
  }

  bool add_block(const std::string& path, Node& file, const std::string& holder) {
    if (random() % 300 == 0) restart();
    operations::AddBlock request{.path = path, .holder = holder, .file = id_of(file)};
    const uint64_t length = file.blocks.empty()                  ? 0
                            : file.open && file.open->last_block ? grown(file)
                                                                 : file.blocks.back();
    if (!file.blocks.empty()) request.previous = last_of(file, length);
    std::optional<ErrorCode> expected = not_held(file, holder);
    if (!expected && is_recovering(file)) expected = ErrorCode::kIo;
    if (!expected) {
      const uint8_t policy = TreeModel::policy_of(file);
      const uint64_t whole = file.blocks.empty() ? 0 : file.length() - file.blocks.back() + length;
      QuotaCounts freed = TreeModel::space(file, file.charged(), policy);
      freed -= TreeModel::space(file, whole, policy);
      expected = TreeModel::no_room(*file.parent, TreeModel::space(file, file.row.preferred_block_size, policy), freed);
    }
    auto added = run(operations::add_block, request);
    if (!as_expected("addBlock", added, expected)) return false;
    if (!file.blocks.empty()) file.blocks.back() = length;
    file.blocks.push_back(0);
    file.open->last_block = true;
    if (random() % 8 == 0) {  // its answer was lost
      auto again = run(operations::add_block, request);
      EXPECT_EQ(again ? again->id : BlockId{}, added->id) << error_of(again);
    }
    return true;
  }
  void complete(const std::string& path, Node& file, const std::string& holder) {
    if (random() % 300 == 0) restart();
    operations::Complete request{.path = path, .holder = holder, .file = id_of(file)};
    const bool written = file.open && file.open->last_block;
    const uint64_t length = written ? grown(file) : 0;
    if (!file.blocks.empty()) request.last = last_of(file, written ? length : file.blocks.back());
    std::optional<ErrorCode> expected = not_held(file, holder);
    if (!expected && is_recovering(file)) expected = ErrorCode::kIo;
    auto closed = run(operations::complete, request);
    if (!as_expected("complete", closed, expected)) return;
    EXPECT_TRUE(*closed);
    if (written) file.blocks.back() = length;
    close(file);
  }
  void fsync(const std::string& path, Node& file, const std::string& holder) {
    operations::Fsync request{.path = path, .holder = holder, .file = id_of(file)};
    const bool written = file.open && file.open->last_block;
    if (random() % 3 != 0) request.last_block_length = written ? int64_t(grown(file)) : 1;
    std::optional<ErrorCode> expected = not_held(file, holder);
    if (!expected && request.last_block_length > 0 && !written) expected = ErrorCode::kIo;
    auto done = run(operations::fsync, request);
    if (!as_expected("fsync", done, expected)) return;
    if (request.last_block_length > 0) file.blocks.back() = uint64_t(request.last_block_length);
  }
  void abandon_block(const std::string& path, Node& file, const std::string& holder) {
    if (file.blocks.empty() || !file.open || !file.open->last_block) return;
    auto done =
        run(operations::abandon_block,
            operations::AbandonBlock{.path = path, .holder = holder, .file = id_of(file), .block = last_of(file, 0)});
    if (!as_expected("abandonBlock", done, not_held(file, holder))) return;
    file.blocks.pop_back();
    file.open->last_block = false;
  }
  // As a client does that goes on with a block, or has lost a DataNode of its pipeline.
  void restamp(const Node& file) {
    const operations::NamedBlock block = last_of(file, file.blocks.back());
    const std::string& holder = file.open->holder;
    auto stamped = run(operations::update_block_for_pipeline,
                       operations::UpdateBlockForPipeline{.block = block, .holder = holder});
    ASSERT_TRUE(stamped) << error_of(stamped);
    operations::NamedBlock renewed_block = block;
    renewed_block.generation_stamp = stamped->generation_stamp;
    auto done = run(operations::update_pipeline,
                    operations::UpdatePipeline{.holder = holder, .old_block = block, .new_block = renewed_block});
    ASSERT_TRUE(done) << error_of(done);
  }

  // The NameNode lets go of an open file for `new_holder`, or for nobody: it is closed, or its last block is recovered.
  void released(Node& file, const std::string& new_holder, bool was_placed) {
    const bool untouched = file.open->last_block && file.blocks.back() == 0 && !was_placed;
    if (!file.open->last_block || untouched) {
      if (untouched) file.blocks.pop_back();
      close(file);
      return;
    }
    EXPECT_TRUE(is_recovering(file));
    if (!new_holder.empty()) file.open->holder = new_holder;
    renewed[file.open->holder] = now;
  }
  // Where replicas may be is not in the log, and so not in the model.
  bool is_placed(const Node& file) const {
    return !file.blocks.empty() && !replicas_of(*tables, last_of(file, 0).id).value().empty();
  }
  bool is_past(const std::string& holder, std::chrono::milliseconds limit) const {
    return now - renewed.at(holder) > limit;
  }

  // What stands in the way of `holder`, who wants to write to a file; what the NameNode does about it is done after the
  // call, by `give_way`.
  std::optional<ErrorCode> obstacle(const Node& file, const std::string& holder) const {
    if (!file.open) return std::nullopt;
    if (file.open->holder != holder && (is_past(file.open->holder, LeaseTable::Limits().soft) || is_recovering(file))) {
      return ErrorCode::kRecoveryInProgress;
    }
    return ErrorCode::kAlreadyBeingCreated;
  }
  bool gives_way(const Node& file, const std::string& holder) const {
    return file.open && file.open->holder != holder && is_past(file.open->holder, LeaseTable::Limits().soft);
  }

  void recover_lease() {
    const std::string path = some_open_file();
    Node* file = model.find(path);
    const std::string holder = random_holder();
    std::optional<ErrorCode> expected = denied(path);
    if (!expected && !is_file(file)) expected = ErrorCode::kFileNotFound;
    if (!expected && file->open) expected = denied(path, {.last = Permissions::kWrite});
    const bool was_placed = is_file(file) && is_placed(*file);
    auto recovered = run(operations::recover_lease, operations::RecoverLease{.path = path, .holder = holder});
    if (!as_expected("recoverLease", recovered, expected)) return;
    if (file->open) released(*file, holder, was_placed);
    EXPECT_EQ(*recovered, !file->open) << path;
  }
  // As the DataNodes would answer: with a length that each has, or that none has any of it.
  void finish_recovery(Node& file) {
    const BlockRecovery recovery = *blocks.recovery_of(last_of(file, 0).id);
    const bool nothing = !recovery.truncate_length && file.blocks.back() == 0 && random() % 2 == 0;
    const uint64_t length = recovery.truncate_length ? *recovery.truncate_length : grown(file);
    auto done =
        run(operations::commit_block_synchronization,
            operations::CommitBlockSynchronization{
                .block = {.pool = "BP-1", .id = recovery.block.id, .generation_stamp = recovery.block.generation_stamp},
                .new_generation_stamp = recovery.recovery_stamp,
                .new_length = nothing ? 0 : length,
                .close_file = true,
                .delete_block = nothing});
    ASSERT_TRUE(done) << error_of(done);
    if (nothing) {
      file.blocks.pop_back();
    } else {
      file.blocks.back() = length;
    }
    close(file);
  }

  // Holders fall silent or are heard of; what is past the hard limit the NameNode takes over.
  void let_time_pass() {
    static constexpr std::chrono::seconds kPauses[] = {std::chrono::seconds(20), std::chrono::seconds(61),
                                                       std::chrono::minutes(21)};
    now += kPauses[random() % 3];
    if (random() % 2 == 0) {
      const std::string holder = random_holder();
      const bool known = std::ranges::any_of(
          open_files(), [&](const std::string& path) { return model.find(path)->open->holder == holder; });
      EXPECT_EQ(held->renew(holder, now), known);
      if (known) renewed[holder] = now;
    }
    const Caller* const before = std::exchange(who, &root);
    for (;;) {
      const auto due = held->expired(now, 1);
      Node* file = due.empty() ? nullptr : find_open(due.front().file);
      const bool was_placed = file != nullptr && is_placed(*file);
      auto one = run(operations::release_expired_lease);
      ASSERT_TRUE(one) << error_of(one);
      ASSERT_EQ(*one, file != nullptr);
      if (file == nullptr) break;
      EXPECT_TRUE(is_past(file->open->holder, LeaseTable::Limits().hard));
      const auto period = now.time_since_epoch() / std::chrono::milliseconds(LeaseTable::Limits().hard);
      released(*file, "HDFS_NameNode-" + std::to_string(period), was_placed);
    }
    who = before;
    for (const std::string& path : open_files()) {
      EXPECT_FALSE(is_past(model.find(path)->open->holder, LeaseTable::Limits().hard)) << path;
    }
  }

  std::vector<std::string> open_files() const {
    std::vector<std::string> paths;
    model.for_each([&](const std::string& path, const Node& node) {
      if (node.open) paths.push_back(path);
    });
    return paths;
  }
  Node* find_open(InodeId id) {
    for (const std::string& path : open_files()) {
      if (Node* node = model.find(path); node->row.id == id) return node;
    }
    return nullptr;
  }
  std::string some_open_file() {
    const std::vector<std::string> paths = open_files();
    return paths.empty() || random() % 8 == 0 ? some_path() : paths[random() % paths.size()];
  }

  // The next thing that its holder, or rarely somebody else, does to an open file.
  void go_on_writing() {
    const std::vector<std::string> paths = open_files();
    if (paths.empty()) return;
    const std::string path = paths[random() % paths.size()];
    Node& file = *model.find(path);
    const std::string holder = random() % 8 == 0 ? random_holder() : file.open->holder;
    who = &root;
    if (is_recovering(file) && random() % 2 == 0) return finish_recovery(file);
    switch (random() % 6) {
      case 0:
        return fsync(path, file, holder);
      case 1:
        return abandon_block(path, file, holder);
      case 2:
        if (file.open->last_block && !is_recovering(file)) restamp(file);
        return;
      case 3:
      case 4:
        (void)add_block(path, file, holder);
        return;
      default:
        return complete(path, file, holder);
    }
  }
};

}  // namespace dfs::namenode
