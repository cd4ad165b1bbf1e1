#include "datanode/replicas/directory_scanner.h"

#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

constexpr uint64_t kFirst = 1'073'741'825;  // in subdir0/subdir0

class DirectoryScanner : public testing::Test {
 protected:
  DirectoryScanner() : pool(disk) {
    for (uint64_t i = 0; i < 3; ++i) pool.store_block(block_of(kFirst + i), pattern(1000 + i));
    pool.events.lines.clear();
  }
  DirectoryDifferences compare() { return pool.run(compare_directories(*pool.store, *pool.store->volumes()[0], 1000)); }
  std::string data(uint64_t i) { return finalized() + "/subdir0/subdir0/" + block_file_name(BlockId(kFirst + i)); }
  std::string meta(uint64_t i) {
    return finalized() + "/subdir0/subdir0/" + meta_file_name(BlockId(kFirst + i), GenerationStamp(1001));
  }
  std::string finalized() { return pool.store->volumes()[0]->layout().finalized(); }
  std::vector<std::string> events() {
    std::lock_guard lock(pool.events.mutex);
    return pool.events.lines;
  }

  MemoryDisk memory;
  FaultyDisk faulty{memory};
  WatchedDisk disk{faulty};
  Pool pool;
};

using Events = std::vector<std::string>;

TEST_F(DirectoryScanner, NothingHappensWhereNothingDiffers) {
  auto writer = pool.create(block_of(kFirst + 7));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(300)));
  pool.events.lines.clear();
  EXPECT_EQ(compare(), DirectoryDifferences{});
  EXPECT_EQ(events(), Events{});
}

TEST_F(DirectoryScanner, AReplicaWhoseFileIsGoneIsForgottenAndItsMetaFileStays) {
  const uint64_t used = pool.store->volumes()[0]->used_bytes();
  ASSERT_TRUE(memory.remove(data(1)));
  EXPECT_EQ(compare(), DirectoryDifferences{.forgotten = 1});
  EXPECT_EQ(events(), Events{"deleted 1073741826_1001 1001"});
  EXPECT_EQ(pool.store->lookup(BlockId(kFirst + 1)), nullptr);
  EXPECT_EQ(pool.store->volumes()[0]->used_bytes(), used - 1001);
  EXPECT_TRUE(*memory.exists(meta(1)));
  EXPECT_EQ(compare(), DirectoryDifferences{});
}

TEST_F(DirectoryScanner, FilesThatTurnUpAreServedAndReported) {
  for (const std::string& path : {data(1), meta(1)}) ASSERT_TRUE(memory.rename(path, path + ".away"));
  EXPECT_EQ(compare().forgotten, 1u);
  for (const std::string& path : {data(1), meta(1)}) ASSERT_TRUE(memory.rename(path + ".away", path));
  EXPECT_EQ(compare(), DirectoryDifferences{.adopted = 1});
  EXPECT_EQ(events().back(), "received 1073741826_1001 1001");
  EXPECT_EQ(pool.content(BlockId(kFirst + 1)), pattern(1001));
  EXPECT_EQ(compare(), DirectoryDifferences{});
}

// HDFS-14706
TEST_F(DirectoryScanner, AnotherLengthAndAMissingMetaFileAreCorruptionAndNothingIsRemoved) {
  (*memory.open(data(0), Disk::OpenMode::kReadWrite))->truncate(999).value();
  ASSERT_TRUE(memory.remove(meta(1)));
  EXPECT_EQ(compare(), DirectoryDifferences{.corrupt = 2});
  EXPECT_EQ(events(), (Events{"corrupt 1073741825_1001 1000", "corrupt 1073741826_1001 1001"}));
  EXPECT_TRUE(*memory.exists(data(0)));
  EXPECT_TRUE(*memory.exists(data(1)));
}

TEST_F(DirectoryScanner, AReplicaThatSomebodyMovedIsServedFromThere) {
  const std::string other = finalized() + "/subdir3/subdir4";
  ASSERT_TRUE(memory.make_directories(other, 0700));
  for (const std::string& path : {data(2), meta(2)}) {
    ASSERT_TRUE(memory.rename(path, other + path.substr(path.rfind('/'))));
  }
  EXPECT_EQ(compare(), (DirectoryDifferences{.adopted = 1, .forgotten = 1}));
  EXPECT_EQ(pool.content(BlockId(kFirst + 2)), pattern(1002));
  EXPECT_EQ(compare(), DirectoryDifferences{});
  // Back again; the place where it was found last is looked at later.
  for (const std::string& path : {data(2), meta(2)}) {
    ASSERT_TRUE(memory.rename(other + path.substr(path.rfind('/')), path));
  }
  EXPECT_EQ(compare(), DirectoryDifferences{.moved = 1});
  EXPECT_EQ(pool.content(BlockId(kFirst + 2)), pattern(1002));
  EXPECT_EQ(compare(), DirectoryDifferences{});
}

// HDFS-16985, HDFS-17342: an error of the disk is no proof that a file is gone.
TEST_F(DirectoryScanner, ErrorsOfTheDiskForgetNothing) {
  ASSERT_TRUE(memory.remove(data(1)));
  for (DiskOperation operation : {DiskOperation::kExists, DiskOperation::kList}) {
    faulty.arm({.operation = operation,
                .on_path = [](const std::string& path) { return path.find("/subdir0/subdir0") != std::string::npos; },
                .times = UINT64_MAX});
    const DirectoryDifferences found = compare();
    EXPECT_EQ(found.forgotten, 0u);
    EXPECT_EQ(found.unreadable, operation == DiskOperation::kList ? 1u : 0u);
    faulty.disarm();
  }
  pool.settle();
  EXPECT_FALSE(pool.store->volumes()[0]->failed());
  EXPECT_NE(pool.store->lookup(BlockId(kFirst + 1)), nullptr);
  EXPECT_EQ(events(), Events{});
}

TEST_F(DirectoryScanner, AVolumeThatIsNoLongerMountedFailsAndForgetsNothing) {
  ASSERT_TRUE(memory.remove_tree("/data/current"));
  EXPECT_EQ(compare(), DirectoryDifferences{});
  EXPECT_TRUE(pool.store->volumes()[0]->failed());
  EXPECT_EQ(pool.store->replicas().size(), 3u);
  EXPECT_EQ(events(), Events{});
}

TEST_F(DirectoryScanner, WhatSomebodyChangesIsLeftAlone) {
  ASSERT_TRUE(memory.remove(data(1)));
  auto replica = pool.store->lookup(BlockId(kFirst + 1));
  {
    ReplicaClaim claim = ReplicaClaim::attempt(replica, [] {});
    EXPECT_EQ(compare(), DirectoryDifferences{});
  }
  EXPECT_EQ(compare().forgotten, 1u);
}

TEST_F(DirectoryScanner, AReplicaThatIsBeingDeletedDoesNotComeBack) {
  Volume& volume = *pool.store->volumes()[0];
  std::optional<ReplicaStore::Difference> seen;
  disk.before = [&](std::string_view operation, const std::string& path) {
    // No longer known, its files still there.
    if (operation == "remove" && path == data(1)) {
      seen = pool.store->reconcile(volume, BlockId(kFirst + 1), finalized() + "/subdir0/subdir0");
    }
  };
  ASSERT_TRUE(pool.run(pool.store->invalidate(block_of(kFirst + 1))));
  EXPECT_EQ(seen, ReplicaStore::Difference::kNone);
  EXPECT_EQ(pool.store->lookup(BlockId(kFirst + 1)), nullptr);
}

TEST_F(DirectoryScanner, AMetaFileAloneIsNothingAndStays) {
  ASSERT_TRUE(memory.remove(data(1)));
  EXPECT_EQ(compare().forgotten, 1u);
  EXPECT_EQ(pool.store->reconcile(*pool.store->volumes()[0], BlockId(kFirst + 1), finalized() + "/subdir0/subdir0"),
            ReplicaStore::Difference::kNone);
  EXPECT_TRUE(*memory.exists(meta(1)));
}

TEST_F(DirectoryScanner, ThrottledItPausesAndRunsAgainUntilItIsEnded) {
  asio::io_context context;
  TaskGroup group(context.get_executor());
  int rounds = 0;
  disk.before = [&](std::string_view operation, const std::string& path) {
    if (operation == "list" && path.ends_with("/subdir31/subdir31") && ++rounds == 2) {
      asio::post(context, [&] { group.cancel(); });
    }
  };
  group.spawn(scan_directories(*pool.store, *pool.store->volumes()[0],
                               {.interval = std::chrono::milliseconds(1), .busy_ms_per_second = 900}));
  asio::co_spawn(context, group.join(), asio::use_future);
  context.run();
  disk.before = nullptr;
  EXPECT_EQ(rounds, 2);
  EXPECT_EQ(events(), Events{});
}

}  // namespace
}  // namespace dfs::datanode
