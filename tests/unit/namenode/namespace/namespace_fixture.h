#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "namenode/leases/lease_table.h"
#include "namenode/namespace/detached_trees.h"
#include "namenode/namespace/format.h"
#include "namenode/namespace/operations/attributes.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/queries.h"
#include "namenode/namespace/retries.h"
#include "tests/unit/namenode/namespace/memory_blocks.h"

namespace dfs::namenode {

// A namespace in memory with its clock and its callers: what the namespace thread does, without the thread.
class NamespaceFixture : public testing::Test {
 protected:
  NamespaceFixture() {
    settings.superuser = "root";
    settings.block_pool_id = "BP-1";
    settings.host_name = "nn";
    settings.block_bytes_min = 1;
    tables = fresh_tables();
    root = caller("root", {"supergroup"}, true);
    alice = caller("alice", {"staff"}, false);
    bob = caller("bob", {"staff"}, false);
  }

  static Caller caller(std::string user, std::vector<std::string> groups, bool superuser) {
    Caller made;
    made.identity.user = std::move(user);
    made.groups = std::move(groups);
    made.is_superuser = superuser;
    made.client_address = "10.0.0.1";
    return made;
  }

  std::unique_ptr<Tables> fresh_tables() const {
    std::unique_ptr<Tables> made = Tables::in_memory();
    Batch batch;
    format_namespace(settings, batch);
    EXPECT_TRUE(made->write(batch, kNoTransaction));
    return made;
  }

  PlanContext context(const Caller& who) {
    return {.view = *tables,
            .settings = settings,
            .caller = who,
            .blocks = blocks,
            .leases = leases,
            .wall = WallTime(std::chrono::milliseconds(wall_ms)),
            .now = now};
  }

  // Plans, applies, and answers.
  template <class T, class Request>
  Result<T> run(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), const Request& request,
                const Caller& who) {
    ++wall_ms;
    return carry_out(operation(context(who), request));
  }
  template <class T, class Request>
  Result<T> run(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), const Request& request) {
    return run(operation, request, root);
  }
  template <class T>
  Result<T> carry_out(Result<Planned<T>> planned) {
    if (!planned) return fail(std::move(planned).error());
    if (!planned->locations.empty()) EXPECT_TRUE(tables->write(planned->locations, kNoTransaction));
    for (EditRecord& record : planned->records) {
      Result<void> applied = apply_to(*tables, record, true);
      EXPECT_TRUE(applied) << applied.error().to_string();
      log.push_back(std::move(record));
    }
    return std::move(planned->value);
  }

  Result<void> apply_to(Tables& to, const EditRecord& record, bool live) {
    Batch batch;
    Effects effects;
    DFS_TRY_OK(apply(record, to, batch, effects));
    if (live) DFS_TRY_OK(blocks.removed(to, batch, effects.removed_blocks));
    DFS_TRY_OK(remember_answer(record, ids_to_remember(record, {}), to, settings,
                               WallTime(std::chrono::milliseconds(wall_ms)), batch));
    DFS_TRY_OK(to.write(batch, next(to.last_applied())));
    if (!live) return {};
    for (const auto& opened : effects.opened) leases.assign(opened.holder, opened.file, now);
    for (InodeId file : effects.closed) leases.release(file);
    return blocks.completed(to, effects.completed_blocks);
  }

  // The rows that are a function of the log.
  static std::vector<std::pair<std::string, std::string>> rows_of(const View& view) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (Table table : {Table::kEntries, Table::kInodeIndex, Table::kFileBlocks, Table::kBlockIndex, Table::kOpenFiles,
                        Table::kMeta, Table::kQuotaUsage, Table::kSnapshots, Table::kVersions, Table::kVersionsOfInode,
                        Table::kVersionsOfSnapshot, Table::kBlockVersions}) {
      EXPECT_TRUE(view.scan(table, "", [&](std::string_view key, std::string_view value) {
        rows.emplace_back(std::to_string(int(table)) + "/" + std::string(key), value);
        return true;
      }));
    }
    return rows;
  }
  // What deleted trees leave; up to so many inodes at a time, at most `steps_max` times.
  void sweep(Tables& of, size_t inodes_max = 1'000, size_t steps_max = SIZE_MAX) {
    DetachedTreeSweep trees;
    for (size_t step = 0; step < steps_max; ++step) {
      Batch batch;
      Effects effects;
      Result<bool> swept = trees.step(of, inodes_max, batch, effects);
      ASSERT_TRUE(swept) << swept.error().to_string();
      if (!*swept) return;
      ASSERT_TRUE(blocks.removed(of, batch, effects.removed_blocks));
      ASSERT_TRUE(of.write(batch, kNoTransaction));
      if (&of == tables.get()) {
        for (InodeId file : effects.closed) leases.release(file);
      }
    }
  }
  void expect_replay_equals_live() {
    std::unique_ptr<Tables> replayed = fresh_tables();
    for (const EditRecord& record : log) {
      Result<void> applied = apply_to(*replayed, record, false);
      ASSERT_TRUE(applied) << applied.error().to_string();
    }
    sweep(*replayed);
    sweep(*tables);
    EXPECT_EQ(rows_of(*replayed), rows_of(*tables));
  }

  // As the DataNodes would answer the only block recovery that goes on.
  void finish_recovery(const std::string& path) {
    ASSERT_EQ(blocks.recoveries.size(), 1);
    BlockRecovery recovery = blocks.recoveries.begin()->second;
    auto done =
        run(operations::commit_block_synchronization,
            operations::CommitBlockSynchronization{
                .block = {.pool = "BP-1", .id = recovery.block.id, .generation_stamp = recovery.block.generation_stamp},
                .new_generation_stamp = recovery.recovery_stamp,
                .new_length = recovery.truncate_length.value_or(recovery.block.length),
                .close_file = true});
    ASSERT_TRUE(done) << done.error().to_string();
    EXPECT_FALSE(status(path)->inode->under_construction);
  }

  Query query(const Caller& who) const {
    return {.view = *tables, .settings = settings, .caller = who, .datanodes = *blocks.datanodes()};
  }
  std::optional<FileStatus> status(const std::string& path) const {
    Result<std::optional<FileStatus>> found = file_status(query(root), path, FollowLink::kYes, WithLocations::kNo);
    EXPECT_TRUE(found) << found.error().to_string();
    return found ? *found : std::nullopt;
  }
  uint64_t count(Counter which) const { return counter(*tables, which).value(); }

  Result<FileStatus> create_file(const std::string& path, const std::string& holder = "c1",
                                 const Caller* who = nullptr) {
    return run(operations::create,
               operations::Create{.path = path, .holder = holder, .replication = 3, .block_size = 100},
               who ? *who : root);
  }
  // A closed file with a block of each length.
  void write_file(const std::string& path, const std::vector<uint64_t>& lengths = {}, const Caller* who = nullptr) {
    const Caller& writer = who ? *who : root;
    ASSERT_TRUE(create_file(path, "writer", &writer));
    std::optional<operations::NamedBlock> previous;
    for (uint64_t length : lengths) {
      auto added = run(operations::add_block,
                       operations::AddBlock{.path = path, .holder = "writer", .previous = previous}, writer);
      ASSERT_TRUE(added) << added.error().to_string();
      previous = named(*added, length);
    }
    auto done =
        run(operations::complete, operations::Complete{.path = path, .holder = "writer", .last = previous}, writer);
    ASSERT_TRUE(done) << done.error().to_string();
    ASSERT_TRUE(*done);
  }
  static operations::NamedBlock named(const LocatedBlock& block, uint64_t length) {
    return {.pool = "BP-1", .id = block.id, .generation_stamp = block.generation_stamp, .length = length};
  }
  Result<bool> make_directory(const std::string& path, uint16_t permission = 0755, const Caller* who = nullptr) {
    return run(operations::mkdirs, operations::Mkdirs{.path = path, .permission = permission}, who ? *who : root);
  }

  NamespaceSettings settings;
  MemoryBlocks blocks{4};
  LeaseTable leases{{}};
  std::unique_ptr<Tables> tables;
  std::vector<EditRecord> log;
  Caller root, alice, bob;
  uint64_t wall_ms = 1'000'000;
  TimePoint now{};
};

template <class T>
std::string error_of(const Result<T>& result) {
  return result ? "no error" : result.error().to_string();
}

}  // namespace dfs::namenode
