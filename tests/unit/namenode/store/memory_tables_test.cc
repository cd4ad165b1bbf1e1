#include <gtest/gtest.h>

#include <map>
#include <random>

#include "namenode/store/tables.h"

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

TEST(MemoryTables, ASnapshotKeepsItsMomentWhateverIsWrittenAfter) {
  auto tables = Tables::in_memory();
  std::mt19937 random(7);
  std::map<std::string, std::string> model;
  std::vector<std::pair<std::shared_ptr<const View>, std::map<std::string, std::string>>> moments;
  for (uint64_t id = 1; id <= 500; ++id) {
    Batch batch;
    for (int i = 0; i < 4; ++i) {
      const std::string key = "k" + std::to_string(random() % 100);
      if (random() % 3 == 0) {
        batch.erase(Table::kEntries, key);
        model.erase(key);
      } else {
        batch.put(Table::kEntries, key, std::to_string(random()));
        model[key] = *batch.changes().back().value;
      }
    }
    ASSERT_TRUE(tables->write(batch, TransactionId{id}));
    if (random() % 4 == 0) moments.emplace_back(tables->snapshot(), model);
    if (moments.size() > 10) moments.erase(moments.begin() + long(random() % moments.size()));
    ASSERT_EQ(all(*tables, Table::kEntries), model);
    for (const auto& [view, rows] : moments) {
      ASSERT_EQ(all(*view, Table::kEntries), rows);
      const std::string key = "k" + std::to_string(random() % 100);
      const auto value = rows.find(key);
      ASSERT_EQ(*view->get(Table::kEntries, key), value == rows.end() ? std::nullopt : std::optional(value->second));
    }
  }
}

TEST(MemoryTables, AScanKeepsToItsPrefixStartsWhereToldAndStopsWhenTold) {
  auto tables = Tables::in_memory();
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

TEST(MemoryTables, TheLastAppliedTransactionFollowsJournaledBatchesOnly) {
  auto tables = Tables::in_memory();
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

TEST(MemoryTables, ACutTakesEveryRowBeforeItAndNoneThatTheBatchPuts) {
  auto tables = Tables::in_memory();
  Batch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.put(Table::kRetries, key, "1");
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));
  auto before = tables->snapshot();
  batch.clear();
  EXPECT_TRUE(batch.empty());
  batch.erase_before(Table::kRetries, "c");
  batch.put(Table::kRetries, "a", "2");
  EXPECT_FALSE(batch.empty());
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  EXPECT_EQ(*tables->get(Table::kRetries, "a"), "2");
  EXPECT_EQ(*tables->get(Table::kRetries, "b"), std::nullopt);
  EXPECT_EQ(*tables->get(Table::kRetries, "c"), "1");
  EXPECT_EQ(*before->get(Table::kRetries, "b"), "1");
}

TEST(MemoryTables, ASnapshotOutlivesItsTables) {
  auto tables = Tables::in_memory();
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
