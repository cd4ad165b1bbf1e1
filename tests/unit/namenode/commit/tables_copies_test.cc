#include "namenode/commit/tables_copies.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "namenode/storage_folders.h"

namespace dfs::namenode {
namespace {

class TablesCopiesTest : public testing::Test {
 protected:
  TablesCopiesTest() {
    char name[] = "/tmp/copies-test-XXXXXX";
    root_ = mkdtemp(name);
    settings_.name_directories = {root_ + "/a", root_ + "/b", root_ + "/c"};
    settings_.edits_directories = {root_ + "/a", root_ + "/edits"};
  }
  ~TablesCopiesTest() override { std::filesystem::remove_all(root_); }

  std::string in(const char* folder) const { return root_ + "/" + folder + "/current/tables"; }
  std::unique_ptr<Tables> open(const std::string& directory) {
    EXPECT_TRUE(Disk::posix().make_directories(directory, 0700));
    auto opened = Tables::open_rocksdb(directory, 8 << 20, [](TransactionId) { return true; });
    EXPECT_TRUE(opened) << opened.error().to_string();
    return *std::move(opened);
  }
  static void put(Tables& tables, const std::string& key, uint64_t id) {
    Batch batch;
    batch.put(Table::kEntries, key, "value");
    ASSERT_TRUE(tables.write(batch, TransactionId{id}));
  }
  TablesCopies copies(const char* current = "a") {
    return {Disk::posix(), all_tables_directories(settings_), in(current)};
  }

  std::string root_;
  NameNodeSettings settings_;
};

TEST_F(TablesCopiesTest, EachFolderHoldsWhatTheTablesHeld) {
  auto tables = open(in("a"));
  for (uint64_t id = 1; id <= 2; ++id) {
    put(*tables, "key" + std::to_string(id), id);
    ASSERT_TRUE(copies().renew(*tables));
    for (const char* folder : {"b", "c"}) EXPECT_EQ(Tables::last_applied_in(in(folder)).value(), TransactionId{id});
  }
  auto copy = open(in("b"));
  EXPECT_EQ(copy->get(Table::kEntries, "key2").value(), "value");
}

TEST_F(TablesCopiesTest, AreNoneWhereThereIsOneFolder) {
  settings_.name_directories.resize(1);
  EXPECT_TRUE(copies().none());
}

TEST_F(TablesCopiesTest, TheFolderThatIsAheadIsTheOneToStartFrom) {
  EXPECT_EQ(tables_directory(settings_).value(), in("a"));
  put(*open(in("a")), "a", 1);  // never flushed: what a crash leaves
  {
    auto tables = open(in("c"));
    put(*tables, "c", 5);
    ASSERT_TRUE(tables->flush());
  }
  EXPECT_EQ(tables_directory(settings_).value(), in("c"));
  // The first disk is lost and replaced by an empty one.
  std::filesystem::remove_all(root_ + "/a");
  EXPECT_EQ(tables_directory(settings_).value(), in("c"));
  auto tables = open(in("c"));
  ASSERT_TRUE(copies("c").renew(*tables));
  EXPECT_EQ(Tables::last_applied_in(in("a")).value(), TransactionId{5});
}

TEST_F(TablesCopiesTest, ACrashInTheMiddleOfTheReplacementLosesNoCopy) {
  {
    auto tables = open(in("b"));
    put(*tables, "b", 7);
    ASSERT_TRUE(tables->flush());
  }
  std::filesystem::rename(in("b"), in("b") + ".former");
  EXPECT_EQ(tables_directory(settings_).value(), in("b"));
  EXPECT_EQ(Tables::last_applied_in(in("b")).value(), TransactionId{7});
}

TEST_F(TablesCopiesTest, ACopyThatFailsLeavesTheFormerAndTheOthersAreMade) {
  auto tables = open(in("a"));
  put(*tables, "a", 3);
  // A file where the folder should be.
  ASSERT_TRUE(Disk::posix().write_file_atomically(root_ + "/b", "x"));
  EXPECT_FALSE(copies().renew(*tables));
  EXPECT_EQ(Tables::last_applied_in(in("c")).value(), TransactionId{3});
}

TEST_F(TablesCopiesTest, TablesOfAnotherClusterAreRefused) {
  const StorageVersion ours{.namespace_id = 1, .cluster_id = "CID-1", .block_pool_id = "BP-1"};
  StorageVersion other = ours;
  other.cluster_id = "CID-2";
  auto tables = Tables::in_memory();
  ASSERT_TRUE(claim_tables(*tables, ours));
  EXPECT_TRUE(claim_tables(*tables, ours));
  Result<void> refused = claim_tables(*tables, other);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("CID-1"), std::string::npos);
  EXPECT_NE(refused.error().message().find("CID-2"), std::string::npos);
}

TEST_F(TablesCopiesTest, EveryFolderIsWatchedOnce) {
  EXPECT_EQ(watched_directories(settings_),
            (std::vector<std::string>{root_ + "/a", root_ + "/b", root_ + "/c", root_ + "/edits"}));
}

}  // namespace
}  // namespace dfs::namenode
