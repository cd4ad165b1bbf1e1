#include "datanode/reporting/namenode_link.h"

#include <future>
#include <latch>

#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"
#include "tests/unit/datanode/reporting/fake_namenode.h"

namespace dfs::datanode {
namespace {

using namespace std::chrono_literals;
using Command = FakeNameNode::Command;
namespace dp = hadoop::hdfs::datanode;

// A DataNode as far as its NameNode is concerned.
class Linked {
 public:
  explicit Linked(std::chrono::milliseconds heartbeat_interval = 20ms)
      : pool(disk, &pending), context{.store = *pool.store}, loop("test-datanode") {
    loop.start();
    transfers = std::make_unique<TransferServer>(TransferServer::Settings{.listen = {"127.0.0.1", 0}},
                                                 std::vector{loop.executor()}, context);
    EXPECT_TRUE(transfers->open());
    transfers->serve();
    link = std::make_unique<NamenodeLink>(loop.executor(),
                                          NamenodeLink::Settings{.namenode = namenode.address(),
                                                                 .user = {.user = "hdfs", .real_user = ""},
                                                                 .host_name = "localhost",
                                                                 .address = "127.0.0.1",
                                                                 .uuid = "",
                                                                 .heartbeat_interval = heartbeat_interval},
                                          pending);
  }
  ~Linked() {
    on_loop(link->stop());
    transfers->stop();
    loop.stop();
  }
  // Registers and begins; what the store holds before is in the first full report.
  void start() {
    auto identity = on_loop(link->handshake());
    ASSERT_TRUE(identity) << identity.error().to_string();
    link->set_ports(transfers->port(), 1);
    auto joined = on_loop(link->join("uuid", *identity, *pool.store, *transfers, context));
    ASSERT_TRUE(joined) << joined.error().to_string();
    on_loop([](Linked& self) -> Task<void> {
      self.link->start([&self](Error error) { self.failure.set_value(error.code()); });
      co_return;
    }(*this));
    ASSERT_TRUE(namenode.hears([](const auto& heard) { return heard.reports.size() == 1; }));
  }
  template <class T>
  T on_loop(Task<T> task) {
    return asio::co_spawn(loop.executor(), without_cancellation_exceptions(std::move(task)), asio::use_future).get();
  }
  bool hears_change(const std::string& change) {
    return namenode.hears([&](const auto& heard) { return std::ranges::count(heard.changes, change) == 1; });
  }

  FakeNameNode namenode;
  MemoryDisk memory;
  WatchedDisk disk{memory};
  PendingReports pending;
  Pool pool;
  TransferContext context;
  EventLoop loop;
  std::unique_ptr<TransferServer> transfers;
  std::unique_ptr<NamenodeLink> link;
  std::promise<ErrorCode> failure;
};

// "1_1001 700 FINALIZED" for each entry of a report, by id.
std::vector<std::string> entries_of(const dp::StorageBlockReportProto& report) {
  std::vector<std::string> entries;
  for (const std::string& buffer : report.blocksbuffers()) {
    ByteReader reader{as_bytes(buffer)};
    while (reader.remaining() > 0) {
      uint64_t id = *reader.varint();
      id = (id >> 1) ^ (~(id & 1) + 1);
      const uint64_t length = *reader.varint();
      const uint64_t generation = *reader.varint();
      entries.push_back(fmt::format("{}_{} {} {}", id, generation, length, name_of(ReplicaState(*reader.varint()))));
    }
  }
  std::ranges::sort(entries);
  return entries;
}

Command invalidation(std::string pool, Block block) {
  Command command;
  command.set_cmdtype(Command::BlockCommand);
  command.mutable_blkcmd()->set_action(dp::BlockCommandProto::INVALIDATE);
  command.mutable_blkcmd()->set_blockpoolid(std::move(pool));
  auto& proto = *command.mutable_blkcmd()->add_blocks();
  proto.set_blockid(raw(block.id));
  proto.set_genstamp(raw(block.generation));
  proto.set_numbytes(block.length_bytes);
  return command;
}

TEST(NamenodeLink, TheFirstReportListsEveryReplicaThatOthersMayRelyOn) {
  Linked node;
  node.pool.store_block(block_of(1), pattern(700));
  auto writing = node.pool.create(block_of(2, 1002));
  ASSERT_TRUE(node.pool.append(*writing, 0, pattern(100)));
  auto copying = node.pool.create(block_of(3), ReplicaState::kTemporary);
  node.pool.store_block(block_of(4, 1004), pattern(10));
  ASSERT_TRUE(node.pool.run(node.pool.store->init_recovery(block_of(4, 1004), GenerationStamp(1010))));
  node.start();
  const FakeNameNode::BlockReport& report = node.namenode.reports[0];
  EXPECT_EQ(report.context().leaseid(), FakeNameNode::kLease);
  EXPECT_EQ(report.context().totalrpcs(), 1);
  EXPECT_EQ(report.blockpoolid(), test_pool().pool_id);
  ASSERT_EQ(report.reports_size(), 1);
  EXPECT_EQ(report.reports(0).storage().storageuuid(), node.pool.store->volumes()[0]->storage_id());
  EXPECT_EQ(report.reports(0).numberofblocks(), 3u);
  // One under recovery is still what it was.
  EXPECT_EQ(entries_of(report.reports(0)),
            (std::vector<std::string>{"1_1001 700 FINALIZED", "2_1002 100 RBW", "4_1004 10 FINALIZED"}));
}

TEST(NamenodeLink, AHeartbeatSaysWhatEachStorageHolds) {
  Linked node;
  node.pool.store_block(block_of(1), pattern(700));
  node.start();
  const FakeNameNode::HeartbeatRequest heartbeat = *node.namenode.last_heartbeat;
  ASSERT_EQ(heartbeat.reports_size(), 1);
  EXPECT_EQ(heartbeat.reports(0).capacity(), uint64_t{1} << 40);
  EXPECT_EQ(heartbeat.reports(0).remaining(), uint64_t{1} << 39);
  EXPECT_EQ(heartbeat.reports(0).dfsused(), 700u);
  EXPECT_FALSE(heartbeat.reports(0).failed());
  EXPECT_EQ(heartbeat.failedvolumes(), 0u);
}

TEST(NamenodeLink, ADiskThatHangsDoesNotStopTheHeartbeats) {
  std::latch released(1);  // outlives the thread that waits for it, which the node joins
  std::promise<void> hanging;
  Linked node;
  node.start();
  node.on_loop([](Linked& self, std::latch& until, std::promise<void>& told) -> Task<void> {
    // On the volume's only thread, so that nobody looks at the hook while it changes.
    co_await run_on(self.pool.store->volumes()[0]->executor(), [&] {
      self.disk.before = [&until, &told, first = true](std::string_view operation, const std::string&) mutable {
        if (operation != "space" || !std::exchange(first, false)) return;
        told.set_value();
        until.wait();
      };
    });
    const auto volume = self.pool.store->volumes()[0];
    asio::post(volume->executor(), [volume = volume.get()] { volume->measure(); });
  }(node, released, hanging));
  hanging.get_future().wait();
  int before = 0;
  node.namenode.hears([&](const auto& heard) { return before = heard.heartbeats, true; });
  EXPECT_TRUE(node.namenode.hears([&](const auto& heard) { return heard.heartbeats >= before + 5; }));
  EXPECT_EQ(node.namenode.last_heartbeat->reports(0).capacity(), uint64_t{1} << 40);
  released.count_down();
}

TEST(NamenodeLink, WhatIsStoredAndDeletedIsReportedAtOnce) {
  Linked node;
  node.start();
  node.pool.store_block(block_of(1), pattern(700));
  EXPECT_TRUE(node.hears_change("RECEIVED 1_1001 700"));
  node.namenode.order(invalidation("BP-other", block_of(1)));
  node.namenode.order(invalidation(test_pool().pool_id, block_of(1, 1000)));
  node.namenode.order(invalidation(test_pool().pool_id, block_of(7)));
  node.namenode.order(invalidation(test_pool().pool_id, block_of(1)));
  EXPECT_TRUE(node.hears_change("DELETED 1_1001 700"));
  EXPECT_EQ(node.pool.store->replicas().size(), 0u);
}

TEST(NamenodeLink, AHeartbeatThatWasHeldIsFollowedByTheNextAtOnce) {
  Linked node(1h);
  node.namenode.hold_heartbeats();
  node.start();
  node.pool.store_block(block_of(1), pattern(700));
  node.namenode.order(invalidation(test_pool().pool_id, block_of(1)));
  EXPECT_TRUE(node.hears_change("DELETED 1_1001 700"));
  EXPECT_TRUE(node.namenode.hears([](const auto& heard) { return heard.heartbeats >= 10; }));
}

TEST(NamenodeLink, AHeartbeatSaysHowLongItMayBeHeld) {
  for (auto [interval, held] : {std::pair(std::chrono::milliseconds(1h), 30'000u), {20ms, 20u}}) {
    Linked node(interval);
    node.start();
    EXPECT_EQ(node.namenode.last_heartbeat->maybeheldmillis(), held);
  }
}

// What nobody waits for goes with what somebody does, in one call.
TEST(NamenodeLink, EventsThatNobodyWaitsForAreGathered) {
  Linked node(1h);
  node.start();
  node.pending.receiving(block_of(1), "DS-1");
  node.pending.deleted(block_of(2), "DS-1");
  node.pending.received(block_of(3), "DS-1", "");
  ASSERT_TRUE(node.hears_change("RECEIVED 3_1001 0"));
  EXPECT_EQ(node.namenode.changes.size(), 3u);
  node.pending.deleted(block_of(4), "DS-1");
  EXPECT_TRUE(node.hears_change("DELETED 4_1001 0"));
}

TEST(NamenodeLink, AReportThatWasRefusedIsMadeAgain) {
  Linked node;
  node.start();
  node.namenode.refuse_reports(3, ErrorCode::kIo);
  node.pool.store_block(block_of(1), pattern(700));
  EXPECT_TRUE(node.hears_change("RECEIVED 1_1001 700"));
  EXPECT_EQ(node.namenode.refused, 3);
}

// HDFS-12914: a full report that failed says nothing, so it is made again as a whole.
TEST(NamenodeLink, AFullReportThatWasRefusedIsMadeAgain) {
  Linked node;
  node.namenode.refuse_reports(1, ErrorCode::kIo);
  node.start();
  EXPECT_EQ(node.namenode.refused, 1);
}

TEST(NamenodeLink, ANameNodeThatHasForgottenUsGetsARegistrationAndEverythingAnew) {
  Linked node;
  node.start();
  Command command;
  command.set_cmdtype(Command::RegisterCommand);
  command.mutable_registercmd();
  node.namenode.order(command);
  EXPECT_TRUE(
      node.namenode.hears([](const auto& heard) { return heard.registrations == 2 && heard.reports.size() == 2; }));
}

TEST(NamenodeLink, ACorruptReplicaIsNamedWithItsStorage) {
  Linked node;
  node.pool.store_block(block_of(1), pattern(700));
  node.start();
  auto replica = node.pool.store->lookup(BlockId(1));
  node.pool.store->report_corrupt(replica, replica->view());
  ASSERT_TRUE(node.namenode.hears([](const auto& heard) { return heard.bad.size() == 1; }));
  const auto& located = node.namenode.bad[0].blocks(0);
  EXPECT_EQ(located.b().blockid(), 1u);
  EXPECT_EQ(located.b().generationstamp(), 1001u);
  EXPECT_EQ(located.locs(0).id().datanodeuuid(), "uuid");
  EXPECT_EQ(located.storageids(0), node.pool.store->volumes()[0]->storage_id());
}

TEST(NamenodeLink, AStandbyOrdersNothing) {
  Linked node;
  node.pool.store_block(block_of(1), pattern(700));
  node.start();
  node.namenode.become_standby();
  node.namenode.order(invalidation(test_pool().pool_id, block_of(1)));
  int before = 0;
  node.namenode.hears([&](const auto& heard) { return before = heard.heartbeats, true; });
  EXPECT_TRUE(node.namenode.hears([&](const auto& heard) { return heard.heartbeats >= before + 3; }));
  EXPECT_EQ(node.pool.content(BlockId(1)), pattern(700));
}

TEST(NamenodeLink, TheBandwidthForBalancingIsTheNameNodesToSet) {
  Linked node;
  node.start();
  Command command;
  command.set_cmdtype(Command::BalancerBandwidthCommand);
  command.mutable_balancercmd()->set_bandwidth(12345);
  node.namenode.order(command);
  int before = 0;
  node.namenode.hears([&](const auto& heard) { return before = heard.heartbeats, true; });
  EXPECT_TRUE(node.namenode.hears([&](const auto& heard) { return heard.heartbeats >= before + 3; }));
  EXPECT_EQ(node.context.balance_throttle.bytes_per_second(), 12345u);
}

TEST(NamenodeLink, ANameNodeThatDoesNotWantUsEndsTheDataNode) {
  for (ErrorCode code : {ErrorCode::kDisallowedDatanode, ErrorCode::kUnregisteredNode}) {
    Linked node;
    node.start();
    node.namenode.refuse_heartbeats(code);
    auto told = node.failure.get_future();
    ASSERT_EQ(told.wait_for(20s), std::future_status::ready);
    EXPECT_EQ(told.get(), code);
  }
}

}  // namespace
}  // namespace dfs::datanode
