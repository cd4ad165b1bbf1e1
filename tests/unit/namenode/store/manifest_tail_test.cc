#include "namenode/store/manifest_tail.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "namenode/store/layered_tables.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

Result<std::unique_ptr<Tables>> open(const std::shared_ptr<DiskFiles>& files) {
  return open_rocksdb_on(files, "/tables", 1 << 20, [](TransactionId) { return true; });
}

// A row in each table.
Result<void> write(Tables& tables, uint64_t id) {
  Batch batch;
  for (size_t table = 0; table < kTableCount; ++table) batch.put(Table(table), "key", std::to_string(id));
  return tables.write(batch, TransactionId{id});
}

std::string manifest_in(Disk& disk) {
  std::string newest;
  for (const DirectoryEntry& entry : disk.list("/tables").value()) {
    if (entry.name.starts_with("MANIFEST-")) newest = std::max(newest, entry.name);
  }
  return disk.read_file("/tables/" + newest).value();
}

TEST(ManifestTail, WhateverAPowerCutLeavesOfAChangeTheTablesOpenAsBeforeItOrAfter) {
  std::set<uint64_t> found;
  for (uint64_t seed = 1; seed <= (is_nightly() ? 25u : 6u); ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    MemoryDisk disk;
    ASSERT_TRUE(disk.make_directories("/tables", 0700));
    ASSERT_TRUE(disk.sync_directory("/"));
    {
      auto files = std::make_shared<DiskFiles>(disk);
      auto tables = open(files);
      ASSERT_TRUE(tables) << tables.error().to_string();
      ASSERT_TRUE(write(**tables, 1) && (*tables)->flush());
    }
    {
      // A MANIFEST is begun and synced by the open, and appended to by the flush, which does not get to its end.
      auto files = std::make_shared<DiskFiles>(disk);
      auto tables = open(files);
      ASSERT_TRUE(tables) << tables.error().to_string();
      ASSERT_TRUE(write(**tables, 2));
      files->stop_at_sync_of_manifest();
      EXPECT_FALSE((*tables)->flush());
    }
    disk.lose_power(random);
    auto tables = open(std::make_shared<DiskFiles>(disk));
    ASSERT_TRUE(tables) << tables.error().to_string();
    const uint64_t last = raw((*tables)->last_applied());
    found.insert(last);
    for (size_t table = 0; table < kTableCount; ++table) {
      EXPECT_EQ((*tables)->get(Table(table), "key").value(), std::to_string(last));
    }
  }
  EXPECT_TRUE(found.contains(1));
}

TEST(ManifestTail, AfterASyncOfItThatFailsTheTablesOpenAsBeforeOrAfter) {
  MemoryDisk disk;
  ASSERT_TRUE(disk.make_directories("/tables", 0700));
  for (uint64_t id = 1; id <= 3; ++id) {
    SCOPED_TRACE(id);
    auto files = std::make_shared<DiskFiles>(disk);
    auto tables = open(files);
    ASSERT_TRUE(tables) << tables.error().to_string();
    const uint64_t found = raw((*tables)->last_applied());
    EXPECT_TRUE(found + 1 == id || found + 2 == id) << found;
    for (size_t table = 0; found > 0 && table < kTableCount; ++table) {
      EXPECT_EQ((*tables)->get(Table(table), "key").value(), std::to_string(found));
    }
    ASSERT_TRUE(write(**tables, id));
    if (id == 2) files->fail_sync_of_manifest();
    EXPECT_EQ((*tables)->flush().has_value(), id != 2);
    EXPECT_EQ((*tables)->get(Table::kMeta, "key").value(), std::to_string(id));
  }
}

TEST(ManifestTail, OnlyWhatWasNeverWrittenIsLeftOut) {
  MemoryDisk disk;
  ASSERT_TRUE(disk.make_directories("/tables", 0700));
  {
    auto tables = open(std::make_shared<DiskFiles>(disk));
    ASSERT_TRUE(tables) << tables.error().to_string();
    for (uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(write(**tables, id) && (*tables)->flush());
  }
  const std::string whole = manifest_in(disk);
  ASSERT_GT(whole.size(), 2048u);
  EXPECT_EQ(end_of_synced_records(whole), whole.size());
  for (size_t sector = 512; sector + 512 < whole.size(); sector += 512) {
    std::string torn = whole;
    torn.replace(sector, 512, 512, '\0');
    const size_t end = end_of_synced_records(torn);
    EXPECT_LE(end, sector);
    EXPECT_EQ(end_of_synced_records(torn.substr(0, end)), end);
    std::string damaged = whole;
    damaged[sector] = char(damaged[sector] ^ 1);
    EXPECT_EQ(end_of_synced_records(damaged), whole.size());
  }
}

}  // namespace
}  // namespace dfs::namenode
