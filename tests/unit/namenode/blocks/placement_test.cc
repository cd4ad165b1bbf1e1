#include "namenode/blocks/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "namenode/datanodes/topology.h"

namespace dfs::namenode {
namespace {

struct PlacementTest : testing::Test {
  void add(int i, uint64_t remaining = 1 << 30, uint32_t xceivers = 0, uint8_t type = 1) {
    Registration registration;
    registration.datanode_uuid = "dn" + std::to_string(i);
    registration.ip_address = "10.0.0." + std::to_string(i);
    registration.host_name = "host" + std::to_string(i);
    registration.transfer_port = 9866;
    registration.network_location = topology.location_of(registration.ip_address, registration.host_name);
    EXPECT_TRUE(datanodes.register_datanode(registration, {}, now));
    beat(i, remaining, xceivers, type);
  }
  void beat(int i, uint64_t remaining, uint32_t xceivers, uint8_t type = 1) {
    Heartbeat heartbeat;
    heartbeat.xceiver_count = xceivers;
    StorageReport& storage = heartbeat.storages.emplace_back();
    storage.storage_uuid = "DS";
    storage.storage_type = type;
    storage.remaining_bytes = remaining;
    Batch batch;
    datanodes.heartbeat(batch, "dn" + std::to_string(i), heartbeat, {}, now);
  }
  std::vector<std::string> choose(const PlacementRequest& request) {
    std::vector<std::string> uuids;
    for (StorageNumber storage : placement.choose(request, now)) {
      uuids.push_back(datanodes.datanode_of(storage)->registration.datanode_uuid);
    }
    return uuids;
  }
  std::string rack(const std::string& uuid) { return datanodes.find(uuid)->location(); }

  TimePoint now{std::chrono::hours(1)};
  Topology topology = Topology::parse("10.0.0.1 /a\n10.0.0.2 /a\n10.0.0.3 /b\n10.0.0.4 /b\n10.0.0.5 /b\n");
  DatanodeMap datanodes{{}, HostLists::of_files("", "10.0.0.9")};
  Placement placement{datanodes, 1};
  PlacementRequest three{
      .count = 3, .client_address = {}, .excluded = {}, .favored = {}, .present = {}, .block_size = 1000};
};

TEST_F(PlacementTest, the_writers_own_datanode_comes_first_then_two_in_another_rack) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.client_address = "10.0.0.1";
  for (int repetition = 0; repetition < 20; ++repetition) {
    std::vector<std::string> chosen = choose(three);
    ASSERT_EQ(chosen.size(), 3u);
    EXPECT_EQ(chosen[0], "dn1");
    EXPECT_EQ(rack(chosen[1]), "/b");
    EXPECT_EQ(rack(chosen[2]), "/b");
    EXPECT_NE(chosen[1], chosen[2]);
  }
  three.no_local_write = true;
  for (int repetition = 0; repetition < 20; ++repetition) EXPECT_EQ(choose(three).at(0), "dn2");  // its neighbour
  three.count = 5;
  EXPECT_EQ(choose(three).size(), 5u);  // there is no other way
}

TEST_F(PlacementTest, with_fewer_datanodes_than_replicas_each_gets_one) {
  add(1);
  add(2);
  EXPECT_EQ(choose(three).size(), 2u);
}

TEST_F(PlacementTest, a_third_replica_of_a_block_in_one_rack_goes_to_another) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.count = 1;
  three.present = {datanodes.number_of("dn1", "DS"), datanodes.number_of("dn2", "DS")};
  for (int repetition = 0; repetition < 20; ++repetition) EXPECT_EQ(rack(choose(three).at(0)), "/b");
}

TEST_F(PlacementTest, full_excluded_decommissioning_and_dead_datanodes_are_never_chosen) {
  add(1, 999);
  add(2);
  add(3);
  add(4);
  add(9);
  datanodes.declare_dead("dn3");
  three.excluded = {"dn2"};
  EXPECT_EQ(choose(three), std::vector<std::string>{"dn4"});
}

TEST_F(PlacementTest, stale_and_busy_datanodes_are_the_last_resort) {
  add(1);
  now += std::chrono::seconds(31);
  for (int i = 2; i <= 5; ++i) add(i, 1 << 30, i == 2 ? 100 : 1);
  three.count = 1;
  for (int repetition = 0; repetition < 20; ++repetition) EXPECT_EQ(rack(choose(three).at(0)), "/b");
  three.count = 3;  // not all in one rack: the stale one before the busy one
  std::vector<std::string> chosen = choose(three);
  EXPECT_EQ(chosen.size(), 3u);
  EXPECT_TRUE(std::ranges::find(chosen, "dn1") != chosen.end());
  three.count = 5;
  EXPECT_EQ(choose(three).size(), 5u);
}

TEST_F(PlacementTest, blocks_placed_since_the_last_heartbeat_take_their_space) {
  add(1, 2000);
  for (int i = 0; i < 2; ++i) {
    std::vector<StorageNumber> chosen = placement.choose(three, now);
    ASSERT_EQ(chosen.size(), 1u);
    ++datanodes.change(chosen[0]).scheduled;
  }
  EXPECT_TRUE(choose(three).empty());
}

TEST_F(PlacementTest, favoured_datanodes_come_first) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.favored = {"10.0.0.4:9866", "host2:9866", "10.9.9.9:9866"};
  std::vector<std::string> chosen = choose(three);
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_EQ(chosen[0], "dn4");
  EXPECT_EQ(chosen[1], "dn2");
}

TEST_F(PlacementTest, replicas_lie_on_the_policys_storage_types_or_on_its_fallbacks) {
  add(1);
  add(2, 1 << 30, 0, 2);
  add(3, 1 << 30, 0, 3);
  three.storage_policy = 2;  // COLD has no fallback
  EXPECT_EQ(choose(three), std::vector<std::string>{"dn3"});
  three.storage_policy = 10;  // ONE_SSD
  three.count = 2;
  EXPECT_EQ(choose(three), (std::vector<std::string>{"dn2", "dn1"}));
  three.storage_policy = 12;  // ALL_SSD falls back to DISK
  std::vector<std::string> chosen = choose(three);
  EXPECT_EQ(std::set<std::string>(chosen.begin(), chosen.end()), (std::set<std::string>{"dn1", "dn2"}));
  three.storage_policy = 7;  // HOT: a new block on DISK alone, a copy also on ARCHIVE
  EXPECT_EQ(choose(three), std::vector<std::string>{"dn1"});
  three.count = 1;
  three.present = {datanodes.number_of("dn1", "DS")};
  EXPECT_EQ(choose(three), std::vector<std::string>{"dn3"});
}

TEST_F(PlacementTest, a_copy_goes_to_the_other_rack_or_beside_its_source) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.count = 1;
  three.source = "dn1";
  three.present = {datanodes.number_of("dn1", "DS")};
  for (int repetition = 0; repetition < 20; ++repetition) EXPECT_EQ(rack(choose(three).at(0)), "/b");
  three.present.push_back(datanodes.number_of("dn3", "DS"));
  for (int repetition = 0; repetition < 20; ++repetition) EXPECT_EQ(choose(three).at(0), "dn2");
}

TEST_F(PlacementTest, a_rack_takes_no_more_than_its_share_while_others_have_room) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.count = 4;  // at most (4 - 1) / 2 + 2 = 3 in a rack
  for (int repetition = 0; repetition < 50; ++repetition) {
    std::vector<std::string> chosen = choose(three);
    ASSERT_EQ(chosen.size(), 4u);
    EXPECT_GE(std::ranges::count(chosen, "/a", [&](const std::string& uuid) { return rack(uuid); }), 1);
  }
}

TEST_F(PlacementTest, where_the_other_rack_is_full_the_rest_stays_in_one) {
  add(1, 10);
  for (int i = 3; i <= 5; ++i) add(i);
  EXPECT_EQ(choose(three).size(), 3u);
}

TEST_F(PlacementTest, a_pipeline_is_the_shortest_way_from_the_writer) {
  for (int i = 1; i <= 5; ++i) add(i);
  three.favored = {"10.0.0.3:9866", "10.0.0.1:9866", "10.0.0.4:9866"};
  three.client_address = "10.0.0.1";
  EXPECT_EQ(choose(three), (std::vector<std::string>{"dn1", "dn3", "dn4"}));
}

TEST(RackDistance, counts_over_the_tree) {
  EXPECT_EQ(rack_distance("/a", "/a"), 2);
  EXPECT_EQ(rack_distance("/a", "/ab"), 4);
  EXPECT_EQ(rack_distance("/dc1/a", "/dc1/b"), 4);
  EXPECT_EQ(rack_distance("/dc1/a", "/dc2/a"), 6);
}

TEST_F(PlacementTest, the_same_seed_chooses_the_same) {
  for (int i = 1; i <= 5; ++i) add(i);
  Placement first(datanodes, 42), second(datanodes, 42);
  for (int repetition = 0; repetition < 20; ++repetition) {
    EXPECT_EQ(first.choose(three, now), second.choose(three, now));
  }
}

}  // namespace
}  // namespace dfs::namenode
