#include "namenode/blocks/held_heartbeats.h"

#include "tests/unit/namenode/blocks/block_world.h"

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;
using Due = std::vector<uint64_t>;

constexpr TimePoint kStart = TimePoint(std::chrono::hours(1));

TEST(HeldHeartbeats, TheFirstCommandAfterASilenceIsDueAtOnceAndOnce) {
  HeldHeartbeats held(3s, 1000);
  const uint64_t a = held.hold("a", 10s, kStart);
  const uint64_t b = held.hold("b", 10s, kStart);
  EXPECT_EQ(held.count(), 2u);
  EXPECT_TRUE(held.take_due().empty());
  held.tell("a", kStart + 1s);
  held.tell("a", kStart + 1s);
  held.tell("nobody", kStart + 1s);
  EXPECT_EQ(held.take_due(), Due{a});
  // Looked at in vain: the next command makes it due again.
  EXPECT_LE(held.look("a"), kStart + 1s);
  held.tell_all(kStart + 1s);
  Due due = held.take_due();
  std::ranges::sort(due);
  EXPECT_EQ(due, (Due{a, b}));
}

TEST(HeldHeartbeats, AHeartbeatIsHeldForNoLongerThanTheIntervalOrTheDataNodeAllows) {
  HeldHeartbeats held(3s, 1000);
  held.hold("a", 10s, kStart + 1ms);
  // On a grid, so that those that have nothing to be told are answered together.
  EXPECT_EQ(held.until("a"), kStart + 3s + 50ms);
  held.hold("b", 100ms, kStart);
  EXPECT_EQ(held.until("b"), kStart + 100ms);
}

TEST(HeldHeartbeats, CommandsThatFollowAreGatheredTheLongerTheMoreDataNodesThereAre) {
  HeldHeartbeats held(3s, 1000);
  held.hold("a", 10s, kStart);
  held.answered("a", 0, 3, kStart);
  held.hold("a", 10s, kStart);
  EXPECT_EQ(held.look("a"), kStart + 20ms);
  held.tell("a", kStart + 19ms);
  EXPECT_TRUE(held.take_due().empty());
  held.tell("a", kStart + 20ms);
  EXPECT_EQ(held.take_due().size(), 1u);
  held.answered("a", 0, 1000, kStart + 20ms);
  held.hold("a", 10s, kStart + 20ms);
  EXPECT_EQ(held.look("a"), kStart + 520ms);
}

TEST(HeldHeartbeats, DeletionsKeepToTheirBoundInEachInterval) {
  HeldHeartbeats held(3s, 10);
  held.hold("a", 10s, kStart);
  EXPECT_EQ(held.deletions_left("a", kStart), 10u);
  held.answered("a", 7, 3, kStart);
  held.hold("a", 10s, kStart + 1s);
  EXPECT_EQ(held.deletions_left("a", kStart + 1s), 3u);
  held.answered("a", 3, 3, kStart + 1s);
  const uint64_t ticket = held.hold("a", 10s, kStart + 1s);
  held.tell_deletion("a", kStart + 2s);
  EXPECT_TRUE(held.take_due().empty());
  held.tell_deletion("nobody", kStart + 2s);
  held.tell_deletion("a", kStart + 3s);
  EXPECT_EQ(held.take_due(), Due{ticket});
  EXPECT_EQ(held.deletions_left("a", kStart + 3s), 10u);
}

TEST(HeldHeartbeats, ALaterHeartbeatTakesThePlaceOfTheOneBeforeIt) {
  HeldHeartbeats held(3s, 1000);
  const uint64_t former = held.hold("a", 10s, kStart);
  const uint64_t latter = held.hold("a", 10s, kStart);
  EXPECT_EQ(held.take_due(), Due{former});
  EXPECT_FALSE(held.is_current("a", former));
  EXPECT_TRUE(held.is_current("a", latter));
  held.release("a");
  EXPECT_EQ(held.take_due(), Due{latter});
  held.release("a");
  held.release("nobody");
  held.forget("a");
  EXPECT_TRUE(held.take_due().empty());
  EXPECT_FALSE(held.is_current("a", latter));
}

// Heartbeats that are held, through ClusterBlocks.
class HeldByTheNameNode : public testing::Test {
 protected:
  HeldByTheNameNode() {
    for (int i = 1; i <= 4; ++i) world.add_datanode(i);
    world.settle();
    world.pass(1s);
    arrived();
  }
  Commands beat(FakeDatanode& datanode, milliseconds may_be_held = 10s) {
    Heartbeat heartbeat;
    heartbeat.may_be_held = may_be_held;
    StorageReport& storage = heartbeat.storages.emplace_back();
    storage.storage_uuid = datanode.storage_uuid;
    storage.remaining_bytes = storage.capacity_bytes = 1ull << 40;
    return world
        .in_batch([&](Batch& batch) {
          return world.blocks().heartbeat(world.tables(), batch, datanode.uuid, heartbeat, world.wall(), world.now());
        })
        .value();
  }
  Commands look(FakeDatanode& datanode, uint64_t ticket) {
    return world.blocks().held(world.tables(), datanode.uuid, ticket, world.now()).value();
  }
  Due arrived() {
    Due tickets;
    for (Awaited awaited : world.blocks().take_arrived()) {
      if (awaited.kind == Awaited::Kind::kCommands) tickets.push_back(awaited.id);
    }
    return tickets;
  }
  FakeDatanode& dn(int i) { return *world.datanodes()[size_t(i)]; }
  BlockRow replicated() {
    BlockRow block = world.add_file(3);
    for (int i = 0; i < 3; ++i) world.receive(dn(i), block);
    world.settle();
    return block;
  }

  BlockWorld world;
};

TEST_F(HeldByTheNameNode, ADeletionIsDueWithTheRemovalOfItsFile) {
  const BlockRow block = replicated();
  const Commands held = beat(dn(0));
  ASSERT_TRUE(held.held);
  EXPECT_TRUE(held.empty());
  world.remove_file(block);
  EXPECT_EQ(arrived(), Due{held.held->ticket});
  const Commands told = look(dn(0), held.held->ticket);
  EXPECT_FALSE(told.held);
  ASSERT_EQ(told.invalidations.size(), 1u);
  EXPECT_EQ(told.invalidations[0].block, block.id);
  // The answer may be lost, and is not given twice.
  EXPECT_TRUE(look(dn(0), held.held->ticket).empty());
}

TEST_F(HeldByTheNameNode, ACopyIsDueWithTheRoundThatFollowsAHigherReplicationAtOnce) {
  BlockRow block = world.add_file(1);
  world.receive(dn(0), block);
  world.settle();
  const Commands held = beat(dn(0));
  EXPECT_EQ(world.blocks().next_round(), std::nullopt);
  world.set_replication(block, 2);
  ASSERT_TRUE(world.blocks().next_round());
  EXPECT_LE(*world.blocks().next_round(), 10ms);
  world.round();
  EXPECT_EQ(world.blocks().next_round(), std::nullopt);
  EXPECT_EQ(arrived(), Due{held.held->ticket});
  EXPECT_EQ(look(dn(0), held.held->ticket).transfers.size(), 1u);
}

TEST_F(HeldByTheNameNode, ARecoveryIsDueAtThePrimary) {
  BlockRow block = world.add_file(1, 0, BlockState::kUnderConstruction);
  ASSERT_TRUE(world.tell(dn(2), ReplicaEvent::Kind::kReceiving, block));
  const Commands held = beat(dn(2));
  ASSERT_TRUE(world.blocks().recover(world.tables(),
                                     {.block = block, .recovery_stamp = GenerationStamp(5000), .truncate_length = {}}));
  EXPECT_EQ(arrived(), Due{held.held->ticket});
  EXPECT_EQ(look(dn(2), held.held->ticket).recoveries.size(), 1u);
}

TEST_F(HeldByTheNameNode, WithNothingToSayTheAnswerComesWithItsTime) {
  const Commands held = beat(dn(0));
  EXPECT_TRUE(look(dn(0), held.held->ticket).held);
  world.pass(3100ms);
  const Commands over = look(dn(0), held.held->ticket);
  EXPECT_FALSE(over.held);
  EXPECT_TRUE(over.empty());
}

TEST_F(HeldByTheNameNode, WhatIsThereAlreadyIsAnsweredAtOnceAndTheNextHeartbeatGathers) {
  const BlockRow first = replicated(), second = replicated();
  world.remove_file(first);
  EXPECT_EQ(beat(dn(0)).invalidations.size(), 1u);
  world.remove_file(second);
  const Commands gathering = beat(dn(0));
  ASSERT_TRUE(gathering.held);
  EXPECT_EQ(gathering.held->until, world.now() + 20ms);
  EXPECT_TRUE(arrived().empty());
  world.pass(20ms);
  EXPECT_EQ(look(dn(0), gathering.held->ticket).invalidations.size(), 1u);
}

TEST_F(HeldByTheNameNode, InSafeModeNothingIsOrderedUntilItEnds) {
  const BlockRow block = replicated();
  const Commands held = beat(dn(0));
  world.blocks().enter_safe_mode();
  world.remove_file(block);
  EXPECT_TRUE(look(dn(0), held.held->ticket).held);
  arrived();
  world.blocks().leave_safe_mode();
  EXPECT_EQ(arrived(), Due{held.held->ticket});
  EXPECT_EQ(look(dn(0), held.held->ticket).invalidations.size(), 1u);
}

TEST_F(HeldByTheNameNode, ADataNodeThatRegistersAnewIsToldAgainWhatItMayNeverHaveGot) {
  const BlockRow block = replicated();
  const Commands held = beat(dn(0));
  world.remove_file(block);
  EXPECT_EQ(look(dn(0), held.held->ticket).invalidations.size(), 1u);
  world.pass(1s);
  const Commands waiting = beat(dn(0));
  arrived();
  world.bring_up(dn(0));
  EXPECT_EQ(arrived(), Due{waiting.held->ticket});
  EXPECT_TRUE(look(dn(0), waiting.held->ticket).empty());
  const Commands again = beat(dn(0));
  EXPECT_EQ(again.invalidations.size(), 1u);
}

TEST_F(HeldByTheNameNode, AHeartbeatThatMayNotBeHeldEndsTheOneThatIs) {
  const Commands held = beat(dn(0));
  EXPECT_FALSE(beat(dn(0), 0ms).held);
  EXPECT_EQ(arrived(), Due{held.held->ticket});
  EXPECT_FALSE(look(dn(0), held.held->ticket).held);
}

TEST_F(HeldByTheNameNode, AReplicaThatIsReportedIsWhatACloseWaitsFor) {
  const BlockRow block = world.add_file(1, 0, BlockState::kUnderConstruction);
  ASSERT_TRUE(world.tell(dn(0), ReplicaEvent::Kind::kReceiving, block));
  EXPECT_TRUE(world.blocks().take_arrived().empty());
  world.receive(dn(0), block);
  EXPECT_EQ(world.blocks().take_arrived(), (std::vector{Awaited{Awaited::Kind::kReplica, raw(block.id)}}));
  // The same once more is no news.
  world.receive(dn(0), block);
  EXPECT_TRUE(world.blocks().take_arrived().empty());
}

}  // namespace
}  // namespace dfs::namenode
