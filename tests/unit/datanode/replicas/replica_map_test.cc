#include "datanode/replicas/replica_map.h"

#include <map>
#include <random>
#include <thread>

#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

TEST(ReplicaRows, HoldWhatAMapHoldsThroughAnyPutsAndErases) {
  std::mt19937_64 random(7);
  ReplicaRows rows;
  std::map<uint64_t, uint64_t> model;
  for (int step = 0; step < 20000; ++step) {
    // Fewer ids than steps, first growing, then shrinking.
    const uint64_t id = random() % 600;
    if (random() % 10 < (step < 10000 ? 7u : 3u)) {
      rows.put({.id = BlockId(id), .length_bytes = uint64_t(step), .volume = 1});
      model[id] = uint64_t(step);
    } else {
      EXPECT_EQ(rows.erase(BlockId(id)), model.erase(id) == 1);
    }
    ASSERT_EQ(rows.size(), model.size());
    const uint64_t other = random() % 600;
    const ReplicaRow* found = rows.find(BlockId(other));
    ASSERT_EQ(found != nullptr, model.contains(other));
    if (found) ASSERT_EQ(found->length_bytes, model[other]);
  }
  rows.erase_if([](const ReplicaRow& row) { return raw(row.id) % 2 == 0; });
  std::erase_if(model, [](const auto& one) { return one.first % 2 == 0; });
  std::map<uint64_t, uint64_t> seen;
  rows.for_each([&](const ReplicaRow& row) { seen[raw(row.id)] = row.length_bytes; });
  EXPECT_EQ(seen, model);
  for (const auto& [id, length] : model) EXPECT_TRUE(rows.erase(BlockId(id)));
  EXPECT_EQ(rows.size(), 0u);
  EXPECT_EQ(rows.find(BlockId(1)), nullptr);
}

struct Listed {
  explicit Listed(const Pool& pool) {
    pool.store->replicas().visit(*pool.store->volumes()[0], [this](const ReplicaMap::Listed& listed) {
      EXPECT_TRUE(all.try_emplace(raw(listed.block.id), listed).second) << "listed twice";
    });
  }
  std::map<uint64_t, ReplicaMap::Listed> all;
};

TEST(ReplicaMap, AFinalizedReplicaThatNobodyUsesIsNoObjectAndIsFoundAsItWas) {
  MemoryDisk disk;
  Pool pool(disk);
  for (uint64_t id : {1, 2, 3}) pool.store_block(block_of(id), pattern(1000 + id));
  EXPECT_EQ(pool.store->replicas().size(), 3u);
  EXPECT_EQ(pool.store->replicas().live(), 0u);
  auto replica = pool.store->lookup(BlockId(2));
  EXPECT_EQ(pool.store->lookup(BlockId(2)), replica) << "one object of a block";
  EXPECT_EQ(pool.store->replicas().live(), 1u);
  EXPECT_EQ(replica->view().block.length_bytes, 1002u);
  EXPECT_EQ(replica->view().acknowledged_bytes, 1002u);
  replica.reset();
  EXPECT_EQ(pool.store->replicas().live(), 0u);
  EXPECT_EQ(pool.content(BlockId(2)), pattern(1002));
  EXPECT_EQ(Listed(pool).all.size(), 3u);
}

TEST(ReplicaMap, AReplicaIsListedAsItIsNowInWhicheverStateAndWhoeverHasIt) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  auto held = pool.store->lookup(BlockId(1));
  auto writer = pool.create(block_of(2));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(300)));
  auto copy = pool.create(block_of(3), ReplicaState::kTemporary);
  {
    Listed listed(pool);
    ASSERT_EQ(listed.all.size(), 3u);
    EXPECT_EQ(listed.all.at(1).state, ReplicaState::kFinalized);
    EXPECT_EQ(listed.all.at(2).state, ReplicaState::kRbw);
    EXPECT_EQ(listed.all.at(2).block.length_bytes, 300u);
    EXPECT_EQ(listed.all.at(3).state, ReplicaState::kTemporary);
  }
  held.reset();
  // Written again: what stands in its row is no longer so.
  auto appender = pool.run(pool.store->append({.block = {BlockId(1), GenerationStamp(1001), 700},
                                               .generation = GenerationStamp(1002),
                                               .received_bytes_min = 700,
                                               .checksum = pool.checksum},
                                              [] {}));
  ASSERT_TRUE(appender) << appender.error().to_string();
  ASSERT_TRUE(pool.append(**appender, 700, pattern(50)));
  EXPECT_EQ(Listed(pool).all.at(1).state, ReplicaState::kRbw);
  EXPECT_EQ(Listed(pool).all.at(1).block.length_bytes, 750u);
  // Its writer goes away: it stays what it is, though nobody has it.
  appender->reset();
  EXPECT_EQ(Listed(pool).all.at(1).state, ReplicaState::kRbw);
  EXPECT_EQ(pool.view(BlockId(1)).block.generation, GenerationStamp(1002));
  // Under recovery it is listed as what it was, and afterwards it is a row again.
  ASSERT_TRUE(pool.run(pool.store->init_recovery({BlockId(1), GenerationStamp(1002), 0}, GenerationStamp(1005))));
  EXPECT_EQ(pool.view(BlockId(1)).state, ReplicaState::kRur);
  EXPECT_EQ(Listed(pool).all.at(1).state, ReplicaState::kRbw);
  ASSERT_TRUE(pool.run(pool.store->update_under_recovery({BlockId(1), GenerationStamp(1002), 750},
                                                         GenerationStamp(1005), BlockId{}, 720)));
  EXPECT_EQ(Listed(pool).all.at(1).state, ReplicaState::kFinalized);
  EXPECT_EQ(Listed(pool).all.at(1).block, (Block{BlockId(1), GenerationStamp(1005), 720}));
  EXPECT_EQ(pool.store->replicas().live(), 2u) << "of the two that are being written";
}

TEST(ReplicaMap, ADeletedReplicaIsGoneAlsoWhileSomebodyReadsIt) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  auto held = pool.store->lookup(BlockId(1));
  ASSERT_TRUE(pool.run(pool.store->invalidate(block_of(1))));
  EXPECT_EQ(pool.store->lookup(BlockId(1)), nullptr);
  EXPECT_EQ(pool.store->replicas().size(), 0u);
  // The block comes again: another replica, which the old one does not touch.
  pool.store_block(block_of(1, 1003), pattern(900));
  {
    ReplicaClaim claim = ReplicaClaim::attempt(held, [] {});
  }
  held.reset();
  EXPECT_EQ(pool.view(BlockId(1)).block, (Block{BlockId(1), GenerationStamp(1003), 900}));
}

TEST(ReplicaMap, AReplicaInAPlaceThatItsIdDoesNotSayKeepsIt) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(1), pattern(700));
  const std::string finalized = pool.store->volumes()[0]->layout().finalized();
  ASSERT_TRUE(disk.make_directories(finalized + "/subdir7/subdir9", 0700));
  for (const std::string& name : {block_file_name(BlockId(1)), meta_file_name(BlockId(1), GenerationStamp(1001))}) {
    ASSERT_TRUE(disk.rename(finalized + "/subdir0/subdir0/" + name, finalized + "/subdir7/subdir9/" + name));
  }
  pool.restart();
  EXPECT_EQ(pool.content(BlockId(1)), pattern(700));
  EXPECT_EQ(Listed(pool).all.size(), 1u);
}

TEST(ReplicaMap, TheNextIdsAreFoundInTheirOrder) {
  MemoryDisk disk;
  Pool pool(disk);
  for (uint64_t id : {40, 7, 300, 2, 90}) pool.store_block(block_of(id), "x");
  auto writer = pool.create(block_of(8));
  const Volume& volume = *pool.store->volumes()[0];
  using Ids = std::vector<BlockId>;
  EXPECT_EQ(pool.store->replicas().finalized_after(volume, BlockId(0), 3), (Ids{BlockId(2), BlockId(7), BlockId(40)}));
  EXPECT_EQ(pool.store->replicas().finalized_after(volume, BlockId(40), 3), (Ids{BlockId(90), BlockId(300)}));
  EXPECT_EQ(pool.store->replicas().finalized_after(volume, BlockId(300), 3), Ids{});
}

TEST(ReplicaMap, LookingWhileOthersChangeReplicasSeesEachOnce) {
  MemoryDisk disk;
  Pool pool(disk);
  for (uint64_t id = 1; id <= 200; ++id) pool.store_block(block_of(id), "x");
  std::atomic<bool> done = false;
  std::thread claiming([&] {
    for (uint64_t i = 0; !done; ++i) {
      if (auto replica = pool.store->lookup(BlockId(1 + i % 200))) {
        ReplicaClaim claim = ReplicaClaim::attempt(replica, [] {});
        replica->update([&](Replica::View& view) { view.block.generation = GenerationStamp(2000 + i); });
      }
    }
  });
  for (int i = 0; i < 200; ++i) ASSERT_EQ(Listed(pool).all.size(), 200u);
  done = true;
  claiming.join();
  EXPECT_EQ(pool.store->replicas().live(), 0u);
}

}  // namespace
}  // namespace dfs::datanode
