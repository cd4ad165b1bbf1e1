#include "namenode/blocks/safe_mode.h"

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

ClusterBlocks::Settings with(double threshold, uint32_t datanodes_min, milliseconds extension) {
  ClusterBlocks::Settings settings;
  settings.safe_mode.threshold = threshold;
  settings.safe_mode.datanodes_min = datanodes_min;
  settings.safe_mode.extension = extension;
  return settings;
}

std::string reason(BlockWorld& world) {
  world.round();
  return world.blocks().datanodes()->safe_mode_reason;
}

TEST(SafeMode, ends_when_the_threshold_of_blocks_has_a_location) {
  BlockWorld world(with(0.6, 0, {}));
  FakeDatanode& datanode = world.add_datanode(1);
  FakeDatanode& other = world.add_datanode(2);
  for (int i = 0; i < 5; ++i) world.receive(i < 2 ? datanode : other, world.add_file(1));
  world.restart();
  world.bring_up(datanode);
  EXPECT_EQ(reason(world),
            "The reported blocks 2 needs additional 1 blocks to reach the threshold 0.6000 of total blocks 5.\n"
            "The minimum number of live datanodes is not required. "
            "Safe mode will be turned off automatically once the thresholds have been reached.");
  world.bring_up(other);
  EXPECT_EQ(reason(world), "");
  EXPECT_FALSE(world.blocks().in_safe_mode());
}

TEST(SafeMode, waits_for_datanodes_and_the_extension_where_they_are_asked_for) {
  BlockWorld world(with(1, 2, seconds(30)));
  FakeDatanode& datanode = world.add_datanode(1);
  world.receive(datanode, world.add_file(1));
  world.restart();
  EXPECT_NE(reason(world).find("The number of live datanodes is not calculated since reported blocks hasn't reached"),
            std::string::npos);
  world.bring_up(datanode);
  EXPECT_NE(reason(world).find(
                "The number of live datanodes 1 needs an additional 1 live datanodes to reach the minimum number 2.\n"),
            std::string::npos);
  world.add_datanode(2);
  EXPECT_NE(reason(world).find("The number of live datanodes 2 has reached the minimum number 2. In safe mode "
                               "extension. Safe mode will be turned off automatically in 30 seconds."),
            std::string::npos);
  world.pass(seconds(30));
  EXPECT_EQ(reason(world), "");
}

TEST(SafeMode, by_hand_stays_until_it_is_left_by_hand) {
  BlockWorld world;
  world.blocks().enter_safe_mode();
  EXPECT_EQ(reason(world), "It was turned on manually. Use \"hdfs dfsadmin -safemode leave\" to turn safe mode off.");
  world.pass(minutes(60));
  EXPECT_TRUE(world.blocks().in_safe_mode());
  world.blocks().leave_safe_mode();
  EXPECT_EQ(reason(world), "");
}

TEST(SafeMode, of_low_resources_ends_with_them_and_not_by_hand) {
  BlockWorld world;
  world.blocks().set_resources_low(true);
  EXPECT_TRUE(reason(world).starts_with("Resources are low on NN.")) << reason(world);
  world.blocks().leave_safe_mode();
  EXPECT_TRUE(world.blocks().in_safe_mode());
  world.blocks().set_resources_low(false);
  EXPECT_EQ(reason(world), "");
}

TEST(SafeMode, of_low_resources_leaves_that_of_an_operator_alone) {
  BlockWorld world;
  world.blocks().enter_safe_mode();
  world.blocks().set_resources_low(true);
  world.blocks().set_resources_low(false);
  EXPECT_TRUE(world.blocks().in_safe_mode());
}

TEST(SafeMode, does_not_wait_for_blocks_that_are_being_written) {
  BlockWorld world;
  for (int i = 0; i < 10; ++i) world.add_file(1, 0, BlockState::kUnderConstruction);
  world.restart();
  world.round();
  EXPECT_FALSE(world.blocks().in_safe_mode());
}

TEST(SafeMode, counts_a_large_namespace_in_bounded_steps) {
  ClusterBlocks::Settings settings;
  settings.safe_mode_rows_per_round = 1000;
  BlockWorld world(settings);
  FakeDatanode& datanode = world.add_datanode(1);
  for (int i = 0; i < 2500; ++i) {
    BlockRow block = world.add_file(1);
    datanode.replicas[block.id] = {block.id, block.length, block.generation_stamp, ReportedState::kFinalized};
  }
  ASSERT_TRUE(world.report(datanode));
  world.restart();
  world.introduce(datanode);
  EXPECT_EQ(world.begin_round().value_or(false), true);
  EXPECT_EQ(world.begin_round().value_or(false), true);
  EXPECT_TRUE(world.blocks().in_safe_mode());
  world.round();
  EXPECT_FALSE(world.blocks().in_safe_mode());
}

}  // namespace
}  // namespace dfs::namenode
