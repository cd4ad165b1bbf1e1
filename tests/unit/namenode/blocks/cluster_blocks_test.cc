#include "namenode/blocks/cluster_blocks.h"

#include <random>

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

constexpr seconds kDead{630};

struct ThreeOfFour : testing::Test {
  ThreeOfFour() {
    for (int i = 1; i <= 4; ++i) world.add_datanode(i);
    block = world.add_file(3);
    for (int i = 0; i < 3; ++i) world.receive(datanode(i), block);
    world.settle();
  }
  FakeDatanode& datanode(size_t i) { return *world.datanodes()[i]; }
  BlockWorld world;
  BlockRow block;
};

TEST_F(ThreeOfFour, a_block_at_its_replication_is_left_alone) {
  world.run_for(seconds(60));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
  EXPECT_EQ(*world.blocks().live_replicas(world.tables(), block), 3u);
}

TEST_F(ThreeOfFour, a_dead_datanodes_replica_is_copied_from_a_living_one) {
  datanode(0).up = false;
  world.run_for(kDead - seconds(5));
  EXPECT_EQ(world.held(block), 2u);
  world.run_for(seconds(15));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.blocks().datanodes()->datanodes.size(), 4u);
}

TEST_F(ThreeOfFour, a_datanode_that_returns_from_the_dead_has_its_surplus_deleted) {
  datanode(0).up = false;
  world.run_for(kDead + seconds(20));
  ASSERT_EQ(world.held(block), 3u);
  datanode(0).up = true;
  world.run_for(seconds(20));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.rows(block.id).size(), 3u);
}

TEST_F(ThreeOfFour, a_higher_replication_is_reached_by_copies_and_a_lower_one_by_deletions) {
  world.set_replication(block, 4);
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 4u);
  world.set_replication(block, 2);
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 2u);
}

TEST_F(ThreeOfFour, a_removed_file_has_its_replicas_deleted) {
  world.remove_file(block);
  EXPECT_TRUE(world.rows(block.id).empty());
  world.run_for(seconds(5));
  for (auto& each : world.datanodes()) EXPECT_TRUE(each->replicas.empty());
}

TEST_F(ThreeOfFour, deletions_wait_while_safe_mode_is_on) {
  world.blocks().enter_safe_mode();
  world.remove_file(block);
  world.settle();
  EXPECT_EQ(world.commanded_deletions(), 0u);
  world.blocks().leave_safe_mode();
  world.settle();
  EXPECT_EQ(world.commanded_deletions(), 3u);
}

TEST_F(ThreeOfFour, a_replica_that_a_reader_found_corrupt_is_replaced_before_it_is_deleted) {
  ASSERT_TRUE(world.in_batch(
      [&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, block, "dn1", "DS-1"); }));
  EXPECT_EQ(*world.blocks().live_replicas(world.tables(), block), 2u);
  world.settle();
  EXPECT_EQ(world.commanded_deletions(), 0u);
  EXPECT_EQ(world.blocks().datanodes()->corrupt, 0u);  // published at the next interval
  world.run_for(seconds(10));
  EXPECT_FALSE(datanode(0).replicas.contains(block.id));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.blocks().datanodes()->corrupt, 0u);
}

TEST_F(ThreeOfFour, HDFS_4799_a_report_does_not_undo_that_a_replica_was_found_corrupt) {
  datanode(3).up = false;  // no DataNode is left to take a copy, and the two good ones are all there is
  world.run_for(kDead + seconds(5));
  ASSERT_TRUE(world.in_batch(
      [&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, block, "dn1", "DS-1"); }));
  ASSERT_TRUE(world.report(datanode(0)));
  EXPECT_EQ(world.row_state(block.id, datanode(0)), ReplicaRowState::kCorrupt);
  ASSERT_TRUE(world.tell(datanode(0), ReplicaEvent::Kind::kReceived, block));
  EXPECT_EQ(world.row_state(block.id, datanode(0)), ReplicaRowState::kCorrupt);
}

TEST_F(ThreeOfFour, HDFS_1371_replicas_all_called_bad_by_one_reader_are_never_deleted) {
  for (const char* uuid : {"dn1", "dn2", "dn3"}) {
    ASSERT_TRUE(world.in_batch(
        [&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, block, uuid, ""); }));
  }
  world.run_for(seconds(60));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.blocks().corrupt_blocks(BlockId(0), 10), std::vector{block.id});
  EXPECT_EQ(world.blocks().datanodes()->missing, 1u);
}

TEST(ClusterBlocks, with_as_many_datanodes_as_replicas_a_bad_one_makes_room_for_its_successor) {
  BlockWorld world;
  for (int i = 1; i <= 3; ++i) world.add_datanode(i);
  BlockRow block = world.add_file(3);
  for (auto& datanode : world.datanodes()) world.receive(*datanode, block);
  world.settle();
  ASSERT_TRUE(
      world.in_batch([&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, block, "dn2", ""); }));
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 3u);
  EXPECT_EQ(world.row_state(block.id, *world.find("dn2")), ReplicaRowState::kFinalized);
}

TEST(ClusterBlocks, the_last_good_replica_is_never_given_up_for_a_copy) {
  BlockWorld world;
  for (int i = 1; i <= 2; ++i) world.add_datanode(i);
  BlockRow block = world.add_file(3);
  for (auto& datanode : world.datanodes()) world.receive(*datanode, block);
  world.settle();
  ASSERT_TRUE(
      world.in_batch([&](Batch& batch) { return world.blocks().report_bad(world.tables(), batch, block, "dn2", ""); }));
  world.run_for(seconds(10));
  // One good replica of three wanted: the bad one may hold bytes that the good one loses tomorrow.
  EXPECT_TRUE(world.find("dn2")->replicas.contains(block.id));
}

// A pipeline of three, all that there are, that has lost two of its DataNodes.
struct TwoWereLeftBehind : testing::Test {
  BlockWorld world;
  BlockRow block, appended;
  TwoWereLeftBehind() {
    for (int i = 1; i <= 3; ++i) world.add_datanode(i);
    block = world.add_file(3);
    for (auto& datanode : world.datanodes()) world.receive(*datanode, block);
    appended = block;
    appended.generation_stamp = GenerationStamp(raw(block.generation_stamp) + 1);
    appended.length += 100;
    world.put_block(appended);
    world.receive(*world.datanodes()[0], appended);
  }
};

TEST_F(TwoWereLeftBehind, replicas_of_an_earlier_stamp_make_room_for_copies_of_the_only_good_one) {
  for (int i : {1, 2}) ASSERT_TRUE(world.report(*world.datanodes()[size_t(i)]));
  world.run_for(seconds(30));
  EXPECT_EQ(world.held(appended), 3u);
}

TEST_F(TwoWereLeftBehind, replicas_of_an_earlier_stamp_do_not_all_go_where_the_only_good_one_is_silent) {
  world.datanodes()[0]->up = false;
  world.run_for(seconds(60));
  for (int i : {1, 2}) ASSERT_TRUE(world.report(*world.datanodes()[size_t(i)]));
  world.run_for(seconds(60));
  EXPECT_TRUE(world.datanodes()[1]->replicas.contains(block.id) || world.datanodes()[2]->replicas.contains(block.id));
}

TEST_F(ThreeOfFour, HDFS_5438_a_stale_deletion_does_not_erase_a_later_replica) {
  BlockRow later = block;
  later.generation_stamp = GenerationStamp(raw(block.generation_stamp) + 1);
  world.put_block(later);
  world.receive(datanode(0), later);
  ASSERT_TRUE(world.tell(datanode(0), ReplicaEvent::Kind::kDeleted, block));
  EXPECT_EQ(world.row_state(block.id, datanode(0)), ReplicaRowState::kFinalized);
}

TEST_F(ThreeOfFour, HDFS_2791_a_late_report_of_the_writing_does_not_make_a_replica_corrupt) {
  datanode(0).replicas[block.id].state = ReportedState::kBeingWritten;
  ASSERT_TRUE(world.report(datanode(0)));
  EXPECT_EQ(world.row_state(block.id, datanode(0)), ReplicaRowState::kFinalized);
  ASSERT_TRUE(world.tell(datanode(1), ReplicaEvent::Kind::kReceiving, block));
  EXPECT_EQ(world.row_state(block.id, datanode(1)), ReplicaRowState::kFinalized);
}

TEST_F(ThreeOfFour, a_replica_of_an_older_stamp_goes_when_enough_good_ones_are_there) {
  BlockRow appended = block;
  appended.generation_stamp = GenerationStamp(raw(block.generation_stamp) + 1);
  appended.length += 100;
  world.put_block(appended);
  for (int i = 0; i < 2; ++i) world.receive(datanode(i), appended);  // the third was not in the pipeline
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(appended), 3u);
  EXPECT_FALSE(datanode(2).replicas.contains(block.id) &&
               datanode(2).replicas[block.id].generation_stamp == block.generation_stamp);
}

TEST_F(ThreeOfFour, a_replica_of_the_wrong_length_is_kept_until_there_are_enough_others) {
  datanode(2).replicas[block.id].length = 17;
  datanode(3).up = false;
  world.run_for(kDead + seconds(5));
  datanode(0).remaining_bytes = datanode(1).remaining_bytes = 0;
  ASSERT_TRUE(world.report(datanode(2)));
  EXPECT_EQ(world.row_state(block.id, datanode(2)), ReplicaRowState::kCorrupt);
}

TEST_F(ThreeOfFour, a_mover_has_the_replica_deleted_that_it_names) {
  datanode(3).replicas[block.id] = {block.id, block.length, block.generation_stamp, ReportedState::kFinalized};
  ASSERT_TRUE(world.tell(datanode(3), ReplicaEvent::Kind::kReceived, block, "dn2"));
  world.run_for(seconds(5));
  EXPECT_FALSE(datanode(1).replicas.contains(block.id));
  EXPECT_EQ(world.held(block), 3u);
}

TEST_F(ThreeOfFour, a_replica_of_no_file_is_deleted_unless_its_stamp_was_never_given) {
  BlockRow stranger = block;
  stranger.id = BlockId(4711);
  world.receive(datanode(3), stranger);
  BlockRow of_the_future = stranger;
  of_the_future.id = BlockId(4712);
  of_the_future.generation_stamp = GenerationStamp(999'999);
  world.receive(datanode(3), of_the_future);
  world.run_for(seconds(5));
  EXPECT_FALSE(datanode(3).replicas.contains(stranger.id));
  EXPECT_TRUE(datanode(3).replicas.contains(of_the_future.id));
}

TEST_F(ThreeOfFour, a_lost_deletion_is_sent_again_and_none_other_in_its_place) {
  world.set_replication(block, 2);
  world.settle();
  ASSERT_EQ(world.commanded_deletions(), 1u);
  std::string chosen;
  for (auto& each : world.datanodes()) {
    if (!std::exchange(each->invalidations, {}).empty()) chosen = each->uuid;  // lost on the way
  }
  for (int i = 0; i < 61; ++i) {
    world.pass(seconds(10));
    world.settle();
  }
  ASSERT_EQ(world.commanded_deletions(), 1u);
  EXPECT_EQ(world.find(chosen)->invalidations.size(), 1u);
}

TEST_F(ThreeOfFour, a_copy_that_never_arrives_is_commanded_again_after_its_time) {
  world.set_replication(block, 4);
  world.settle();
  size_t commanded = 0;
  for (auto& each : world.datanodes()) commanded += std::exchange(each->transfers, {}).size();  // lost
  EXPECT_EQ(commanded, 1u);
  for (int i = 0; i < 28; ++i) {
    world.pass(seconds(10));
    world.settle();
  }
  for (auto& each : world.datanodes()) EXPECT_TRUE(each->transfers.empty());
  world.pass(seconds(30));
  world.run_for(seconds(10));
  EXPECT_EQ(world.held(block), 4u);
}

TEST_F(ThreeOfFour, members_of_a_pipeline_that_report_late_are_waited_for) {
  BlockRow written = world.add_file(3, 0, BlockState::kUnderConstruction);
  std::vector<StorageNumber> targets;
  for (int i = 0; i < 3; ++i) targets.push_back(world.storage_of(datanode(i)));
  ASSERT_TRUE(world.in_batch([&](Batch& batch) {
    return world.blocks().expect(world.tables(), batch, written.id, written.generation_stamp, targets);
  }));
  EXPECT_EQ(world.rows(written.id).size(), 3u);
  written.length = 500;
  world.receive(datanode(0), written);
  EXPECT_EQ(*world.blocks().live_replicas(world.tables(), written), 1u);
  written.state = BlockState::kComplete;
  world.put_block(written);
  world.run_for(seconds(30));
  EXPECT_EQ(world.held(written), 1u);  // nothing was copied meanwhile
  world.receive(datanode(1), written);
  world.receive(datanode(2), written);
  world.run_for(seconds(5));
  EXPECT_EQ(world.rows(written.id).size(), 3u);
  EXPECT_EQ(world.held(written), 3u);
}

TEST_F(ThreeOfFour, a_member_of_a_pipeline_that_never_reports_is_replaced) {
  BlockRow written = world.add_file(2, 500, BlockState::kUnderConstruction);
  std::vector<StorageNumber> targets{world.storage_of(datanode(0)), world.storage_of(datanode(1))};
  ASSERT_TRUE(world.in_batch([&](Batch& batch) {
    return world.blocks().expect(world.tables(), batch, written.id, written.generation_stamp, targets);
  }));
  world.receive(datanode(0), written);
  written.state = BlockState::kComplete;
  world.put_block(written);
  world.run_for(seconds(320));
  EXPECT_EQ(world.held(written), 2u);
  EXPECT_EQ(world.rows(written.id).size(), 2u);
}

TEST_F(ThreeOfFour, a_new_pipeline_forgets_whom_it_does_not_expect_any_more) {
  BlockRow written = world.add_file(3, 0, BlockState::kUnderConstruction);
  std::vector<StorageNumber> first{world.storage_of(datanode(0)), world.storage_of(datanode(1))};
  std::vector<StorageNumber> second{world.storage_of(datanode(1)), world.storage_of(datanode(2))};
  GenerationStamp later = next(written.generation_stamp);
  for (auto& [stamp, targets] : {std::pair{written.generation_stamp, first}, std::pair{later, second}}) {
    ASSERT_TRUE(world.in_batch(
        [&](Batch& batch) { return world.blocks().expect(world.tables(), batch, written.id, stamp, targets); }));
  }
  std::vector<LocatedReplica> rows = world.rows(written.id);
  ASSERT_EQ(rows.size(), 2u);
  for (const LocatedReplica& row : rows) EXPECT_EQ(row.replica.generation_stamp, later);
}

TEST_F(ThreeOfFour, a_recovery_goes_to_one_primary_and_the_next_attempt_to_another) {
  BlockRow open = world.add_file(3, 0, BlockState::kUnderConstruction);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(world.tell(datanode(i), ReplicaEvent::Kind::kReceiving, open));
  BlockRecovery recovery;
  recovery.block = open;
  recovery.recovery_stamp = GenerationStamp(2000);
  auto attempt = [&] {
    EXPECT_TRUE(world.blocks().recover(world.tables(), recovery));
    world.settle();
    std::string primary;
    for (auto& each : world.datanodes()) {
      for (const RecoverCommand& command : std::exchange(each->recoveries, {})) {
        EXPECT_EQ(command.replicas.size(), 2u);
        EXPECT_TRUE(primary.empty());
        primary = each->uuid;
      }
    }
    return primary;
  };
  std::string first = attempt(), second = attempt();
  EXPECT_FALSE(first.empty());
  EXPECT_FALSE(second.empty());
  EXPECT_NE(first, second);
  EXPECT_EQ(world.blocks().recovery_of(open.id)->recovery_stamp, GenerationStamp(2000));
  open.state = BlockState::kComplete;
  world.put_block(open);
  EXPECT_FALSE(world.blocks().recovery_of(open.id));
}

TEST_F(ThreeOfFour, a_recovery_without_a_reachable_replica_waits_for_one) {
  BlockRow open = world.add_file(3, 0, BlockState::kUnderConstruction);
  BlockRecovery recovery;
  recovery.block = open;
  recovery.recovery_stamp = GenerationStamp(2000);
  ASSERT_TRUE(world.blocks().recover(world.tables(), recovery));
  world.settle();
  ASSERT_TRUE(world.tell(datanode(1), ReplicaEvent::Kind::kReceiving, open));
  world.settle();
  EXPECT_EQ(datanode(1).recoveries.size(), 1u);
}

TEST_F(ThreeOfFour, a_failed_volume_is_as_good_as_gone) {
  Heartbeat heartbeat;
  StorageReport& storage = heartbeat.storages.emplace_back();
  storage.storage_uuid = "DS-1";
  storage.failed = true;
  ASSERT_TRUE(world.in_batch([&](Batch& batch) {
    return world.blocks().heartbeat(world.tables(), batch, "dn1", heartbeat, world.wall(), world.now());
  }));
  EXPECT_EQ(*world.blocks().live_replicas(world.tables(), block), 2u);
}

TEST_F(ThreeOfFour, an_unknown_datanode_is_told_to_register) {
  Result<Commands> commands = world.in_batch([&](Batch& batch) {
    return world.blocks().heartbeat(world.tables(), batch, "nobody", {}, world.wall(), world.now());
  });
  ASSERT_TRUE(commands);
  EXPECT_TRUE(commands->must_register);
  FakeDatanode nobody;
  nobody.uuid = "nobody";
  Result<void> reported = world.report(nobody);
  ASSERT_FALSE(reported);
  EXPECT_EQ(reported.error().code(), ErrorCode::kUnregisteredNode);
  // A stock DataNode would end its service if this were an error.
  EXPECT_TRUE(world.tell(nobody, ReplicaEvent::Kind::kReceived, block));
  EXPECT_EQ(world.rows(block.id).size(), 3u);
}

// After a restart.

struct Restarted : ThreeOfFour {
  Restarted() { world.restart(); }
};

TEST_F(Restarted, safe_mode_ends_with_registration_alone_where_locations_are_remembered) {
  world.bring_up(datanode(0));
  world.receive(datanode(0), world.add_file(1));  // of a single block Hadoop's threshold rounds down to none
  world.restart();
  world.round();
  EXPECT_TRUE(world.blocks().in_safe_mode());
  EXPECT_NE(world.blocks().datanodes()->safe_mode_reason.find("needs additional"), std::string::npos);
  world.introduce(datanode(0));  // no report
  world.round();
  EXPECT_FALSE(world.blocks().in_safe_mode());
  EXPECT_EQ(*world.blocks().live_replicas(world.tables(), block), 1u);
}

TEST_F(Restarted, awaited_replicas_are_not_replaced_before_their_datanode_is_given_up) {
  for (int i : {0, 1, 3}) world.bring_up(datanode(size_t(i)));
  datanode(2).up = false;
  world.run_for(kDead - seconds(20));
  EXPECT_EQ(world.held(block), 2u);
  world.run_for(seconds(60));
  EXPECT_EQ(world.held(block), 3u);
}

TEST_F(Restarted, nothing_is_missing_before_every_storage_has_reported) {
  Batch lost;  // the latest rows, lost in the crash
  for (const LocatedReplica& row : world.rows(block.id)) erase_replica(lost, block.id, row.storage);
  ASSERT_TRUE(world.tables().write(lost, kNoTransaction));
  world.blocks().leave_safe_mode();
  for (int i = 0; i < 3; ++i) world.introduce(datanode(size_t(i)));
  world.run_for(seconds(3));
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
  for (int i = 0; i < 4; ++i) world.bring_up(datanode(size_t(i)));
  world.run_for(seconds(3));
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
  EXPECT_EQ(world.rows(block.id).size(), 3u);
}

TEST_F(Restarted, nothing_is_deleted_on_the_strength_of_unconfirmed_locations) {
  world.set_replication(block, 1);
  for (int i = 0; i < 4; ++i) world.introduce(datanode(size_t(i)));
  world.settle();
  EXPECT_FALSE(world.blocks().in_safe_mode());
  EXPECT_EQ(world.commanded_deletions(), 0u);
  datanode(1).replicas.clear();  // the disk was replaced meanwhile
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(world.report(datanode(size_t(i))));
  world.settle();
  EXPECT_EQ(world.commanded_deletions(), 1u);
  world.run_for(seconds(5));
  EXPECT_EQ(world.held(block), 1u);
}

TEST_F(Restarted, HDFS_12914_a_report_without_a_valid_lease_changes_nothing) {
  world.introduce(datanode(0));
  datanode(0).replicas.clear();
  Result<void> reported = world.report(datanode(0), BlockReportPart{1, 0, 0x77, 0x1234});
  ASSERT_FALSE(reported);
  EXPECT_EQ(reported.error().code(), ErrorCode::kInvalidBlockReportLease);
  EXPECT_EQ(reported.error().message(), "Block report 0x77 was rejected as lease 0x1234 is invalid");
  EXPECT_EQ(world.rows(block.id).size(), 3u);
  uint64_t lease = world.blocks().request_report_lease("dn1", world.now());
  ASSERT_NE(lease, 0u);
  EXPECT_TRUE(world.report(datanode(0), BlockReportPart{1, 0, 0x78, lease}));
  EXPECT_EQ(world.rows(block.id).size(), 2u);
  EXPECT_FALSE(world.report(datanode(0), BlockReportPart{1, 0, 0x79, lease}));  // used up
}

TEST_F(Restarted, a_report_replaces_all_rows_of_its_storage_at_once) {
  BlockRow other = world.add_file(1);
  world.introduce(datanode(0));
  datanode(0).replicas.clear();
  datanode(0).replicas[other.id] = {other.id, other.length, other.generation_stamp, ReportedState::kFinalized};
  ASSERT_TRUE(world.report(datanode(0)));
  EXPECT_EQ(world.rows(block.id).size(), 2u);
  EXPECT_EQ(world.rows(other.id).size(), 1u);
}

TEST(ClusterBlocks, an_empty_namespace_is_not_in_safe_mode) {
  BlockWorld world;
  EXPECT_FALSE(world.blocks().in_safe_mode());
  EXPECT_FALSE(world.blocks().datanodes()->safe_mode);
}

TEST(ClusterBlocks, events_of_one_block_in_one_report_count_in_their_order) {
  BlockWorld world;
  FakeDatanode& datanode = world.add_datanode(1);
  BlockRow block = world.add_file(1);
  auto send = [&](std::vector<ReplicaEvent::Kind> kinds) {
    std::vector<ReplicaEvent> events;
    for (auto kind : kinds) events.push_back({kind, block.id, block.length, block.generation_stamp, {}});
    ASSERT_TRUE(world.in_batch([&](Batch& batch) {
      return world.blocks().incremental_report(world.tables(), batch, "dn1", "DS-1", 1, events);
    }));
  };
  using enum ReplicaEvent::Kind;
  send({kReceiving, kReceived});
  EXPECT_EQ(world.row_state(block.id, datanode), ReplicaRowState::kFinalized);
  send({kDeleted, kReceived});
  EXPECT_EQ(world.row_state(block.id, datanode), ReplicaRowState::kFinalized);
  send({kReceived, kDeleted});
  EXPECT_TRUE(world.rows(block.id).empty());
}

// Deaths, returns, new files, removals, changed replication and corruption, then quiet.
class ClusterBlocksModel : public testing::TestWithParam<uint64_t> {};

TEST_P(ClusterBlocksModel, after_quiet_every_block_is_at_its_replication_and_rows_are_what_datanodes_hold) {
  std::mt19937_64 random(GetParam());
  auto below = [&](size_t limit) { return size_t(random() % limit); };
  BlockWorld world({}, "10.0.0.1 /a\n10.0.0.2 /a\n10.0.0.3 /b\n10.0.0.4 /b\n10.0.0.5 /c\n", GetParam());
  for (int i = 1; i <= 6; ++i) world.add_datanode(i);
  struct File {
    BlockRow block;
    uint16_t replication;
  };
  std::vector<File> files;
  auto any_datanode = [&]() -> FakeDatanode& { return *world.datanodes()[below(world.datanodes().size())]; };
  for (int step = 0; step < 150; ++step) {
    switch (below(9)) {
      case 0:
      case 1:
      case 2: {
        uint16_t replication = uint16_t(1 + below(3));
        BlockRow block = world.add_file(replication, 1 + below(1000));
        PlacementRequest request;
        request.count = replication;
        request.block_size = block.length;
        size_t received = 0;
        for (StorageNumber target : world.blocks().choose_targets(request)) {
          auto view = world.blocks().datanodes();
          auto place = view->by_storage.at(uint32_t(target));
          FakeDatanode& datanode = *world.find(view->datanodes[place.datanode].uuid);
          if (!datanode.up || (received > 0 && below(4) == 0)) continue;
          world.receive(datanode, block);
          ++received;
        }
        if (received == 0) {
          world.remove_file(block);
        } else {
          EXPECT_TRUE(world.blocks().completed(world.tables(), std::vector{block.id}));
          files.push_back({block, replication});
        }
        break;
      }
      case 3:
        if (!files.empty()) {
          size_t i = below(files.size());
          world.remove_file(files[i].block);
          files.erase(files.begin() + ptrdiff_t(i));
        }
        break;
      case 4:
        if (!files.empty()) {
          File& file = files[below(files.size())];
          file.replication = uint16_t(1 + below(4));
          world.set_replication(file.block, file.replication);
        }
        break;
      case 5: {  // at most one is down at a time, so that nothing can be lost for good
        size_t down = size_t(std::ranges::count_if(world.datanodes(), [](auto& each) { return !each->up; }));
        FakeDatanode& datanode = any_datanode();
        if (!datanode.up) {
          world.bring_up(datanode);
        } else if (down == 0) {
          datanode.up = false;
          if (below(2) == 0) world.run_for(kDead + seconds(60));
        }
        break;
      }
      case 6: {  // a reader meets a bad copy of a block that has others
        if (files.empty()) break;
        File& file = files[below(files.size())];
        FakeDatanode& datanode = any_datanode();
        if (!datanode.up || *world.blocks().live_replicas(world.tables(), file.block) < 2 ||
            !datanode.replicas.contains(file.block.id))
          break;
        EXPECT_TRUE(world.in_batch([&](Batch& batch) {
          return world.blocks().report_bad(world.tables(), batch, file.block, datanode.uuid, "");
        }));
        break;
      }
      case 7: {
        FakeDatanode& datanode = any_datanode();
        if (datanode.up) EXPECT_TRUE(world.report(datanode));
        break;
      }
      case 8:
        world.run_for(seconds(1 + int64_t(below(20))));
        break;
    }
    if (below(40) == 0) {
      world.restart();
      for (auto& datanode : world.datanodes()) {
        if (datanode->up) world.bring_up(*datanode);
      }
    }
  }
  for (auto& datanode : world.datanodes()) {
    if (!datanode->up) world.bring_up(*datanode);
  }
  world.run_for(seconds(900));
  for (const File& file : files) {
    EXPECT_EQ(world.held(file.block), file.replication) << "blk_" << raw(file.block.id);
    EXPECT_EQ(world.rows(file.block.id).size(), file.replication) << "blk_" << raw(file.block.id);
  }
  size_t rows = 0, replicas = 0;
  EXPECT_TRUE(world.tables().scan(Table::kStorageReplicas, "", [&](std::string_view, std::string_view) {
    ++rows;
    return true;
  }));
  for (auto& datanode : world.datanodes()) {
    replicas += datanode->replicas.size();
    for (const auto& [id, replica] : datanode->replicas) {
      EXPECT_EQ(world.row_state(id, *datanode), ReplicaRowState::kFinalized) << datanode->uuid << " blk_" << raw(id);
    }
  }
  EXPECT_EQ(rows, replicas);
  EXPECT_EQ(world.blocks().datanodes()->under_replicated, 0u);
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
  EXPECT_EQ(world.blocks().datanodes()->corrupt, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterBlocksModel, testing::Range<uint64_t>(1, 7));

}  // namespace
}  // namespace dfs::namenode
