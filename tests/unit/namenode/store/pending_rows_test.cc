#include "namenode/store/pending_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace dfs::namenode {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows rows_of(const View& view, Table table, std::string_view prefix, std::string_view from) {
  Rows found;
  EXPECT_TRUE(view.scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  }));
  return found;
}

struct PendingRowsTest : testing::Test {
  void put(Table table, std::string key, std::string value, uint64_t id) {
    Batch batch;
    batch.put(table, std::move(key), std::move(value));
    ASSERT_TRUE(rows.write(std::move(batch), TransactionId{id}));
  }
  std::unique_ptr<Tables> tables = Tables::in_memory();
  PendingRows rows{*tables};
};

TEST_F(PendingRowsTest, ReadsSeeWhatIsNotSettled) {
  put(Table::kMeta, "a", "1", 1);
  EXPECT_EQ(rows.get(Table::kMeta, "a").value(), "1");
  EXPECT_EQ(tables->get(Table::kMeta, "a").value(), std::nullopt);
  EXPECT_EQ(tables->last_applied(), kNoTransaction);

  ASSERT_TRUE(rows.settle());
  EXPECT_EQ(rows.bytes(), 0u);
  EXPECT_EQ(tables->get(Table::kMeta, "a").value(), "1");
  EXPECT_EQ(tables->last_applied(), TransactionId{1});
}

TEST_F(PendingRowsTest, ARowThatChangesOftenIsWrittenOnce) {
  put(Table::kMeta, "a", "1", 1);
  size_t once = rows.bytes();
  put(Table::kMeta, "a", "2", 2);
  EXPECT_EQ(rows.bytes(), once);
  EXPECT_EQ(rows.get(Table::kMeta, "a").value(), "2");
  ASSERT_TRUE(rows.settle());
  EXPECT_EQ(tables->last_applied(), TransactionId{2});
}

TEST_F(PendingRowsTest, AnErasedRowHidesTheOneBelow) {
  put(Table::kMeta, "a", "1", 1);
  ASSERT_TRUE(rows.settle());
  Batch batch;
  batch.erase(Table::kMeta, "a");
  ASSERT_TRUE(rows.write(std::move(batch), TransactionId{2}));
  EXPECT_EQ(rows.get(Table::kMeta, "a").value(), std::nullopt);
  EXPECT_EQ(rows_of(rows, Table::kMeta, "", ""), Rows());
}

TEST_F(PendingRowsTest, ACutTakesWhatIsNotSettledToo) {
  put(Table::kRetries, "a", "1", 1);
  Batch batch;
  batch.erase_before(Table::kRetries, "b");
  batch.put(Table::kRetries, "aa", "2");
  ASSERT_TRUE(rows.write(std::move(batch), kNoTransaction));
  EXPECT_EQ(rows_of(rows, Table::kRetries, "", ""), (Rows{{"aa", "2"}}));
  EXPECT_EQ(tables->last_applied(), TransactionId{1});
}

TEST_F(PendingRowsTest, AScanThatEndsEarlyEnds) {
  put(Table::kMeta, "b", "1", 1);
  ASSERT_TRUE(rows.settle());
  put(Table::kMeta, "a", "1", 2);
  put(Table::kMeta, "c", "1", 3);
  int visited = 0;
  ASSERT_TRUE(rows.scan(Table::kMeta, "", [&](std::string_view, std::string_view) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
}

TEST_F(PendingRowsTest, EqualsTablesThatWereWrittenAtOnce) {
  auto direct = Tables::in_memory();
  std::mt19937 random(20);
  auto key = [&] { return std::string(1, char('a' + random() % 3)) + std::string(1, char('a' + random() % 4)); };
  for (uint64_t id = 1; id <= 2'000; ++id) {
    Batch batch, same;
    for (unsigned i = random() % 4; i > 0; --i) {
      const Table table = random() % 2 == 0 ? Table::kEntries : Table::kInodeIndex;
      const std::string name = key();
      if (random() % 3 == 0) {
        batch.erase(table, name);
        same.erase(table, name);
      } else {
        batch.put(table, name, std::to_string(id));
        same.put(table, name, std::to_string(id));
      }
    }
    ASSERT_TRUE(rows.write(std::move(batch), TransactionId{id}));
    ASSERT_TRUE(direct->write(same, TransactionId{id}));
    if (random() % 10 == 0) ASSERT_TRUE(rows.settle());
    for (Table table : {Table::kEntries, Table::kInodeIndex}) {
      const std::string one = key(), prefix = key().substr(0, random() % 2), from = prefix + key();
      ASSERT_EQ(rows.get(table, one).value(), direct->get(table, one).value());
      const std::vector<std::string> some{key(), one, key()};
      ASSERT_EQ(rows.get_many(table, some).value(), direct->get_many(table, some).value());
      ASSERT_EQ(rows_of(rows, table, prefix, from), rows_of(*direct, table, prefix, from));
    }
  }
}

}  // namespace
}  // namespace dfs::namenode
