// Decommissioning and maintenance, from the host lists to the last copy.
#include "namenode/blocks/departure.h"

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

constexpr seconds kDead{630};

HostEntry resting(std::string host, uint64_t until_ms = INT64_MAX) {
  return {.host = std::move(host), .wanted = AdminState::kInMaintenance, .maintenance_until_ms = until_ms};
}

struct Departures : testing::Test {
  void add(int count) {
    for (int i = 1; i <= count; ++i) world.add_datanode(i);
  }
  void room(std::vector<size_t> datanodes, uint64_t bytes) {
    for (size_t i : datanodes) {
      datanode(i).remaining_bytes = bytes;
      world.beat(datanode(i));
    }
  }
  BlockRow file_on(uint16_t replication, std::vector<size_t> holders) {
    BlockRow block = world.add_file(replication);
    for (size_t i : holders) world.receive(datanode(i), block);
    return block;
  }
  FakeDatanode& datanode(size_t i) { return *world.datanodes()[i]; }
  AdminState state(size_t i) { return world.admin_state(datanode(i)); }
  bool holds(size_t i, const BlockRow& block) { return datanode(i).replicas.contains(block.id); }
  BlockWorld world;
};

TEST_F(Departures, a_datanode_is_decommissioned_when_its_blocks_are_at_their_replication_elsewhere) {
  add(4);
  std::vector<BlockRow> blocks;
  for (int i = 0; i < 20; ++i) blocks.push_back(file_on(3, {0, 1, 2}));
  world.settle();
  world.exclude("10.0.0.1");
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  world.round();
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  world.run_for(seconds(70));
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
  for (const BlockRow& block : blocks) {
    EXPECT_TRUE(holds(0, block));  // nothing is taken from it
    for (size_t i = 1; i < 4; ++i) EXPECT_TRUE(holds(i, block));
  }
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
  EXPECT_EQ(world.blocks().datanodes()->capacity_bytes, 3ull << 41);
}

TEST_F(Departures, without_room_elsewhere_a_datanode_stays_and_says_what_holds_it) {
  add(3);
  BlockRow block = file_on(3, {0, 1, 2});
  BlockRow alone = file_on(1, {0});
  world.settle();
  room({1, 2}, 0);
  world.exclude("10.0.0.1");
  world.run_for(seconds(120));
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  for (const DatanodeStatus& status : world.blocks().datanodes()->datanodes) {
    if (status.uuid != "dn1") continue;
    EXPECT_EQ(status.leaving.low_redundancy, 2u);
    EXPECT_EQ(status.leaving.only_out_of_service, 1u);
  }
  room({1}, 1 << 30);
  world.run_for(seconds(120));
  EXPECT_TRUE(holds(1, alone));
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);  // two of three are not enough
  world.set_replication(block, 2);
  world.run_for(seconds(120));
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, a_block_with_the_default_replication_lets_its_datanode_go_though_more_was_asked_for) {
  add(4);
  file_on(4, {0, 1, 2, 3});
  world.settle();
  world.exclude("10.0.0.1");
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, no_new_replica_goes_to_a_datanode_that_leaves) {
  add(3);
  world.exclude("10.0.0.2");
  world.set_hosts(HostLists::of_entries({resting("10.0.0.3")}));
  PlacementRequest request;
  request.count = 3;
  EXPECT_EQ(world.blocks().choose_targets(request).size(), 2u);
  world.exclude("10.0.0.2 10.0.0.3");
  EXPECT_EQ(world.blocks().choose_targets(request), std::vector{world.storage_of(datanode(0))});
}

TEST_F(Departures, the_last_block_of_an_open_file_holds_its_datanode_while_nobody_else_writes_it) {
  add(3);
  BlockRow open = world.add_file(1, 0, BlockState::kUnderConstruction);
  ASSERT_TRUE(world.tell(datanode(0), ReplicaEvent::Kind::kReceiving, open));
  world.settle();
  world.exclude("10.0.0.1");
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  ASSERT_TRUE(world.tell(datanode(1), ReplicaEvent::Kind::kReceiving, open));
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, a_datanode_that_comes_back_into_service_has_its_surplus_deleted) {
  add(4);
  BlockRow block = file_on(3, {0, 1, 2});
  world.settle();
  world.exclude("10.0.0.1");
  world.run_for(seconds(70));
  ASSERT_EQ(world.held(block), 4u);
  world.exclude("");
  EXPECT_EQ(state(0), AdminState::kNormal);
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 3u);
}

TEST_F(Departures, a_decommission_that_is_called_off_ends_at_once) {
  add(4);
  BlockRow block = file_on(3, {0, 1, 2});
  world.settle();
  world.exclude("10.0.0.1");
  world.exclude("");
  world.run_for(seconds(70));
  EXPECT_EQ(state(0), AdminState::kNormal);
  EXPECT_EQ(world.held(block), 3u);
}

TEST_F(Departures, a_datanode_that_dies_on_its_way_is_decommissioned_when_nothing_is_in_want) {
  add(4);
  BlockRow block = file_on(3, {0, 1, 2});
  world.settle();
  room({1, 2, 3}, 0);
  world.exclude("10.0.0.1");
  world.run_for(seconds(5));
  datanode(0).up = false;
  world.run_for(kDead + seconds(60));
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  room({1, 2, 3}, 1 << 30);
  world.run_for(seconds(100));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, a_dead_datanode_is_decommissioned_at_once) {
  add(4);
  datanode(0).up = false;
  world.run_for(kDead + seconds(5));
  world.exclude("10.0.0.1");
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, a_replica_that_nobody_has_confirmed_since_a_restart_lets_nobody_go) {
  add(4);
  file_on(3, {0, 1, 2});
  file_on(1, {0});
  world.settle();
  world.exclude("10.0.0.1");
  world.restart();
  world.bring_up(datanode(0));
  for (size_t i : {1, 2, 3}) world.introduce(datanode(i));  // no report
  for (int i = 0; i < 100; ++i) {
    world.round();
    for (auto& each : world.datanodes()) world.beat(*each);
    world.pass(seconds(1));
  }
  EXPECT_EQ(state(0), AdminState::kDecommissionInProgress);
  for (size_t i : {1, 2, 3}) ASSERT_TRUE(world.report(datanode(i)));
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kDecommissioned);
}

TEST_F(Departures, the_only_replica_on_a_decommissioned_datanode_is_copied_from_there) {
  add(3);
  world.exclude("10.0.0.1");
  world.run_for(seconds(100));
  ASSERT_EQ(state(0), AdminState::kDecommissioned);
  BlockRow block = file_on(2, {0});
  world.run_for(seconds(20));
  EXPECT_TRUE(holds(1, block) && holds(2, block));
}

TEST_F(Departures, maintenance_wants_one_replica_elsewhere_and_no_more) {
  add(3);
  BlockRow three = file_on(3, {0, 1, 2});
  BlockRow one = file_on(1, {0});
  world.settle();
  world.set_hosts(HostLists::of_entries({resting("10.0.0.1")}));
  EXPECT_EQ(state(0), AdminState::kEnteringMaintenance);
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kInMaintenance);
  EXPECT_EQ(world.held(three), 3u);
  EXPECT_EQ(world.held(one), 2u);  // copied before the node rests
}

TEST_F(Departures, a_datanode_that_is_silent_in_maintenance_is_not_replaced_until_its_time_is_over) {
  add(4);
  BlockRow block = file_on(3, {0, 1, 2});
  world.settle();
  const uint64_t until = to_millis(world.wall()) + 3'600'000;
  world.set_hosts(HostLists::of_entries({resting("10.0.0.1", until)}));
  world.run_for(seconds(100));
  ASSERT_EQ(state(0), AdminState::kInMaintenance);
  datanode(0).up = false;
  world.run_for(kDead + seconds(100));
  EXPECT_EQ(world.held(block), 2u);
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
  world.pass(seconds(3600));
  world.run_for(seconds(60));
  EXPECT_EQ(state(0), AdminState::kNormal);
  EXPECT_EQ(world.held(block), 3u);
}

TEST_F(Departures, what_lies_on_a_resting_datanode_alone_is_not_lost) {
  add(2);
  BlockRow block = file_on(1, {0});
  world.settle();
  room({1}, 0);
  world.set_hosts(HostLists::of_entries({resting("10.0.0.1")}));
  world.run_for(seconds(5));
  datanode(0).up = false;
  world.run_for(kDead + seconds(100));
  EXPECT_EQ(state(0), AdminState::kEnteringMaintenance);
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
  datanode(0).up = true;
  room({1}, 1 << 30);
  world.run_for(seconds(100));
  EXPECT_EQ(state(0), AdminState::kInMaintenance);
  EXPECT_TRUE(holds(1, block));
}

TEST_F(Departures, a_decommissioned_datanode_rests_at_once) {
  add(2);
  world.exclude("10.0.0.1");
  world.run_for(seconds(100));
  ASSERT_EQ(state(0), AdminState::kDecommissioned);
  world.set_hosts(HostLists::of_entries({resting("10.0.0.1")}));
  EXPECT_EQ(state(0), AdminState::kInMaintenance);
}

TEST_F(Departures, who_is_no_longer_admitted_is_turned_away_and_its_blocks_are_copied) {
  add(4);
  BlockRow block = file_on(3, {0, 1, 2});
  world.settle();
  world.set_hosts(HostLists::of_files("10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.99:1234", ""));
  Result<Commands> commands = world.in_batch([&](Batch& batch) {
    return world.blocks().heartbeat(world.tables(), batch, "dn1", {}, world.wall(), world.now());
  });
  ASSERT_FALSE(commands);
  EXPECT_EQ(commands.error().code(), ErrorCode::kDisallowedDatanode);
  datanode(0).up = false;
  world.run_for(seconds(20));
  EXPECT_EQ(world.held(block), 3u);
  size_t admitted = 0, dead = 0;
  for (const DatanodeStatus& status : world.blocks().datanodes()->datanodes) {
    admitted += status.admitted;
    dead += status.admitted && status.liveness == DatanodeLiveness::kDead;
  }
  EXPECT_EQ(admitted, 4u);
  EXPECT_EQ(dead, 1u);  // the one that never came
}

TEST_F(Departures, a_pass_over_many_blocks_takes_several_rounds) {
  ClusterBlocks::Settings settings;
  settings.departure_checks_per_round = 3;
  BlockWorld slow(settings);
  for (int i = 1; i <= 2; ++i) slow.add_datanode(i);
  for (int i = 0; i < 10; ++i) {
    BlockRow block = slow.add_file(1);
    for (auto& each : slow.datanodes()) each->replicas[block.id] = {block.id, block.length, block.generation_stamp, {}};
  }
  for (auto& each : slow.datanodes()) ASSERT_TRUE(slow.report(*each));
  slow.set_hosts(HostLists::of_entries({resting("10.0.0.1")}));
  for (int i = 0; i < 3; ++i) slow.round();
  EXPECT_EQ(slow.admin_state(*slow.datanodes()[0]), AdminState::kEnteringMaintenance);
  for (int i = 0; i < 2; ++i) slow.round();
  EXPECT_EQ(slow.admin_state(*slow.datanodes()[0]), AdminState::kInMaintenance);
}

}  // namespace
}  // namespace dfs::namenode
