#include "datanode/replicas/scanner.h"

#include "tests/unit/datanode/replicas/pool.h"

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

TEST(Scanner, AReplicaThatIsBeingWrittenIsLeftAlone) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(1));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(3000)));
  (*disk.open(pool.view(BlockId(1)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), 100).value();
  EXPECT_TRUE(pool.run(verify_replica(pool.store->lookup(BlockId(1)), 0)).value());
}

}  // namespace
}  // namespace dfs::datanode
