#include <algorithm>

#include "tests/unit/namenode/blocks/block_world.h"

// Losses that Hadoop had and that concern reports of DataNodes, by the number of their report.
namespace dfs::namenode {
namespace {

// A block with three replicas is appended to: what the log says of it, and what DataNodes say, come in some order.
class AppendedBlock {
 public:
  AppendedBlock() {
    for (int i = 1; i <= 3; ++i) world.add_datanode(i);
    before = world.add_file(3);
    for (auto& datanode : world.datanodes()) world.receive(*datanode, before);
    world.settle();
    after = before;
    after.generation_stamp = next(before.generation_stamp);
    after.length += 100;
  }

  void edit(int number) {
    BlockRow row = number == 0 ? before : after;
    if (number < 2) {
      row.state = BlockState::kUnderConstruction;
      row.length = before.length;
    }
    world.put_block(row);
    if (number != 1) return;
    Batch stamp;
    stamp.put(Table::kMeta, counter_key(Counter::kGenerationStamp), encode_counter(raw(after.generation_stamp)));
    ASSERT_TRUE(world.tables().write(stamp, kNoTransaction));
    std::vector<StorageNumber> targets;
    for (auto& datanode : world.datanodes()) targets.push_back(world.storage_of(*datanode));
    ASSERT_TRUE(world.in_batch([&](Batch& batch) {
      return world.blocks().expect(world.tables(), batch, after.id, after.generation_stamp, targets);
    }));
  }
  void report(int number) {
    for (auto& datanode : world.datanodes()) {
      if (number == 0) ASSERT_TRUE(world.report(*datanode));  // a full one, of before the append
      if (number == 1) ASSERT_TRUE(world.tell(*datanode, ReplicaEvent::Kind::kReceiving, after));
      if (number == 2) world.receive(*datanode, after);
    }
  }

  BlockWorld world;
  BlockRow before, after;
};

TEST(BlockIncidents, HDFS_3605_and_17453_edits_and_reports_in_any_order_leave_good_replicas) {
  std::string order = "EEERRR";  // three edits, three reports
  int orders = 0;
  do {
    // No DataNode can know of the append before the log does.
    const auto second_report = order.find('R', order.find('R') + 1);
    if (second_report < order.find('E')) continue;
    SCOPED_TRACE(order);
    AppendedBlock block;
    int edits = 0, reports = 0;
    for (char what : order) {
      if (what == 'E') {
        block.edit(edits++);
      } else {
        block.report(reports++);
      }
    }
    EXPECT_EQ(*block.world.blocks().live_replicas(block.world.tables(), block.after), 3u);
    for (auto& datanode : block.world.datanodes()) {
      EXPECT_EQ(block.world.row_state(block.after.id, *datanode), ReplicaRowState::kFinalized);
    }
    block.world.run_for(seconds(20));
    EXPECT_EQ(block.world.held(block.after), 3u);
    EXPECT_TRUE(block.world.blocks().corrupt_blocks(BlockId(0), 10).empty());
    ++orders;
  } while (std::ranges::next_permutation(order).found);
  EXPECT_GT(orders, 10);
}

TEST(BlockIncidents, HDFS_16987_a_replica_that_was_too_old_is_good_when_it_is_reported_anew) {
  AppendedBlock block;
  for (int i = 0; i < 3; ++i) block.edit(i);
  FakeDatanode& late = *block.world.datanodes()[2];
  ASSERT_TRUE(block.world.report(late));
  EXPECT_EQ(block.world.row_state(block.after.id, late), ReplicaRowState::kCorrupt);
  block.report(2);
  EXPECT_EQ(block.world.row_state(block.after.id, late), ReplicaRowState::kFinalized);
  block.world.run_for(seconds(20));
  EXPECT_EQ(block.world.held(block.after), 3u);
  EXPECT_EQ(block.world.blocks().datanodes()->corrupt, 0u);
}

// LinkedIn, 2020: some machines were set up anew by mistake, and their disks came back empty. What only they had is
// missing, and nothing else is deleted on the strength of it.
TEST(BlockIncidents, LinkedIn_2020_machines_that_come_back_empty_cost_no_replica_elsewhere) {
  BlockWorld world;
  for (int i = 1; i <= 8; ++i) world.add_datanode(i);
  std::vector<BlockRow> on_the_lost, on_some_of_them, elsewhere;
  auto add = [&](std::vector<BlockRow>& to, std::initializer_list<int> datanodes) {
    to.push_back(world.add_file(3));
    for (int number : datanodes) world.receive(*world.find("dn" + std::to_string(number)), to.back());
  };
  for (int i = 0; i < 5; ++i) {
    add(on_the_lost, {1, 2, 3});
    add(on_some_of_them, {1, 2, 4 + i % 5});
    add(elsewhere, {5, 6, 7});
  }
  world.settle();

  // They register with new numbers and empty storages from where the lost ones were.
  std::vector<FakeDatanode*> lost;
  for (int i = 1; i <= 3; ++i) {
    lost.push_back(world.find("dn" + std::to_string(i)));
    lost.back()->up = false;
    FakeDatanode& anew = world.add_datanode(100 + i);
    anew.rack_host = lost.back()->rack_host;
    world.bring_up(anew);
  }
  world.run_for(minutes(20));
  EXPECT_EQ(world.blocks().datanodes()->missing, on_the_lost.size());
  for (const BlockRow& block : on_the_lost) EXPECT_EQ(world.held(block), 0u);
  for (const auto& kept : {on_some_of_them, elsewhere}) {
    for (const BlockRow& block : kept) EXPECT_EQ(world.held(block), 3u);
  }
  EXPECT_EQ(world.commanded_deletions(), 0u);

  // One of the old disks is found: all is there again.
  for (int i = 1; i <= 3; ++i) world.find("dn" + std::to_string(100 + i))->up = false;
  world.bring_up(*lost.front());
  world.run_for(minutes(20));
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
  for (const auto& kept : {on_the_lost, on_some_of_them, elsewhere}) {
    for (const BlockRow& block : kept) EXPECT_GE(world.held(block), 3u);
  }
}

}  // namespace
}  // namespace dfs::namenode
