#include "datanode/replicas/scanner.h"

#include <boost/asio/detached.hpp>

#include "datanode/replicas/scan_cursor.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

TEST(Scanner, AFlippedBitIsFoundAndAnIntactReplicaIsNot) {
  MemoryDisk disk;
  Pool pool(disk);
  for (uint64_t id : {1, 2}) {
    auto writer = pool.create(block_of(id));
    ASSERT_TRUE(pool.append(*writer, 0, pattern(300000)));
    ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  }
  (*disk.open(pool.view(BlockId(2)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), 280000).value();
  EXPECT_TRUE(pool.run(verify_replica(pool.store->lookup(BlockId(1)), 0)).value());
  EXPECT_FALSE(pool.run(verify_replica(pool.store->lookup(BlockId(2)), 0)).value());
}

// HDFS-11160
TEST(Scanner, AReplicaThatIsBeingWrittenIsLeftAlone) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(1));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(3000)));
  (*disk.open(pool.view(BlockId(1)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), 100).value();
  EXPECT_TRUE(pool.run(verify_replica(pool.store->lookup(BlockId(1)), 0)).value());
}

// Scans the pool's volume until its round is over; the names of the data files that were opened.
std::vector<std::string> scan_one_round(Pool& pool, WatchedDisk& disk) {
  std::vector<std::string> opened;
  asio::io_context context;
  TaskGroup group(context.get_executor());
  disk.before = [&](std::string_view operation, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (operation == "open" && name.starts_with("blk_") && !name.ends_with(".meta")) opened.push_back(name);
    if (operation == "rename" && name.starts_with("scan.cursor")) asio::post(context, [&] { group.cancel(); });
  };
  group.spawn(scan_volume(*pool.store, *pool.store->volumes()[0], {.bytes_per_second = 0}));
  asio::co_spawn(context, group.join(), asio::detached);
  context.run();
  disk.before = nullptr;
  return opened;
}

TEST(Scanner, ARestartGoesOnWithTheRoundAtTheReplicaItHadComeTo) {
  MemoryDisk memory;
  WatchedDisk disk(memory);
  Pool pool(disk);
  for (uint64_t id : {1, 2, 3}) pool.store_block(block_of(id), pattern(1000));
  const Volume& volume = *pool.store->volumes()[0];
  const WallTime now = Clock::system().wall();
  ASSERT_TRUE((ScanCursor{.round_began = now, .last = BlockId(2)}.save(volume)));
  EXPECT_EQ(scan_one_round(pool, disk), std::vector<std::string>{"blk_3"});
  // The round is over: nothing is due before its period is.
  ScanCursor cursor = ScanCursor::load(volume, now);
  EXPECT_EQ(cursor.round_began, now);
  EXPECT_EQ(raw(cursor.last), UINT64_MAX);
}

TEST(Scanner, AScanWithoutAReadableCursorBeginsARound) {
  MemoryDisk memory;
  WatchedDisk disk(memory);
  Pool pool(disk);
  for (uint64_t id : {2, 1}) pool.store_block(block_of(id), pattern(1000));
  const std::string path = ScanCursor::path(*pool.store->volumes()[0]);
  for (const char* content :
       {"", "lastBlock=7", "roundBeganMillis=x\nlastBlock=7", "roundBeganMillis=-1\nlastBlock=7"}) {
    ASSERT_TRUE(disk.write_file_atomically(path, content));
    EXPECT_EQ(scan_one_round(pool, disk), (std::vector<std::string>{"blk_1", "blk_2"})) << content;
  }
  // Written under a clock that was ahead.
  ASSERT_TRUE((ScanCursor{.round_began = Clock::system().wall() + std::chrono::hours(1), .last = BlockId(1)}.save(
      *pool.store->volumes()[0])));
  EXPECT_EQ(scan_one_round(pool, disk).size(), 2u);
}

TEST(Scanner, ACorruptReplicaIsReported) {
  MemoryDisk memory;
  WatchedDisk disk(memory);
  Pool pool(disk);
  for (uint64_t id : {1, 2, 3}) pool.store_block(block_of(id), pattern(1000));
  (*disk.open(pool.view(BlockId(1)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), 700).value();
  (*disk.open(pool.view(BlockId(2)).data_path(), Disk::OpenMode::kReadWrite))->truncate(999).value();
  scan_one_round(pool, disk);
  EXPECT_EQ(pool.count_events("corrupt"), 2u);
  EXPECT_FALSE(pool.store->volumes()[0]->failed());
}

}  // namespace
}  // namespace dfs::datanode
