#include "namenode/blocks/full_report.h"

#include <random>

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

ClusterBlocks::Settings some_at_a_time(uint32_t replicas) {
  ClusterBlocks::Settings settings;
  settings.reported_replicas_per_round = replicas;
  return settings;
}

struct FullReportTest : testing::Test {
  FullReportTest() {
    datanode = &world.add_datanode(1);
    for (int i = 0; i < 10; ++i) {
      blocks.push_back(world.add_file(1));
      world.receive(*datanode, blocks.back());
    }
  }
  FullReport make(std::vector<size_t> indices, std::optional<BlockReportPart> part = {}) {
    StorageReplicas replicas;
    replicas.storage_uuid = datanode->storage_uuid;
    for (size_t index : indices) replicas.replicas.push_back(datanode->replicas.at(blocks[index].id));
    return FullReport(datanode->uuid, {std::move(replicas)}, part);
  }
  size_t known() {
    size_t count = 0;
    for (const BlockRow& block : blocks) count += world.rows(block.id).size();
    return count;
  }
  BlockWorld world{some_at_a_time(3)};
  FakeDatanode* datanode = nullptr;
  std::vector<BlockRow> blocks;
};

TEST_F(FullReportTest, is_taken_over_some_replicas_at_a_time) {
  FullReport report = make({9, 0, 4, 0});
  size_t steps = 1;
  while (world.report_some(report).value()) ++steps;
  EXPECT_EQ(steps, 4u);  // of ten rows
  EXPECT_EQ(known(), 3u);
  EXPECT_EQ(world.rows(blocks[4].id).size(), 1u);
}

TEST_F(FullReportTest, more_replicas_than_rows_take_as_many_steps) {
  BlockWorld other(some_at_a_time(3));
  FakeDatanode& fresh = other.add_datanode(1);
  for (int i = 0; i < 7; ++i) {
    BlockRow block = other.add_file(1);
    fresh.replicas[block.id] = {block.id, block.length, block.generation_stamp, ReportedState::kFinalized};
  }
  StorageReplicas replicas;
  replicas.storage_uuid = fresh.storage_uuid;
  for (const auto& [id, replica] : fresh.replicas) replicas.replicas.push_back(replica);
  FullReport report(fresh.uuid, {std::move(replicas)}, {});
  EXPECT_TRUE(other.report_some(report).value());
  EXPECT_TRUE(other.report_some(report).value());
  EXPECT_FALSE(other.report_some(report).value());
  for (const auto& [id, replica] : fresh.replicas) EXPECT_EQ(other.rows(id).size(), 1u);
}

TEST_F(FullReportTest, meets_the_state_of_each_moment) {
  FullReport report = make({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  ASSERT_TRUE(world.report_some(report).value());
  world.remove_file(blocks[9]);
  const BlockRow late = world.add_file(1);
  world.receive(*datanode, late);
  while (world.report_some(report).value()) {
  }
  EXPECT_TRUE(world.rows(blocks[9].id).empty());
  world.run_for(seconds(5));
  EXPECT_FALSE(datanode->replicas.contains(blocks[9].id));
  // The report is older than this one.
  EXPECT_EQ(world.rows(late.id).size(), 1u);
}

TEST_F(FullReportTest, ends_when_its_datanode_is_not_registered_any_more) {
  FullReport report = make({0, 1});
  ASSERT_TRUE(world.report_some(report).value());
  datanode->up = false;
  world.run_for(seconds(640));
  world.restart();
  EXPECT_EQ(world.report_some(report).error().code(), ErrorCode::kUnregisteredNode);
}

TEST(FullReport, the_highest_block_id_ends_it) {
  BlockWorld world(some_at_a_time(1));
  FakeDatanode& datanode = world.add_datanode(1);
  StorageReplicas replicas;
  replicas.storage_uuid = datanode.storage_uuid;
  for (BlockId id : {BlockId{UINT64_MAX - 1}, BlockId{UINT64_MAX}}) {
    replicas.replicas.push_back({id, 1, GenerationStamp{1}, ReportedState::kFinalized});
  }
  FullReport report(datanode.uuid, {std::move(replicas)}, {});
  EXPECT_TRUE(world.report_some(report).value());
  EXPECT_FALSE(world.report_some(report).value());
}

TEST(FullReport, in_steps_comes_to_the_same_as_at_once) {
  for (uint32_t step : {1u, 2u, 5u}) {
    BlockWorld stepped(some_at_a_time(step), {}, step), whole({}, {}, step);
    std::mt19937 random(step);
    std::vector<BlockRow> blocks;
    for (BlockWorld* world : {&stepped, &whole}) world->add_datanode(1);
    for (int i = 0; i < 40; ++i) {
      blocks.push_back(stepped.add_file(1));
      whole.add_file(1);
      const bool had = random() % 2 == 0, has = random() % 3 != 0, grown = random() % 5 == 0;
      for (BlockWorld* world : {&stepped, &whole}) {
        FakeDatanode& datanode = *world->datanodes()[0];
        if (had) world->receive(datanode, blocks.back());
        datanode.replicas.erase(blocks.back().id);
        if (!has) continue;
        const uint64_t length = blocks.back().length + grown;
        datanode.replicas[blocks.back().id] = {blocks.back().id, length, blocks.back().generation_stamp,
                                               ReportedState::kFinalized};
      }
    }
    for (BlockWorld* world : {&stepped, &whole}) EXPECT_TRUE(world->report(*world->datanodes()[0]));
    for (const BlockRow& block : blocks) {
      EXPECT_EQ(stepped.row_state(block.id, *stepped.datanodes()[0]), whole.row_state(block.id, *whole.datanodes()[0]));
    }
  }
}

}  // namespace
}  // namespace dfs::namenode
