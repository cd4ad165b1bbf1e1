#pragma once

#include <optional>
#include <random>
#include <string>
#include <utility>

#include "namenode/commit/absorb.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/store/layered_tables.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/namespace/model_permissions.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/namespace/tree_model.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {

// A namespace beside its TreeModel. Edits go through a real journal and the rows into RocksDB, on a disk that loses
// power now and then; what the tables had not flushed is replayed. Time is virtual, and one of several users calls.
class NamespaceModel : public NamespaceFixture {
 protected:
  using Node = TreeModel::Node;
  using Permissions = ModelPermissions;

  NamespaceModel() : model(*find_entry(*fresh_tables(), kNoInode, "").value()) {
    carol = caller("carol", {"guests"}, false);
    bob.groups.emplace_back("guests");
    now += std::chrono::hours(1);
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "C", .block_pool_id = "BP-1"},
                                Journal::Existing::kRefuse));
    EXPECT_TRUE(disk.make_directories("/name/current/tables", 0700));
    EXPECT_TRUE(disk.sync_directory("/name/current"));
    start();
  }

  Followers followers() { return {blocks, *held, settings, WallTime(std::chrono::milliseconds(wall_ms)), now}; }

  void start() {
    journal = Journal::open(disk, journal_settings).value();
    tables = open_rocksdb_on(std::make_shared<DiskFiles>(disk), "/name/current/tables", 4 << 20, [](TransactionId) {
               return true;
             }).value();
    held.emplace(LeaseTable::Limits{});
    if (!find_entry(*tables, kNoInode, "").value()) {
      Batch batch;
      format_namespace(settings, batch);
      ASSERT_TRUE(tables->write(batch, kNoTransaction));
    }
    Result<void> replayed = replay(*journal, *tables, followers());
    ASSERT_TRUE(replayed) << error_of(replayed);
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(tables->write(Batch(), journal->last()));
  }
  // What memory knows is gone, and of the tables what they had not flushed. Holders begin anew.
  void restart() {
    if (random() % 3 != 0) ASSERT_TRUE(tables->flush());
    if (random() % 2 == 0) ASSERT_TRUE(journal->close());
    tables.reset();
    journal.reset();
    disk.lose_power();
    blocks = MemoryBlocks(4);
    start();
    renewed.clear();
    model.for_each([&](const std::string&, const Node& node) {
      if (node.open) renewed[node.open->holder] = now;
    });
  }

  // Plans, logs, applies and answers, as the namespace thread and the journal thread do, for the user whose turn it is.
  template <class T, class Request>
  Result<T> run(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), const Request& request) {
    const PlanContext at = plan_context();
    return carry_out_logged(operation(at, request));
  }
  template <class T>
  Result<T> run(Result<Planned<T>> (*operation)(const PlanContext&)) {
    const PlanContext at = plan_context();
    return carry_out_logged(operation(at));
  }
  PlanContext plan_context() {
    ++wall_ms;
    return {*tables, settings, *who, blocks, *held, WallTime(std::chrono::milliseconds(wall_ms)), now};
  }
  template <class T>
  Result<T> carry_out_logged(Result<Planned<T>> plan) {
    DFS_TRY(Planned<T> planned, std::move(plan));
    if (!planned.locations.empty()) DFS_TRY_OK(tables->write(planned.locations, kNoTransaction));
    const TransactionId first = next(tables->last_applied());
    TransactionId last = tables->last_applied();
    std::string bytes;
    for (EditRecord& record : planned.records) {
      const Edit edit{last = next(last), std::move(record)};
      EXPECT_TRUE(encode_edit(edit, bytes));
      DFS_TRY_OK(apply_and_absorb(edit, *tables, followers()));
    }
    if (!bytes.empty()) {
      EXPECT_TRUE(journal->append(bytes, first, last));
      EXPECT_TRUE(journal->sync());
    }
    return std::move(planned.value);
  }

  template <class T>
  static std::optional<ErrorCode> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error().code());
  }
  // True where the operation was carried out, as the model said it would be.
  template <class T>
  bool as_expected(const char* what, const Result<T>& result, std::optional<ErrorCode> expected) {
    EXPECT_EQ(code_of(result), expected) << what << " of " << who->identity.user << ": " << error_of(result);
    ++(result ? carried_out : refused);
    return result.has_value();
  }
  std::optional<ErrorCode> denied(const std::string& path, const Permissions::Wanted& wanted = {}) {
    return Permissions::refuses(model, *who, path, wanted) ? std::optional(ErrorCode::kAccessControl) : std::nullopt;
  }

  void choose_user() {
    const Caller* const users[] = {&root, &root, &root, &alice, &bob, &carol};
    who = users[random() % 6];
  }
  std::string random_user() {
    static const char* const kUsers[] = {"root", "alice", "bob", "carol"};
    return kUsers[random() % 4];
  }
  std::string random_group() {
    static const char* const kGroups[] = {"supergroup", "staff", "guests"};
    return kGroups[random() % 3];
  }
  // Mostly such that somebody else gets on.
  uint16_t random_permission() {
    static constexpr uint16_t kModes[] = {0777, 0755, 0775, 01777, 0700, 0070};
    return random() % 4 == 0 ? uint16_t(random() % 02000) : kModes[random() % 6];
  }

  std::string random_path(size_t depth_max = 3) {
    static const char* const kNames[] = {"a", "b", "c", "d"};
    std::string path;
    for (size_t depth = 1 + random() % depth_max; depth > 0; --depth) path += std::string("/") + kNames[random() % 4];
    return path;
  }
  std::string random_path_without_a_file_on_it() {
    std::string path = random_path();
    while (model.leads_through_a_file(path)) path = random_path();
    return path;
  }
  // Something that is there, mostly.
  std::string some_path() {
    std::string path = random_path_without_a_file_on_it();
    for (int i = 0; i < 5 && model.find(path) == nullptr; ++i) path = random_path_without_a_file_on_it();
    return path;
  }
  std::string some_file() {
    std::string path = some_path();
    for (int i = 0; i < 5; ++i) {
      if (const Node* node = model.find(path); node != nullptr && !node->is_directory()) break;
      path = some_path();
    }
    return path;
  }
  static bool is_file(const Node* node) { return node != nullptr && !node->is_directory(); }

  InodeRow new_row(const Node& directory, InodeType type, uint16_t permission) {
    InodeRow row;
    row.id = InodeId(++last_id);
    row.type = type;
    row.owner = who->identity.user;
    row.group = directory.row.group;
    row.permission = permission;
    row.modification_time_ms = wall_ms;
    EXPECT_TRUE(inherit_default_acl(directory.row, row));
    return row;
  }

  void expect_quota_usage(const Node& directory, const std::string& path, size_t& rows) {
    const bool wanted = directory.row.id == kRootInode || directory.row.has_quota();
    auto row = find_quota_usage(*tables, directory.row.id).value();
    EXPECT_EQ(row.has_value(), wanted) << path;
    if (!wanted || !row) return;
    ++rows;
    QuotaCounts counts = TreeModel::counts_of(directory);
    if (directory.row.id == kRootInode && directory.row.type_quotas.empty()) counts.types = {};
    EXPECT_EQ(row->names, counts.names) << path;
    EXPECT_EQ(row->space, counts.space) << path;
    EXPECT_EQ(row->types, counts.types) << path;
  }
  void expect_file(const Node& node, const std::string& path) {
    std::vector<uint64_t> lengths;
    for (const BlockRow& block : blocks_of_file(*tables, node.row.id).value()) {
      const bool written = node.open && node.open->last_block && lengths.size() + 1 == node.blocks.size();
      EXPECT_EQ(block.state, written ? BlockState::kUnderConstruction : BlockState::kComplete) << path;
      auto owner = find_owner(*tables, block.id).value();
      EXPECT_EQ(owner, (BlockOwner{node.row.id, uint32_t(lengths.size())})) << path;
      lengths.push_back(block.length);
    }
    EXPECT_EQ(lengths, node.blocks) << path;
    EXPECT_EQ(held->holder_of(node.row.id), node.open ? std::optional(node.open->holder) : std::nullopt) << path;
  }
  void expect_model() {
    uint64_t files = 0, directories = 1, block_count = 0, open = 0;
    size_t usage_rows = 0;
    auto compare = [&](const std::string& path, const Node& node, InodeId parent) {
      auto found = find_entry(*tables, parent, TreeModel::name_of(path)).value();
      ASSERT_TRUE(found) << path;
      const InodeRow wanted = node.whole_row();
      EXPECT_EQ(*found, wanted) << path << " differs: mode " << found->permission << " for " << wanted.permission
                                << ", mtime " << found->modification_time_ms << " for " << wanted.modification_time_ms
                                << ", id " << raw(found->id) << " for " << raw(wanted.id) << ", children "
                                << found->child_count << " for " << wanted.child_count << ", length " << found->length
                                << " for " << wanted.length;
      EXPECT_EQ(find_entry_of(*tables, node.row.id).value(), (EntryKey{parent, TreeModel::name_of(path)})) << path;
      if (node.is_directory()) {
        ++directories;
        expect_quota_usage(node, path, usage_rows);
        return;
      }
      ++files;
      open += node.open ? 1 : 0;
      block_count += node.blocks.size();
      expect_file(node, path);
    };
    auto top = find_entry(*tables, kNoInode, "").value();
    EXPECT_EQ(*top, model.root().whole_row());
    expect_quota_usage(model.root(), "/", usage_rows);
    model.for_each([&](const std::string& path, const Node& node) { compare(path, node, node.parent->row.id); });
    EXPECT_EQ(count(Counter::kFileCount), files);
    EXPECT_EQ(count(Counter::kDirectoryCount), directories);
    EXPECT_EQ(count(Counter::kBlockCount), block_count);
    EXPECT_EQ(count(Counter::kLastInodeId), last_id);
    auto rows = [&](Table table) {
      size_t found = 0;
      EXPECT_TRUE(tables->scan(table, "", [&](auto, auto) { return ++found > 0; }));
      return found;
    };
    EXPECT_EQ(rows(Table::kEntries), files + directories);
    EXPECT_EQ(rows(Table::kInodeIndex), files + directories);
    EXPECT_EQ(rows(Table::kFileBlocks), block_count);
    EXPECT_EQ(rows(Table::kBlockIndex), block_count);
    EXPECT_EQ(rows(Table::kQuotaUsage), usage_rows);
    EXPECT_EQ(rows(Table::kOpenFiles), open);
    EXPECT_EQ(held->file_count(), open);
  }

  // The whole log, applied to an empty namespace.
  void expect_replay_equals_tables() {
    const auto is = rows_of(*tables);
    ASSERT_TRUE(journal->close());
    std::unique_ptr<Tables> replayed = fresh_tables();
    blocks = MemoryBlocks(4);
    held.emplace(LeaseTable::Limits{});
    Result<void> done = replay(*journal, *replayed, followers());
    ASSERT_TRUE(done) << error_of(done);
    auto without_last_applied = [](auto rows) {
      std::erase_if(rows, [](const auto& row) { return row.first.ends_with("/last_applied"); });
      return rows;
    };
    EXPECT_EQ(without_last_applied(rows_of(*replayed)), without_last_applied(is));
  }

  MemoryDisk disk;
  JournalSettings journal_settings{.directories = {"/name"}};
  std::unique_ptr<Journal> journal;
  std::optional<LeaseTable> held;
  std::minstd_rand random;
  TreeModel model;
  Caller carol;
  const Caller* who = &root;
  std::map<std::string, TimePoint> renewed;  // when each holder of an open file was last heard of
  uint64_t last_id = raw(kRootInode);
  uint64_t carried_out = 0, refused = 0;
};

}  // namespace dfs::namenode
