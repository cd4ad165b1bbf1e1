#include <gtest/gtest.h>

#include "namenode/blocks/invalidations.h"
#include "namenode/blocks/pending_replication.h"
#include "namenode/blocks/recheck_queue.h"
#include "namenode/blocks/replication_queue.h"

namespace dfs::namenode {
namespace {

using std::chrono::minutes;

constexpr StorageNumber kHere{1}, kThere{2};
const TimePoint kNow{std::chrono::hours(1)};

TEST(ReplicationQueue, urgent_blocks_come_first_and_none_blocks_the_others) {
  ReplicationQueue queue;
  for (uint64_t id = 1; id <= 4; ++id) queue.put(BlockId(id), Urgency::kLow, 3);
  queue.put(BlockId(9), Urgency::kOneLeft, 3);
  queue.put(BlockId(5), Urgency::kLost, 1);
  EXPECT_EQ(queue.next(3), (std::vector{BlockId(9), BlockId(1), BlockId(2)}));
  EXPECT_EQ(queue.next(3), (std::vector{BlockId(9), BlockId(3), BlockId(4)}));
  EXPECT_EQ(queue.low_count(), 5u);
  EXPECT_EQ(queue.lost_with_replication_one(), 1u);
  queue.put(BlockId(5), Urgency::kLow, 1);
  EXPECT_EQ(queue.lost_with_replication_one(), 0u);
  EXPECT_EQ(queue.size(Urgency::kLost), 0u);
  for (uint64_t id : {1, 2, 3, 4, 5, 9}) queue.remove(BlockId(id));
  EXPECT_EQ(queue.total_count(), 0u);
  EXPECT_TRUE(queue.next(3).empty());
}

TEST(ReplicationQueue, the_lost_are_listed_in_order_whatever_they_ask_for) {
  ReplicationQueue queue;
  for (uint64_t id = 1; id <= 9; ++id) queue.put(BlockId(id), Urgency::kLost, id % 3 == 0 ? 1 : 3);
  EXPECT_EQ(queue.size(Urgency::kLost), 9u);
  EXPECT_EQ(queue.low_count(), 0u);
  EXPECT_EQ(queue.lost_with_replication_one(), 3u);
  EXPECT_EQ(queue.lost_after(BlockId(2), 3), (std::vector{BlockId(3), BlockId(4), BlockId(5)}));
  EXPECT_EQ(queue.lost_after(BlockId(7), 9), (std::vector{BlockId(8), BlockId(9)}));
  queue.put(BlockId(3), Urgency::kLost, 3);
  EXPECT_EQ(queue.total_count(), 9u);
  EXPECT_EQ(queue.lost_with_replication_one(), 2u);
  EXPECT_TRUE(queue.contains(BlockId(3)));
  queue.remove(BlockId(3));
  EXPECT_FALSE(queue.contains(BlockId(3)));
}

TEST(PendingReplication, waits_for_each_target_until_its_time) {
  PendingReplication pending;
  pending.add(BlockId(1), {kHere, kThere}, kNow + minutes(5));
  EXPECT_EQ(pending.count(BlockId(1)), 2u);
  pending.settle(BlockId(1), kHere);
  EXPECT_FALSE(pending.contains(BlockId(1), kHere));
  EXPECT_TRUE(pending.take_expired(kNow + minutes(4)).empty());
  auto expired = pending.take_expired(kNow + minutes(5));
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].second, std::vector{kThere});
  EXPECT_EQ(pending.count(BlockId(1)), 0u);
}

TEST(PendingReplication, forgets_a_storage_that_is_gone) {
  PendingReplication pending;
  pending.add(BlockId(1), {kHere}, kNow);
  pending.add(BlockId(2), {kHere, kThere}, kNow);
  EXPECT_EQ(pending.drop(kHere).size(), 2u);
  EXPECT_EQ(pending.block_count(), 1u);
}

TEST(Invalidations, are_sent_in_portions_and_again_until_they_are_done) {
  Invalidations invalidations;
  for (uint64_t id = 1; id <= 3; ++id) invalidations.add(kHere, BlockId(id), GenerationStamp(7));
  EXPECT_EQ(invalidations.take(kHere, 2, kNow).size(), 2u);
  EXPECT_EQ(invalidations.take(kHere, 2, kNow).size(), 1u);
  EXPECT_TRUE(invalidations.take(kHere, 2, kNow + minutes(1)).empty());
  invalidations.remove(kHere, BlockId(1));
  EXPECT_FALSE(invalidations.contains(kHere, BlockId(1)));
  EXPECT_EQ(invalidations.take(kHere, 9, kNow + minutes(10)).size(), 2u);
  EXPECT_EQ(invalidations.take(kHere, 9, kNow + minutes(20)).size(), 2u);
  EXPECT_TRUE(invalidations.take(kHere, 9, kNow + minutes(30)).empty());
  EXPECT_EQ(invalidations.give_up(kNow + minutes(29)).size(), 0u);
  EXPECT_EQ(invalidations.give_up(kNow + minutes(30)).size(), 2u);
  EXPECT_EQ(invalidations.count(), 0u);
}

TEST(Invalidations, a_report_shows_what_has_been_deleted) {
  Invalidations invalidations;
  invalidations.add(kHere, BlockId(1), GenerationStamp(7));
  invalidations.add(kHere, BlockId(2), GenerationStamp(7));
  invalidations.keep_only(kHere, [](BlockId block, GenerationStamp) { return block == BlockId(2); });
  EXPECT_FALSE(invalidations.contains(kHere, BlockId(1)));
  EXPECT_TRUE(invalidations.contains(kHere, BlockId(2)));
}

TEST(Invalidations, one_of_an_earlier_stamp_than_the_replica_has_is_void) {
  Invalidations invalidations;
  invalidations.add(kHere, BlockId(1), GenerationStamp(7));
  invalidations.drop_earlier(kHere, BlockId(1), GenerationStamp(7));
  invalidations.drop_earlier(kThere, BlockId(1), GenerationStamp(8));
  EXPECT_TRUE(invalidations.contains(kHere, BlockId(1)));
  invalidations.drop_earlier(kHere, BlockId(1), GenerationStamp(8));
  EXPECT_FALSE(invalidations.contains(kHere, BlockId(1)));
}

TEST(Invalidations, what_a_datanode_still_has_when_it_starts_is_sent_at_once) {
  Invalidations invalidations;
  for (uint64_t id = 1; id <= 2; ++id) invalidations.add(kHere, BlockId(id), GenerationStamp(7));
  ASSERT_EQ(invalidations.take(kHere, 1, kNow).size(), 1u);
  invalidations.send_again(kHere);
  invalidations.send_again(kThere);
  EXPECT_EQ(invalidations.take(kHere, 9, kNow).size(), 2u);
  EXPECT_TRUE(invalidations.take(kHere, 9, kNow).empty());
}

TEST(Invalidations, another_stamp_is_another_replica_and_sent_anew) {
  Invalidations invalidations;
  invalidations.add(kHere, BlockId(1), GenerationStamp(7));
  ASSERT_EQ(invalidations.take(kHere, 9, kNow).size(), 1u);
  invalidations.add(kHere, BlockId(1), GenerationStamp(8));
  std::vector<InvalidateCommand> taken = invalidations.take(kHere, 9, kNow);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].generation_stamp, GenerationStamp(8));
}

TEST(RecheckQueue, walks_in_portions_and_takes_single_blocks_first) {
  std::unique_ptr<Tables> tables = Tables::in_memory();
  Batch batch;
  for (uint32_t i = 0; i < 5; ++i) {
    BlockRow row;
    row.id = BlockId(100 + i);
    batch.put(Table::kFileBlocks, file_block_key(InodeId(20000 + i / 3), i), encode(row));
  }
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  RecheckQueue queue;
  queue.add_all_blocks();
  queue.add(BlockId(7), {.from = "dn1", .to = "dn2"});
  queue.add(BlockId(7));
  auto first = queue.next(*tables, 3);
  ASSERT_EQ(first->size(), 3u);
  EXPECT_EQ(first->at(0).block, BlockId(7));
  EXPECT_EQ(first->at(0).move.from, "dn1");
  EXPECT_EQ(first->at(2).block, BlockId(101));
  EXPECT_EQ(queue.next(*tables, 10)->size(), 3u);
  EXPECT_TRUE(queue.empty());
  queue.add_file(InodeId(20001));
  EXPECT_EQ(queue.next(*tables, 10)->size(), 2u);
}

}  // namespace
}  // namespace dfs::namenode
