#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>

#include "namenode/store/tables.h"

namespace dfs::namenode {
namespace {

class RocksdbTablesTest : public testing::Test {
 protected:
  RocksdbTablesTest() {
    char name[] = "/tmp/tables-test-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~RocksdbTablesTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Tables> open(Tables::DurableGate gate = [](TransactionId) { return true; }) {
    auto opened = Tables::open_rocksdb(directory_ + "/tables", 8 << 20, std::move(gate));
    EXPECT_TRUE(opened) << opened.error().to_string();
    return *std::move(opened);
  }
  static void put(Tables& tables, const std::string& key, const std::string& value, uint64_t id) {
    Batch batch;
    batch.put(Table::kEntries, key, value);
    batch.put(Table::kInodeIndex, key, value);
    ASSERT_TRUE(tables.write(batch, TransactionId{id}));
  }
  std::string directory_;
};

TEST_F(RocksdbTablesTest, WhatWasNotFlushedIsGoneInAllTablesTogether) {
  {
    auto tables = open();
    put(*tables, "a", "1", 1);
    EXPECT_EQ(tables->durable_applied(), kNoTransaction);
    ASSERT_TRUE(tables->flush());
    EXPECT_EQ(tables->durable_applied(), TransactionId{1});
    put(*tables, "b", "2", 2);
    EXPECT_EQ(tables->last_applied(), TransactionId{2});
    EXPECT_EQ(tables->durable_applied(), TransactionId{1});
  }
  auto tables = open();
  EXPECT_EQ(tables->last_applied(), TransactionId{1});
  EXPECT_EQ(tables->get(Table::kEntries, "a")->value(), "1");
  EXPECT_EQ(tables->get_many(Table::kEntries, {"b", "a"}).value(),
            (std::vector<std::optional<std::string>>{std::nullopt, "1"}));
  EXPECT_EQ(*tables->get(Table::kEntries, "b"), std::nullopt);
  EXPECT_EQ(*tables->get(Table::kInodeIndex, "b"), std::nullopt);
}

TEST_F(RocksdbTablesTest, ASnapshotKeepsItsMomentAlsoOverAFlush) {
  auto tables = open();
  put(*tables, "a", "1", 1);
  auto before = tables->snapshot();
  put(*tables, "a", "2", 2);
  ASSERT_TRUE(tables->flush());
  Batch batch;
  batch.erase(Table::kEntries, "a");
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  EXPECT_EQ(before->get(Table::kEntries, "a")->value(), "1");
  EXPECT_EQ(*tables->get(Table::kEntries, "a"), std::nullopt);
  EXPECT_EQ(tables->last_applied(), TransactionId{2});
}

TEST_F(RocksdbTablesTest, AScanKeepsToItsPrefixAlsoWhereItEndsInFf) {
  auto tables = open();
  for (std::string key : {std::string("p\xff"), std::string("p\xff\x01"), std::string("q"), std::string("o")}) {
    put(*tables, key, "", 1);
  }
  std::vector<std::string> seen;
  ASSERT_TRUE(tables->scan(Table::kEntries, "p\xff", [&](std::string_view key, std::string_view) {
    seen.emplace_back(key);
    return true;
  }));
  EXPECT_EQ(seen, (std::vector<std::string>{"p\xff", std::string("p\xff\x01")}));
}

TEST_F(RocksdbTablesTest, NothingIsFlushedBeforeTheJournalHasIt) {
  std::promise<void> durable, asked;
  std::shared_future<void> released = durable.get_future().share();
  std::atomic<uint64_t> wanted = 0;
  auto tables = open([&](TransactionId id) {
    if (wanted.exchange(raw(id)) == 0) asked.set_value();
    released.wait();
    return true;
  });
  put(*tables, "a", "1", 7);
  auto flushed = std::async(std::launch::async, [&] { return tables->flush().has_value(); });
  asked.get_future().wait();
  EXPECT_EQ(wanted, 7u);
  EXPECT_EQ(tables->durable_applied(), kNoTransaction);
  put(*tables, "b", "2", 8);  // writing goes on while a flush waits
  durable.set_value();
  EXPECT_TRUE(flushed.get());
  EXPECT_GE(tables->durable_applied(), TransactionId{7});
}

TEST_F(RocksdbTablesTest, AfterTheJournalHasFailedNothingReachesTheDisk) {
  {
    std::atomic<bool> failed = false;
    auto tables = open([&](TransactionId) { return !failed; });
    put(*tables, "a", "1", 1);
    ASSERT_TRUE(tables->flush());
    failed = true;
    put(*tables, "b", "2", 2);
    EXPECT_FALSE(tables->flush());
    EXPECT_EQ(tables->durable_applied(), TransactionId{1});
  }
  auto tables = open();
  EXPECT_EQ(tables->last_applied(), TransactionId{1});
  EXPECT_EQ(*tables->get(Table::kEntries, "b"), std::nullopt);
}

TEST_F(RocksdbTablesTest, AKilledWriterLeavesOneMomentOfAllTables) {
  // The child runs this test from its beginning in a process of its own; the variable names our folder to it.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  setenv("TABLES_TEST_DIRECTORY", directory_.c_str(), 0);
  auto write_and_die = [] {
    auto opened = Tables::open_rocksdb(std::string(getenv("TABLES_TEST_DIRECTORY")) + "/tables", 8 << 20,
                                       [](TransactionId) { return true; });
    for (uint64_t id = 1; id <= 50; ++id) {
      Batch batch;
      for (Table table : {Table::kEntries, Table::kFileBlocks, Table::kOpenFiles}) {
        batch.put(table, "key", std::to_string(id));
      }
      if (!(*opened)->write(batch, TransactionId{id})) _exit(1);
      if (id % 20 == 0 && !(*opened)->flush()) _exit(1);
    }
    kill(getpid(), SIGKILL);
  };
  EXPECT_EXIT(write_and_die(), testing::KilledBySignal(SIGKILL), "");
  auto tables = open();
  const std::string last = std::to_string(raw(tables->last_applied()));
  EXPECT_EQ(last, "40");
  for (Table table : {Table::kEntries, Table::kFileBlocks, Table::kOpenFiles}) {
    EXPECT_EQ(tables->get(table, "key")->value(), last);
  }
}

TEST_F(RocksdbTablesTest, AFolderThatIsInUseIsRefused) {
  auto tables = open();
  auto second = Tables::open_rocksdb(directory_ + "/tables", 8 << 20, [](TransactionId) { return true; });
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("lock"), std::string::npos) << second.error().message();
}

}  // namespace
}  // namespace dfs::namenode
