#include "namenode/blocks/full_report.h"

#include <random>

#include "tests/unit/dose.h"
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

// Each look at it is a millisecond later.
class RunningClock final : public Clock {
 public:
  WallTime wall() const override { return {}; }
  TimePoint now() const override { return now_ += milliseconds(1); }

 private:
  mutable TimePoint now_{};
};

TEST(FullReport, ends_a_step_when_its_time_is_over) {
  BlockWorld world;
  FakeDatanode& datanode = world.add_datanode(1);
  StorageReplicas replicas;
  replicas.storage_uuid = datanode.storage_uuid;
  for (int i = 0; i < 2000; ++i) {
    const BlockRow block = world.add_file(1);
    replicas.replicas.push_back({block.id, block.length, block.generation_stamp, ReportedState::kFinalized});
  }
  const RunningClock clock;
  FullReport report(datanode.uuid, {std::move(replicas)}, {});
  size_t steps = 0;
  for (bool more = true; more; ++steps) {
    more = world
               .in_batch([&](Batch& batch) {
                 return world.blocks().full_report(world.tables(), batch, report, world.wall(), world.now(),
                                                   TimeSlice(clock, milliseconds(2)));
               })
               .value();
  }
  EXPECT_EQ(steps, 4u);  // of 512, 512, 512 and 464
  EXPECT_EQ(world.blocks().datanodes()->missing, 0u);
}

TEST(FullReport, and_so_does_a_round_of_checks) {
  BlockWorld world;
  world.add_datanode(1);
  std::vector<BlockId> blocks;
  for (int i = 0; i < 1000; ++i) blocks.push_back(world.add_file(1).id);
  world.settle();
  world.blocks().recheck(blocks);
  const RunningClock clock;
  size_t rounds = 0;
  for (bool more = true; more; ++rounds) {
    more = world
               .in_batch([&](Batch& batch) {
                 return world.blocks().periodic(world.tables(), batch, world.wall(), world.now(),
                                                TimeSlice(clock, milliseconds(0)));
               })
               .value();
  }
  EXPECT_EQ(rounds, 4u);
}

// What is known and decided about all blocks.
struct Decisions {
  std::vector<BlockId> lost;
  uint64_t lacking, most_urgent, pending, postponed, corrupt, to_delete;
  std::vector<std::vector<ReplicaRow>> rows;
  bool operator==(const Decisions&) const = default;
};

Decisions decisions(BlockWorld& world, const std::vector<BlockId>& blocks) {
  world.pass(seconds(1));  // for the view
  world.round();
  const std::shared_ptr<const DatanodeView> view = world.blocks().datanodes();
  const ClusterBlocks::Workload work = world.blocks().workload();
  Decisions all{world.blocks().corrupt_blocks(BlockId{}, 1'000'000),
                view->under_replicated,
                work.highest_risk,
                work.pending,
                work.postponed,
                view->corrupt,
                view->pending_deletion,
                {}};
  for (BlockId block : blocks) {
    std::vector<ReplicaRow>& rows = all.rows.emplace_back();
    for (const LocatedReplica& located : world.rows(block)) rows.push_back(located.replica);
  }
  return all;
}

// Replicas of all kinds on DataNodes that come, report, go and are told to leave, in an order that chance decides.
class RandomReports {
 public:
  explicit RandomReports(uint32_t seed) : random_(seed), world(some_at_a_time(1 + random_() % 40), {}, seed) {
    for (int i = 1; i <= 5; ++i) world.add_datanode(i);
    for (int i = 0; i < 80; ++i) {
      const BlockState state = chance(12) ? BlockState::kUnderConstruction : BlockState::kComplete;
      blocks.push_back(world.add_file(uint16_t(1 + random_() % 3), 1000, state));
      ids.push_back(blocks.back().id);
    }
    ids.push_back(BlockId(7));  // of no file
  }

  // What one storage holds from now on.
  void shuffle(FakeDatanode& datanode) {
    datanode.replicas.clear();
    for (const BlockRow& block : blocks) {
      if (chance(2)) continue;
      ReportedReplica replica{block.id, block.length, block.generation_stamp, ReportedState::kFinalized};
      if (chance(15)) replica.length -= 1;
      if (chance(15)) replica.generation_stamp = GenerationStamp(raw(replica.generation_stamp) - 1);
      if (chance(15)) replica.state = ReportedState::kBeingWritten;
      datanode.replicas[block.id] = replica;
    }
    if (chance(2)) datanode.replicas[BlockId(7)] = {BlockId(7), 1, GenerationStamp(900), ReportedState::kFinalized};
  }
  void report() {
    FakeDatanode& datanode = any();
    if (!datanode.up) return;
    if (world.beat(datanode).must_register) world.introduce(datanode);
    shuffle(datanode);
    StorageReplicas replicas;
    replicas.storage_uuid = datanode.storage_uuid;
    for (const auto& [id, replica] : datanode.replicas) replicas.replicas.push_back(replica);
    FullReport report(datanode.uuid, {std::move(replicas)}, {});
    for (bool more = true; more;) {
      more = world.report_some(report).value();
      if (chance(4)) EXPECT_TRUE(world.begin_round());
    }
  }
  void happen() {
    switch (random_() % 7) {
      case 0:
        world.receive(any(), blocks[random_() % blocks.size()]);
        return;
      case 1:
        world.set_replication(blocks[random_() % blocks.size()], uint16_t(1 + random_() % 3));
        return;
      case 2:
        any().up ^= true;
        return;
      case 3:
        for (int i = 0; i < 30; ++i) {
          world.pass(seconds(25));
          world.round();
          for (auto& datanode : world.datanodes()) {
            if (datanode->up && world.beat(*datanode).must_register) world.introduce(*datanode);
          }
        }
        return;
      case 4:
        if (chance(2)) {
          world.restart();
          world.pass(minutes(2));  // until all blocks are looked at
        }
        for (auto& datanode : world.datanodes()) {
          if (datanode->up) world.introduce(*datanode);
        }
        return;
      case 5:
        world.exclude(chance(2) ? any().rack_host : "");
        return;
      default:
        report();
    }
  }

 private:
  bool chance(uint32_t one_of) { return random_() % one_of == 0; }
  FakeDatanode& any() { return *world.datanodes()[random_() % world.datanodes().size()]; }

  std::mt19937 random_;

 public:
  BlockWorld world;
  std::vector<BlockRow> blocks;
  std::vector<BlockId> ids;
};

TEST(FullReport, leaves_nothing_for_a_check_of_all_blocks_to_find) {
  for (uint32_t seed = 1; seed <= (is_nightly() ? 60u : 2u); ++seed) {
    RandomReports random(seed);
    random.world.pass(minutes(2));
    for (int i = 0; i < 25; ++i) {
      random.happen();
      random.world.blocks().recheck(random.ids);
      decisions(random.world, random.ids);
      random.report();
      const Decisions made = decisions(random.world, random.ids);
      random.world.blocks().recheck(random.ids);
      const Decisions checked = decisions(random.world, random.ids);
      ASSERT_EQ(made.lost, checked.lost) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.lacking, checked.lacking) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.most_urgent, checked.most_urgent) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.pending, checked.pending) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.postponed, checked.postponed) << "seed " << seed << " step " << i;
      // A bad replica that is about to be deleted does not count any more.
      ASSERT_GE(made.corrupt, checked.corrupt) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.to_delete, checked.to_delete) << "seed " << seed << " step " << i;
      ASSERT_EQ(made.rows, checked.rows) << "seed " << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace dfs::namenode
