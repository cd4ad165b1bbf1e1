#include "namenode/blocks/excess.h"

#include <gtest/gtest.h>

#include "namenode/blocks/redundancy.h"
#include "namenode/blocks/storage_policy.h"

namespace dfs::namenode {
namespace {

const TimePoint kNow{std::chrono::hours(1)};
const TimePoint kSilentSince = kNow - std::chrono::seconds(12);

ExcessCandidate replica(uint32_t number, std::string rack, uint64_t remaining = 100, uint8_t type = 1,
                        TimePoint heartbeat = kNow) {
  return {StorageNumber(number), "dn" + std::to_string(number), std::move(rack), type, remaining, heartbeat};
}

std::vector<uint32_t> chosen(std::vector<ExcessCandidate> replicas, size_t keep, std::vector<uint8_t> types = {1, 1, 1},
                             const ReplicaMove& move = {}) {
  std::vector<uint32_t> numbers;
  for (StorageNumber number : choose_excess(std::move(replicas), keep, std::move(types), move, kSilentSince)) {
    numbers.push_back(uint32_t(number));
  }
  return numbers;
}

TEST(Excess, the_fullest_datanode_gives_up_its_replica) {
  EXPECT_EQ(chosen({replica(1, "/a", 30), replica(2, "/a", 10), replica(3, "/a", 20)}, 1),
            (std::vector<uint32_t>{2, 3}));
  EXPECT_TRUE(chosen({replica(1, "/a"), replica(2, "/a")}, 2).empty());
}

TEST(Excess, one_that_has_been_silent_comes_first) {
  EXPECT_EQ(chosen({replica(1, "/a", 10), replica(2, "/a", 99, 1, kSilentSince - std::chrono::seconds(1))}, 1),
            std::vector<uint32_t>{2});
}

TEST(Excess, of_two_racks_the_one_with_several_replicas_gives_one_up) {
  EXPECT_EQ(chosen({replica(1, "/a", 1), replica(2, "/b", 50), replica(3, "/b", 40)}, 2), std::vector<uint32_t>{3});
  // Then there is no such rack any more.
  EXPECT_EQ(chosen({replica(1, "/a", 1), replica(2, "/b", 50), replica(3, "/b", 40)}, 1),
            (std::vector<uint32_t>{3, 1}));
}

TEST(Excess, only_storage_types_that_are_too_many_are_given_up) {
  EXPECT_EQ(chosen({replica(1, "/a", 1), replica(2, "/a", 9, 2), replica(3, "/a", 2)}, 2, {2}),
            std::vector<uint32_t>{2});
  EXPECT_EQ(chosen({replica(1, "/a"), replica(2, "/a"), replica(3, "/a")}, 1, {1}).size(), 1u);
}

TEST(Excess, what_a_mover_moved_is_given_up_where_it_came_from_if_no_rack_is_lost) {
  const ReplicaMove move{.from = "dn1", .to = "dn4"};
  EXPECT_EQ(chosen({replica(1, "/a", 90), replica(2, "/b", 5), replica(4, "/b", 50)}, 2, {1}, move),
            std::vector<uint32_t>{2});
  EXPECT_EQ(chosen({replica(1, "/a", 90), replica(2, "/b", 5), replica(4, "/c", 50)}, 2, {1}, move),
            std::vector<uint32_t>{1});
  EXPECT_EQ(chosen({replica(1, "/a", 90), replica(2, "/a", 5), replica(4, "/b", 50)}, 2, {1}, move),
            std::vector<uint32_t>{1});
  EXPECT_EQ(chosen({replica(1, "/a", 90, 3), replica(2, "/a", 5), replica(4, "/b", 50)}, 2, {1}, move),
            std::vector<uint32_t>{2});
}

TEST(Redundancy, maintenance_lowers_what_is_required_down_to_its_minimum) {
  EXPECT_EQ(required_live(3, 0, 1), 3u);
  EXPECT_EQ(required_live(3, 1, 1), 2u);
  EXPECT_EQ(required_live(3, 3, 1), 1u);
  EXPECT_EQ(required_live(3, 4, 0), 0u);
  EXPECT_EQ(required_live(1, 1, 2), 1u);
}

TEST(Redundancy, urgency_follows_what_is_left_in_service) {
  EXPECT_EQ(urgency_of(0, 3, 3), Urgency::kOneLeft);
  EXPECT_EQ(urgency_of(1, 3, 3), Urgency::kOneLeft);
  EXPECT_EQ(urgency_of(2, 3, 3), Urgency::kLow);
  EXPECT_EQ(urgency_of(2, 10, 10), Urgency::kVeryLow);
  EXPECT_EQ(urgency_of(3, 3, 3), Urgency::kBadlyPlaced);
}

TEST(Redundancy, a_datanode_may_leave_when_its_block_is_safe_elsewhere) {
  const SufficiencyLimits limits{.replication_min = 1, .replication_default = 3, .maintenance_min = 1};
  auto sufficient = [&](Sufficiency block, Leaving leaving) { return is_sufficient(block, leaving, limits); };
  EXPECT_TRUE(sufficient({.live = 3, .replication = 3}, Leaving::kForGood));
  EXPECT_FALSE(sufficient({.live = 2, .replication = 3}, Leaving::kForGood));
  EXPECT_FALSE(sufficient({.live = 2, .replication = 2, .well_placed = false}, Leaving::kForGood));
  EXPECT_TRUE(sufficient({.live = 3, .replication = 5}, Leaving::kForGood));
  EXPECT_TRUE(sufficient({.live = 1, .replication = 5}, Leaving::kForMaintenance));
  EXPECT_FALSE(sufficient({.live = 0, .replication = 1}, Leaving::kForMaintenance));
  EXPECT_TRUE(sufficient({.being_written = 1, .replication = 3, .last_of_open_file = true}, Leaving::kForGood));
  EXPECT_FALSE(sufficient({.being_written = 0, .replication = 3, .last_of_open_file = true}, Leaving::kForGood));
}

TEST(StoragePolicyTypes, are_those_that_the_replicas_do_not_have_yet) {
  using Types = std::vector<uint8_t>;
  auto missing = [](uint8_t policy, size_t replication, Types there, std::set<uint8_t> gone = {}, bool is_new = true) {
    return missing_storage_types(*find_storage_policy(policy), replication, there, gone, is_new);
  };
  EXPECT_EQ(missing(7, 3, {}), (Types{1, 1, 1}));
  EXPECT_EQ(missing(5, 3, {}), (Types{1, 3, 3}));
  EXPECT_EQ(missing(5, 3, {3}), (Types{1, 3}));
  EXPECT_EQ(missing(10, 3, {1, 1}), Types{2});
  EXPECT_EQ(missing(15, 2, {}), (Types{1, 1}));  // DataNodes choose RAM_DISK by themselves
  EXPECT_EQ(missing(12, 2, {}, {2}), (Types{1, 1}));
  EXPECT_EQ(missing(7, 2, {}, {1}), Types{});
  EXPECT_EQ(missing(7, 2, {}, {1}, false), (Types{3, 3}));
  EXPECT_EQ(missing(12, 3, {1}), (Types{2, 2, 2}));  // a DISK is no SSD
  EXPECT_EQ(missing(12, 3, {1}, {2}), (Types{1, 1}));
  EXPECT_EQ(excess_storage_types(*find_storage_policy(7), 2, Types{1, 1, 1}), Types{1});
  EXPECT_EQ(excess_storage_types(*find_storage_policy(7), 2, Types{1, 2, 1}), Types{2});
}

}  // namespace
}  // namespace dfs::namenode
