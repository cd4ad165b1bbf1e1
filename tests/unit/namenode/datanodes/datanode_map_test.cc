#include "namenode/datanodes/datanode_map.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dfs::namenode {
namespace {

using std::chrono::seconds;

struct DatanodeMapTest : testing::Test {
  Result<void> introduce(const std::string& uuid, const std::string& address, uint16_t port = 9866) {
    Registration registration;
    registration.datanode_uuid = uuid;
    registration.ip_address = address;
    registration.host_name = uuid + ".example";
    registration.transfer_port = port;
    return map.register_datanode(registration, {}, now);
  }
  void beat(const std::string& uuid, std::vector<std::string> storages) {
    Heartbeat heartbeat;
    for (std::string& storage : storages) heartbeat.storages.emplace_back().storage_uuid = storage;
    Batch batch;
    map.heartbeat(batch, uuid, heartbeat, {}, now);
    ASSERT_TRUE(tables->write(batch, kNoTransaction));
  }
  TimePoint now{std::chrono::hours(1)};
  std::unique_ptr<Tables> tables = Tables::in_memory();
  DatanodeMap map{{}, HostLists::of_files("", "out.example")};
};

TEST_F(DatanodeMapTest, storages_keep_their_numbers_over_a_restart_and_are_awaited) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  beat("a", {"DS-1", "DS-2"});
  StorageNumber first = map.number_of("a", "DS-1"), second = map.number_of("a", "DS-2");
  EXPECT_NE(first, second);
  EXPECT_EQ(map.standing(first), Standing::kLive);

  map = DatanodeMap({}, HostLists());
  ASSERT_TRUE(map.load(*tables, now));
  EXPECT_EQ(map.number_of("a", "DS-1"), first);
  EXPECT_EQ(map.standing(first), Standing::kAwaited);
  EXPECT_FALSE(map.settled());
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  EXPECT_EQ(map.standing(first), Standing::kAwaited);
  beat("a", {"DS-1", "DS-3"});
  EXPECT_EQ(map.standing(first), Standing::kLive);
  EXPECT_EQ(map.standing(second), Standing::kGone);
  EXPECT_GT(map.number_of("a", "DS-3"), second);
  EXPECT_FALSE(map.settled());
  map.block_report_taken(first, 0, {}, now);
  map.block_report_taken(map.number_of("a", "DS-3"), 0, {}, now);
  EXPECT_TRUE(map.settled());
}

TEST_F(DatanodeMapTest, silence_makes_stale_and_then_dead) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  beat("a", {"DS"});
  map.take_changes();
  now += seconds(30);
  map.check_liveness(now);
  EXPECT_TRUE(map.is_stale(*map.find("a"), now));
  EXPECT_EQ(map.statuses(now).at(0).liveness, DatanodeLiveness::kStale);
  EXPECT_TRUE(map.is_registered("a"));
  now += seconds(600);
  map.check_liveness(now);
  EXPECT_FALSE(map.is_registered("a"));
  EXPECT_EQ(map.take_changes().went.size(), 1u);
  EXPECT_EQ(map.statuses(now).at(0).liveness, DatanodeLiveness::kDead);
  EXPECT_EQ(map.statuses(now).at(0).storages.size(), 1u);
}

TEST_F(DatanodeMapTest, a_status_is_made_anew_when_its_datanode_has_changed_and_only_then) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  ASSERT_TRUE(introduce("b", "10.0.0.2"));
  beat("a", {"DS"});
  beat("b", {"DS"});
  const StorageNumber of_a = map.number_of("a", "DS");
  auto status_of = [&](std::string_view uuid) {
    const DatanodeStatuses statuses = map.statuses(now);
    auto status = std::ranges::find(statuses, uuid, &DatanodeStatus::uuid);
    EXPECT_NE(status, statuses.end());
    return &*status;
  };
  const DatanodeStatus* b = status_of("b");
  DatanodeStatuses kept = map.statuses(now);  // so that no address is used again
  auto changes_a = [&](const auto& what) {
    const DatanodeStatus* before = status_of("a");
    EXPECT_EQ(status_of("a"), before);
    kept = map.statuses(now);
    what();
    EXPECT_EQ(status_of("b"), b);
    return status_of("a") != before;
  };
  EXPECT_FALSE(changes_a([] {}));
  EXPECT_TRUE(changes_a([&] { beat("a", {"DS"}); }));
  EXPECT_TRUE(changes_a([&] { map.block_report_taken(of_a, 5, {}, now); }));
  EXPECT_EQ(status_of("a")->block_count, 5u);
  EXPECT_TRUE(status_of("a")->storages.at(0).confirmed);
  EXPECT_TRUE(changes_a([&] { ++map.change(of_a).block_count; }));
  EXPECT_EQ(status_of("a")->block_count, 6u);
  EXPECT_TRUE(changes_a([&] { ASSERT_TRUE(introduce("a", "10.0.0.3")); }));
  EXPECT_EQ(status_of("a")->ip_address, "10.0.0.3");
  EXPECT_FALSE(status_of("a")->storages.at(0).confirmed);
  EXPECT_TRUE(changes_a([&] { beat("a", {"other"}); }));
  EXPECT_EQ(status_of("a")->storages.at(0).uuid, "other");
  EXPECT_TRUE(changes_a([&] { map.declare_dead("a"); }));
  EXPECT_EQ(status_of("a")->liveness, DatanodeLiveness::kDead);
  map.set_hosts(HostLists::of_files("", "b.example"), {});
  EXPECT_EQ(status_of("b")->admin_state, AdminState::kDecommissionInProgress);
  map.finish_leaving("b");
  EXPECT_EQ(status_of("b")->admin_state, AdminState::kDecommissioned);
}

TEST_F(DatanodeMapTest, a_storage_that_nobody_knew_appears_and_a_known_one_comes) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  beat("a", {"DS"});
  DatanodeMap::Changes changes = map.take_changes();
  EXPECT_EQ(changes.appeared, std::vector{map.number_of("a", "DS")});
  EXPECT_TRUE(changes.came.empty());
  EXPECT_TRUE(changes.turned.empty());
  beat("a", {});
  beat("a", {"DS"});
  changes = map.take_changes();
  EXPECT_TRUE(changes.appeared.empty());
  EXPECT_EQ(changes.came, changes.went);
  EXPECT_EQ(changes.came.size(), 1u);
}

TEST_F(DatanodeMapTest, awaited_storages_are_given_up_when_their_datanode_would_be_dead) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  beat("a", {"DS"});
  map = DatanodeMap({}, HostLists());
  ASSERT_TRUE(map.load(*tables, now));
  map.check_liveness(now + seconds(629));
  EXPECT_FALSE(map.settled());
  map.check_liveness(now + seconds(630));
  EXPECT_TRUE(map.settled());
}

TEST_F(DatanodeMapTest, another_datanode_at_the_same_address_takes_its_place) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  beat("a", {"DS"});
  ASSERT_TRUE(introduce("b", "10.0.0.1"));
  EXPECT_EQ(map.find("a"), nullptr);
  EXPECT_EQ(map.standing(map.number_of("a", "DS")), Standing::kGone);
  EXPECT_EQ(map.live_count(), 1u);
  ASSERT_TRUE(introduce("c", "10.0.0.1", 9867));
  EXPECT_EQ(map.live_count(), 2u);
}

TEST_F(DatanodeMapTest, a_known_datanode_may_come_back_from_another_address) {
  ASSERT_TRUE(introduce("a", "10.0.0.1"));
  ASSERT_TRUE(introduce("a", "10.0.0.2"));
  EXPECT_EQ(map.find("a")->registration.ip_address, "10.0.0.2");
  ASSERT_TRUE(introduce("b", "10.0.0.1"));  // which is free again
  EXPECT_EQ(map.live_count(), 2u);
}

TEST_F(DatanodeMapTest, host_lists_admit_and_exclude) {
  ASSERT_TRUE(introduce("out", "10.0.0.7"));
  EXPECT_EQ(map.find("out")->admin_state, AdminState::kDecommissionInProgress);
  map = DatanodeMap({}, HostLists::of_files("in.example # us\n10.0.0.5:9866", ""));
  EXPECT_TRUE(introduce("in", "10.0.0.1"));
  EXPECT_TRUE(introduce("x", "10.0.0.5"));
  Result<void> refused = introduce("y", "10.0.0.6");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDisallowedDatanode);
  EXPECT_TRUE(
      refused.error().message().starts_with("Datanode denied communication with namenode because the host is not in "
                                            "the include-list: DatanodeRegistration("));
  EXPECT_FALSE(introduce("", "10.0.0.1"));
}

TEST_F(DatanodeMapTest, a_broken_storage_row_is_an_error) {
  Batch batch;
  batch.put(Table::kStorages, "xx", "yy");
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  Result<void> loaded = map.load(*tables, now);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kCorruptFormat);
}

}  // namespace
}  // namespace dfs::namenode
