// Copies and deletions follow racks and storage types.
#include <algorithm>

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

constexpr seconds kDead{630};
constexpr uint8_t kSsd = 2, kAllSsd = 12;

struct TwoRacks : testing::Test {
  BlockWorld world{{}, "10.0.0.1 /a\n10.0.0.2 /a\n10.0.0.3 /a\n10.0.0.4 /b\n10.0.0.5 /b\n"};
  FakeDatanode& datanode(size_t i) { return *world.datanodes()[i]; }
  BlockRow file_on(uint16_t replication, std::vector<size_t> holders, uint8_t policy = 0) {
    BlockRow block = world.add_file(replication, 1000, BlockState::kComplete, policy);
    for (size_t i : holders) world.receive(datanode(i), block);
    return block;
  }
  size_t in_second_rack(const BlockRow& block) {
    return size_t(std::ranges::count_if(world.datanodes(), [&](const auto& each) {
      return each->rack_host >= "10.0.0.4" && each->replicas.contains(block.id);
    }));
  }
};

TEST_F(TwoRacks, blocks_of_one_rack_get_a_replica_in_the_second_when_it_appears) {
  for (int i = 1; i <= 3; ++i) world.add_datanode(i);
  BlockRow block = file_on(3, {0, 1, 2});
  BlockRow single = file_on(1, {0});
  world.run_for(seconds(20));
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
  world.add_datanode(4);
  world.run_for(seconds(20));
  EXPECT_EQ(in_second_rack(block), 1u);
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.held(single), 1u);
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
}

TEST_F(TwoRacks, a_block_that_cannot_reach_the_second_rack_waits_and_is_not_copied_within_the_first) {
  for (int i = 1; i <= 4; ++i) world.add_datanode(i);
  datanode(3).remaining_bytes = 0;
  world.beat(datanode(3));
  BlockRow block = file_on(2, {0, 1});
  world.run_for(seconds(20));
  EXPECT_EQ(world.held(block), 2u);
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 1u);
  datanode(3).remaining_bytes = 1 << 30;
  world.run_for(seconds(20));
  EXPECT_EQ(in_second_rack(block), 1u);
  EXPECT_EQ(world.held(block), 2u);
}

TEST_F(TwoRacks, surplus_is_deleted_in_the_rack_that_has_several) {
  for (int i = 1; i <= 4; ++i) world.add_datanode(i);
  datanode(3).remaining_bytes = 1000;  // the one with the least space would go otherwise
  world.beat(datanode(3));
  BlockRow block = file_on(2, {0, 1, 3});
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 2u);
  EXPECT_EQ(in_second_rack(block), 1u);
}

TEST_F(TwoRacks, a_datanode_that_moves_to_another_rack_has_its_blocks_looked_at) {
  for (int i = 1; i <= 5; ++i) world.add_datanode(i);
  BlockRow block = file_on(2, {0, 3});
  world.run_for(seconds(5));
  Registration moved;
  moved.datanode_uuid = "dn4";
  moved.ip_address = "10.0.0.4";
  moved.host_name = "dn4.example";
  moved.transfer_port = 9866;
  moved.network_location = "/a";
  ASSERT_TRUE(world.blocks().register_datanode(moved, world.wall(), world.now()));
  world.beat(datanode(3));
  ASSERT_TRUE(world.report(datanode(3)));
  world.run_for(seconds(20));
  EXPECT_TRUE(datanode(4).replicas.contains(block.id));
  EXPECT_EQ(world.held(block), 2u);
}

TEST_F(TwoRacks, a_copy_lies_on_the_storage_type_that_the_files_policy_wants) {
  world.add_datanode(1, kSsd);
  for (int i = 2; i <= 4; ++i) world.add_datanode(i);
  world.add_datanode(5, kSsd);
  BlockRow fast = file_on(2, {0}, kAllSsd);
  BlockRow plain = file_on(2, {1});
  world.run_for(seconds(20));
  EXPECT_TRUE(datanode(4).replicas.contains(fast.id));
  EXPECT_FALSE(datanode(0).replicas.contains(plain.id) || datanode(4).replicas.contains(plain.id));
  EXPECT_EQ(world.held(plain), 2u);
  // No SSD is left: the policy falls back to DISK.
  datanode(4).up = false;
  world.run_for(kDead + seconds(20));
  EXPECT_EQ(world.held(fast), 2u);
}

TEST_F(TwoRacks, surplus_goes_from_the_storage_type_that_the_policy_does_not_want) {
  world.add_datanode(1, kSsd);
  world.add_datanode(2, kSsd);
  world.add_datanode(3);
  datanode(0).remaining_bytes = datanode(1).remaining_bytes = 2000;
  for (size_t i : {0, 1}) world.beat(datanode(i));
  BlockRow fast = file_on(2, {0, 1, 2}, kAllSsd);
  world.run_for(seconds(10));
  EXPECT_TRUE(datanode(0).replicas.contains(fast.id) && datanode(1).replicas.contains(fast.id));
  EXPECT_FALSE(datanode(2).replicas.contains(fast.id));
}

TEST_F(TwoRacks, the_policy_of_a_directory_holds_for_its_files) {
  InodeRow root;
  root.id = kRootInode;
  root.storage_policy = kAllSsd;
  Batch batch;
  batch.put(Table::kEntries, entry_key(kNoInode, ""), encode(root));
  batch.put(Table::kInodeIndex, inode_key(kRootInode), encode(EntryKey{kNoInode, ""}));
  ASSERT_TRUE(world.tables().write(batch, kNoTransaction));
  BlockRow block = world.add_file(1);
  EXPECT_EQ(*storage_policy_of(world.tables(), (*find_owner(world.tables(), block.id))->file), kAllSsd);
  EXPECT_EQ(*storage_policy_of(world.tables(), InodeId(4711)), 7);
}

}  // namespace
}  // namespace dfs::namenode
