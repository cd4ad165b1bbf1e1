#include <gtest/gtest.h>

#include <map>
#include <random>

#include "namenode/store/layered_tables.h"
#include "namenode/store/rows.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

std::map<std::string, std::string> all(const View& view, Table table) {
  std::map<std::string, std::string> rows;
  EXPECT_TRUE(view.scan(table, "", [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  }));
  return rows;
}

std::vector<std::string> inodes_of(const View& view, InodeId directory) {
  std::vector<std::string> names;
  const std::string prefix = entry_key(directory, "");
  EXPECT_TRUE(view.scan_inodes(prefix, prefix, [&](std::string_view key, const InodePtr& inode) {
    names.push_back(std::string(key.substr(prefix.size())) + " " + std::to_string(raw(inode->id)));
    return true;
  }));
  return names;
}

using Rows = std::map<std::string, std::string>;
using Model = std::map<Table, Rows>;

std::string random_key(std::mt19937& random, Table table) {
  if (table == Table::kMeta) return "k" + std::to_string(random() % 20);
  std::string key = inode_key(InodeId{random() % 70});
  return table == Table::kStorageReplicas ? storage_replica_key(StorageNumber(random() % 3), BlockId{random() % 90})
                                          : key + std::string(random() % 3, char('a' + random() % 4));
}

// Rows in memory alone, and over others on disk: both are what a map says, at each moment.
class AnyTables : public testing::TestWithParam<bool> {
 protected:
  AnyTables() {
    if (GetParam()) {
      EXPECT_TRUE(disk.make_directories("/tables", 0700));
      auto opened =
          open_rocksdb_on(std::make_shared<DiskFiles>(disk), "/tables", 1 << 20, [](TransactionId) { return true; });
      EXPECT_TRUE(opened) << opened.error().to_string();
      tables = *std::move(opened);
    } else {
      tables = Tables::in_memory();
    }
  }
  MemoryDisk disk;
  std::unique_ptr<Tables> tables;
};
INSTANTIATE_TEST_SUITE_P(All, AnyTables, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "OverADisk" : "InMemory"; });

TEST_P(AnyTables, ASnapshotKeepsItsMomentWhateverIsWrittenAfter) {
  std::mt19937 random(7);
  const std::vector<Table> kinds = {Table::kEntries, Table::kMeta, Table::kStorageReplicas, Table::kRetries};
  Model model;
  std::string cut_end;
  std::vector<std::pair<std::shared_ptr<const View>, Model>> moments;
  auto expect_equal = [&](const View& view, const Model& expected) {
    for (Table table : kinds) {
      auto found = expected.find(table);
      const Rows rows = found == expected.end() ? Rows() : found->second;
      ASSERT_EQ(all(view, table), rows);
      // From somewhere to the end of what begins alike.
      const std::string from = random_key(random, table), prefix = from.substr(0, random() % (from.size() + 1));
      Rows wanted, seen;
      for (const auto& [key, value] : rows) {
        if (key >= from && key.starts_with(prefix)) wanted.emplace(key, value);
      }
      ASSERT_TRUE(view.scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
        seen.emplace(key, value);
        return true;
      }));
      ASSERT_EQ(seen, wanted);
      const std::string other = random_key(random, table);
      const auto value = rows.find(other);
      const auto expected_value = value == rows.end() ? std::nullopt : std::optional(value->second);
      ASSERT_EQ(*view.get(table, other), expected_value);
      ASSERT_EQ(view.get_many(table, {other, "none"}).value(),
                (std::vector<std::optional<std::string>>{expected_value, std::nullopt}));
    }
  };
  for (uint64_t id = 1; id <= (is_nightly() ? 2'000u : 50u); ++id) {
    Batch batch;
    if (random() % 10 == 0) {
      const std::string end = cut_end = std::max(cut_end, random_key(random, Table::kRetries));
      batch.erase_before(Table::kRetries, end);
      Rows& rows = model[Table::kRetries];
      rows.erase(rows.begin(), rows.lower_bound(end));
    }
    for (int i = 0; i < 8; ++i) {
      const Table table = kinds[random() % kinds.size()];
      const std::string key = random_key(random, table);
      if (table == Table::kRetries && key < cut_end) continue;
      if (random() % 3 == 0) {
        batch.erase(table, key);
        model[table].erase(key);
      } else {
        batch.put(table, key, std::to_string(random()));
        model[table][key] = *batch.changes().back().value;
      }
    }
    ASSERT_TRUE(tables->write(std::move(batch), TransactionId{id}));
    if (random() % 4 == 0) moments.emplace_back(tables->snapshot(), model);
    if (moments.size() > 6) moments.erase(moments.begin() + long(random() % moments.size()));
    if (random() % 20 == 0) ASSERT_TRUE(tables->flush());
    ASSERT_NO_FATAL_FAILURE(expect_equal(*tables, model));
    for (const auto& [view, rows] : moments) ASSERT_NO_FATAL_FAILURE(expect_equal(*view, rows));
  }
}

TEST_P(AnyTables, InodesAreTheSameDecodedOrNotAndOfTheirMoment) {
  auto put = [&](uint64_t directory, const std::string& name, uint64_t id) {
    Batch batch;
    batch.put(entry_key(InodeId{directory}, name), std::make_shared<const InodeRow>(InodeRow{.id = InodeId{id}}));
    ASSERT_TRUE(tables->write(std::move(batch), kNoTransaction));
  };
  using Names = std::vector<std::string>;
  put(1, "b", 11);
  put(2, "x", 12);
  EXPECT_EQ(inodes_of(*tables, InodeId{1}), Names{"b 11"});
  ASSERT_TRUE(tables->flush());
  auto before = tables->snapshot();
  EXPECT_EQ(inodes_of(*before, InodeId{1}), Names{"b 11"});  // from here on its children are known as a whole
  put(1, "a", 13);
  put(1, "b", 14);
  Batch gone;
  gone.erase(Table::kEntries, entry_key(InodeId{2}, "x"));
  ASSERT_TRUE(tables->write(std::move(gone), kNoTransaction));
  for (int flushed = 0; flushed < 2; ++flushed) {
    EXPECT_EQ(inodes_of(*tables, InodeId{1}), (Names{"a 13", "b 14"}));
    EXPECT_EQ(inodes_of(*tables->snapshot(), InodeId{1}), (Names{"a 13", "b 14"}));
    EXPECT_EQ(inodes_of(*tables, InodeId{2}), Names{});
    EXPECT_EQ(inodes_of(*before, InodeId{1}), Names{"b 11"});
    EXPECT_EQ(inodes_of(*before, InodeId{2}), Names{"x 12"});
    EXPECT_EQ(raw((*tables->inode(entry_key(InodeId{1}, "b")))->id), 14u);
    EXPECT_EQ(raw((*before->inode(entry_key(InodeId{1}, "b")))->id), 11u);
    EXPECT_EQ(*tables->inode(entry_key(InodeId{2}, "x")), nullptr);
    EXPECT_EQ(*before->inode(entry_key(InodeId{1}, "a")), nullptr);
    ASSERT_TRUE(tables->flush());
  }
  Batch bytes;
  bytes.put(Table::kEntries, entry_key(InodeId{1}, "c"), "no inode");
  ASSERT_TRUE(tables->write(std::move(bytes), kNoTransaction));
  for (int flushed = 0; flushed < 2; ++flushed) {
    EXPECT_FALSE(tables->inode(entry_key(InodeId{1}, "c")));
    EXPECT_FALSE(tables->scan_inodes(entry_key(InodeId{1}, ""), entry_key(InodeId{1}, ""),
                                     [](std::string_view, const InodePtr&) { return true; }));
    ASSERT_TRUE(tables->flush());
  }
}

TEST_P(AnyTables, ARowThatChangesUnderAnOldReaderKeepsWhatIsReadAndNoMore) {
  auto put = [&](const std::string& value) {
    Batch batch;
    batch.put(Table::kMeta, "counter", value);
    ASSERT_TRUE(tables->write(std::move(batch), kNoTransaction));
  };
  put("first");
  auto old = tables->snapshot();
  std::shared_ptr<const View> last, one_before;
  // So many versions that to keep them all would be slow, and to free them at once a recursion without an end.
  const int count = is_nightly() ? 1'000'000 : 20'000;
  for (int i = 0; i < count; ++i) {
    put(std::to_string(i));
    one_before = std::exchange(last, tables->snapshot());
  }
  EXPECT_EQ(old->get(Table::kMeta, "counter").value(), "first");
  EXPECT_EQ(one_before->get(Table::kMeta, "counter").value(), std::to_string(count - 2));
  EXPECT_EQ(last->get(Table::kMeta, "counter").value(), std::to_string(count - 1));
}

TEST_P(AnyTables, AStateOfChildrenIsThatOfNoOtherRows) {
  auto put = [&](uint64_t directory, const std::string& name) {
    Batch batch;
    batch.put(entry_key(InodeId{directory}, name), std::make_shared<const InodeRow>(InodeRow{.id = InodeId{9}}));
    ASSERT_TRUE(tables->write(std::move(batch), kNoTransaction));
  };
  std::map<uint64_t, std::vector<std::string>> seen;
  std::shared_ptr<const View> before;
  for (int step = 0; step < 20; ++step) {
    if (step % 3 != 2) put(1 + uint64_t(step % 2), "f" + std::to_string(step));
    if (step % 5 == 4) ASSERT_TRUE(tables->flush());
    auto now = tables->snapshot();
    for (const View* view : {now.get(), before.get()}) {
      if (view == nullptr) continue;
      const uint64_t state = view->state_of_children(inode_key(InodeId{1}));
      if (view == now.get()) EXPECT_NE(state, 0u);
      if (state == 0) continue;
      const auto [known, is_first] = seen.try_emplace(state, inodes_of(*view, InodeId{1}));
      EXPECT_EQ(known->second, inodes_of(*view, InodeId{1}));
    }
    before = now;
  }
  EXPECT_GT(seen.size(), 5u);
}

TEST_P(AnyTables, ADirectoryThatIsTooLargeToBeKeptIsReadAllTheSame) {
  Batch batch;
  for (uint64_t i = 0; i < 1'500; ++i) {
    batch.put(entry_key(InodeId{5}, "f" + std::to_string(10'000 + i)),
              std::make_shared<const InodeRow>(InodeRow{.id = InodeId{i}}));
  }
  ASSERT_TRUE(tables->write(std::move(batch), TransactionId{1}));
  for (int flushed = 0; flushed < 2; ++flushed) {
    EXPECT_EQ(inodes_of(*tables, InodeId{5}).size(), 1'500u);
    size_t some = 0;
    const std::string prefix = entry_key(InodeId{5}, "");
    ASSERT_TRUE(tables->scan_inodes(prefix, entry_key(InodeId{5}, "f11400"),
                                    [&](std::string_view, const InodePtr&) { return ++some < 20; }));
    EXPECT_EQ(some, 20u);
    ASSERT_TRUE(tables->flush());
  }
}

TEST_P(AnyTables, AScanKeepsToItsPrefixStartsWhereToldAndStopsWhenTold) {
  Batch batch;
  for (char c = 'a'; c <= 'e'; ++c) batch.put(Table::kEntries, std::string("p") + c, "");
  batch.put(Table::kEntries, "o", "");
  batch.put(Table::kEntries, "q", "");
  batch.put(Table::kInodeIndex, "pz", "");
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));

  std::string seen;
  ASSERT_TRUE(tables->scan(Table::kEntries, "p", "pc", [&](std::string_view key, std::string_view) {
    seen += key.substr(1);
    EXPECT_TRUE(*tables->get(Table::kEntries, key));  // a visitor may read
    return true;
  }));
  EXPECT_EQ(seen, "cde");
  seen.clear();
  ASSERT_TRUE(tables->scan(Table::kEntries, "p", [&](std::string_view key, std::string_view) {
    seen += key.substr(1);
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, "ab");
}

TEST_P(AnyTables, TheLastAppliedTransactionFollowsJournaledBatchesOnly) {
  EXPECT_EQ(tables->last_applied(), kNoTransaction);
  Batch batch;
  batch.put(Table::kMeta, "a", "1");
  ASSERT_TRUE(tables->write(batch, TransactionId{5}));
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  EXPECT_EQ(tables->last_applied(), TransactionId{5});
  EXPECT_EQ(tables->durable_applied(), kNoTransaction);
  ASSERT_TRUE(tables->flush());
  EXPECT_EQ(tables->durable_applied(), TransactionId{5});
}

TEST_P(AnyTables, ACutTakesEveryRowBeforeItAndNoneThatTheBatchPuts) {
  Batch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.put(Table::kRetries, key, "1");
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));
  auto before = tables->snapshot();
  batch.clear();
  EXPECT_TRUE(batch.empty());
  batch.erase_before(Table::kRetries, "c");
  batch.put(Table::kRetries, "cc", "2");
  EXPECT_FALSE(batch.empty());
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  for (int flushed = 0; flushed < 2; ++flushed) {
    EXPECT_EQ(*tables->get(Table::kRetries, "cc"), "2");
    EXPECT_EQ(*tables->get(Table::kRetries, "b"), std::nullopt);
    EXPECT_EQ(*tables->get(Table::kRetries, "c"), "1");
    EXPECT_EQ(*before->get(Table::kRetries, "b"), "1");
    ASSERT_TRUE(tables->flush());
  }
}

TEST_P(AnyTables, ASnapshotOutlivesItsTables) {
  Batch batch;
  batch.put(Table::kMeta, "a", "1");
  batch.put(Table::kMeta, "a", "2");
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));
  auto view = tables->snapshot();
  tables.reset();
  EXPECT_EQ(*view->get(Table::kMeta, "a"), "2");
}

}  // namespace
}  // namespace dfs::namenode
