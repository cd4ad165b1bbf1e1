#include "namenode/blocks/blocks_of_datanode.h"

#include <algorithm>
#include <set>

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

struct BlocksOfDatanodeTest : testing::Test {
  BlocksOfDatanodeTest() {
    for (int i = 1; i <= 3; ++i) world.add_datanode(i);
    for (uint64_t i = 0; i < 10; ++i) {
      blocks.push_back(world.add_file(2, 100 * (i + 1)));
      for (size_t d = 0; d < 2; ++d) world.receive(*world.datanodes()[d], blocks.back());
    }
    world.settle();
    world.pass(seconds(1));
    world.round();
  }
  std::vector<BlockWithStorages> ask(BlocksOfDatanode request) {
    Result<std::vector<BlockWithStorages>> found =
        blocks_of_datanode(world.tables(), *world.blocks().datanodes(), request);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<BlockWithStorages>();
  }
  std::vector<size_t> found(BlocksOfDatanode request) {
    std::vector<size_t> indices;
    for (const BlockWithStorages& block : ask(std::move(request))) {
      indices.push_back(size_t(std::ranges::find(blocks, block.block) - blocks.begin()));
    }
    return indices;
  }
  BlockWorld world;
  std::vector<BlockRow> blocks;
};

TEST_F(BlocksOfDatanodeTest, come_with_all_their_locations_until_there_are_enough_bytes) {
  std::vector<BlockWithStorages> all = ask({.datanode_uuid = "dn1", .bytes = 1 << 30});
  ASSERT_EQ(all.size(), 10u);
  for (const BlockWithStorages& block : all) EXPECT_EQ(block.storages.size(), 2u);
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 250}), (std::vector<size_t>{0, 1}));
  EXPECT_TRUE(found({.datanode_uuid = "dn3", .bytes = 1 << 30}).empty());
}

TEST_F(BlocksOfDatanodeTest, begin_anywhere_and_go_round_once) {
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 1 << 30, .begin_at = blocks[7].id}),
            (std::vector<size_t>{7, 8, 9, 0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 1 << 30, .begin_at = blocks[7].id, .rows_max = 4}),
            (std::vector<size_t>{7, 8, 9, 0}));
}

TEST_F(BlocksOfDatanodeTest, are_neither_small_ones_nor_on_other_storage_types_nor_incomplete) {
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 1 << 30, .block_bytes_min = 901}), (std::vector<size_t>{9}));
  EXPECT_TRUE(found({.datanode_uuid = "dn1", .bytes = 1 << 30, .storage_type = 2}).empty());
  BlockRow open = blocks[9];
  open.state = BlockState::kUnderConstruction;
  world.put_block(open);
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 1 << 30}).size(), 9u);
}

TEST_F(BlocksOfDatanodeTest, that_are_in_use_come_last) {
  InodeRow inode = **find_entry(world.tables(), kRootInode, "file20001");
  inode.access_time_ms = 5000;
  Batch batch;
  batch.put(Table::kEntries, entry_key(kRootInode, "file20001"), encode(inode));
  ASSERT_TRUE(world.tables().write(batch, kNoTransaction));
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 1 << 30, .hot_since_ms = 4999}).back(), 0u);
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 200, .hot_since_ms = 4999}), std::vector<size_t>{1});
  EXPECT_EQ(found({.datanode_uuid = "dn1", .bytes = 100, .hot_since_ms = 5000}), std::vector<size_t>{0});
}

TEST_F(BlocksOfDatanodeTest, leave_out_replicas_that_are_bad_dead_or_unconfirmed) {
  ASSERT_TRUE(world.in_batch(
      [&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, blocks[0], "dn2", ""); }));
  EXPECT_EQ(ask({.datanode_uuid = "dn1", .bytes = 1}).at(0).storages.size(), 1u);
  world.restart();
  world.introduce(*world.datanodes()[0]);
  EXPECT_TRUE(found({.datanode_uuid = "dn1", .bytes = 1 << 30}).empty());
}

TEST_F(BlocksOfDatanodeTest, of_nobody_are_an_error) {
  for (const char* uuid : {"nobody", ""}) {
    Result<std::vector<BlockWithStorages>> refused =
        blocks_of_datanode(world.tables(), *world.blocks().datanodes(), {.datanode_uuid = uuid, .bytes = 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kHadoopInvalidArgument);
  }
}

}  // namespace
}  // namespace dfs::namenode
