#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

using State = ReplicaStore::RollingUpgrade;

class Trash : public testing::Test {
 protected:
  Trash() {
    for (uint64_t id : {1, 2}) pool.store_block(block_of(id), pattern(700 + id));
  }
  Result<void> remove(uint64_t id) { return pool.run(pool.store->invalidate(block_of(id))); }
  static std::string in(const std::string& root, uint64_t id) {
    return root + "/subdir0/subdir0/" + block_file_name(BlockId(id));
  }
  bool is_there(const std::string& path) { return *memory.exists(path); }
  // As `tusk datanode -rollback` starts.
  void roll_back() {
    pool.store.reset();
    auto opened = open_volumes({{.directory = "/data", .threads = 1, .disk = &disk}}, {});
    ASSERT_TRUE(opened);
    pool.store = std::make_unique<ReplicaStore>(ReplicaStore::Settings{.restore_trash = true},
                                                std::move(opened->volumes), pool.events);
    ASSERT_TRUE(pool.run(pool.store->load(test_pool())));
  }

  MemoryDisk memory;
  FaultyDisk disk{memory};
  Pool pool{disk};
  const std::string root = "/data/current/BP-1-127.0.0.1-1";
  const std::string trash = root + "/trash/finalized", finalized = root + "/current/finalized";
};

TEST_F(Trash, WhatIsDeletedDuringARollingUpgradeIsKeptUntilItIsFinalized) {
  EXPECT_FALSE(pool.store->note_rolling_upgrade(State::kInProgress));
  const uint64_t used = pool.store->volumes()[0]->used_bytes();
  ASSERT_TRUE(remove(1));
  EXPECT_EQ(pool.store->lookup(BlockId(1)), nullptr);
  EXPECT_TRUE(is_there(in(trash, 1)));
  EXPECT_TRUE(is_there(in(trash, 1) + "_1001.meta"));
  EXPECT_FALSE(is_there(in(finalized, 1)));
  EXPECT_EQ(pool.store->volumes()[0]->used_bytes(), used - 701);
  EXPECT_EQ(pool.count_events("deleted"), 1u);
  // A restart changes nothing.
  pool.restart();
  EXPECT_EQ(pool.store->lookup(BlockId(1)), nullptr);
  EXPECT_TRUE(is_there(in(trash, 1)));
  EXPECT_FALSE(pool.store->note_rolling_upgrade(State::kInProgress));
  EXPECT_TRUE(pool.store->note_rolling_upgrade(State::kFinalized));
  EXPECT_FALSE(pool.store->note_rolling_upgrade(State::kFinalized)) << "said with every heartbeat";
  pool.run(pool.store->clear_trash());
  EXPECT_FALSE(is_there(root + "/trash"));
  ASSERT_TRUE(remove(2));
  EXPECT_FALSE(is_there(root + "/trash"));
}

TEST_F(Trash, ARollbackBringsBackWhatWasDeleted) {
  pool.store->note_rolling_upgrade(State::kInProgress);
  ASSERT_TRUE(remove(1));
  roll_back();
  EXPECT_EQ(pool.content(BlockId(1)), pattern(701));
  EXPECT_EQ(pool.content(BlockId(2)), pattern(702));
  EXPECT_FALSE(is_there(root + "/trash"));
}

TEST_F(Trash, ARollbackDoesNotPutAShorterFileInThePlaceOfALongerOne) {
  pool.store->note_rolling_upgrade(State::kInProgress);
  ASSERT_TRUE(remove(1));
  pool.store_block(block_of(1), pattern(900));
  roll_back();
  EXPECT_EQ(pool.content(BlockId(1)), pattern(900));
}

TEST_F(Trash, AnUnfinishedReplicaIsDeletedForGood) {
  pool.store->note_rolling_upgrade(State::kInProgress);
  auto writer = pool.create(block_of(3));
  writer.reset();
  ASSERT_TRUE(remove(3));
  EXPECT_FALSE(is_there(root + "/trash"));
}

TEST_F(Trash, WhatCannotBeMovedThereStays) {
  pool.store->note_rolling_upgrade(State::kInProgress);
  disk.arm({.operation = DiskOperation::kMakeDirectories, .times = 1});
  EXPECT_FALSE(remove(1));
  EXPECT_TRUE(is_there(in(finalized, 1)));
  disk.arm({.operation = DiskOperation::kRename, .times = 1});
  EXPECT_FALSE(remove(2));
  EXPECT_TRUE(is_there(in(finalized, 2)));
}

TEST_F(Trash, AClearanceThatWasInterruptedIsFinishedByTheNext) {
  pool.store->note_rolling_upgrade(State::kInProgress);
  ASSERT_TRUE(remove(1));
  disk.arm({.operation = DiskOperation::kRemove, .times = 1});
  pool.run(pool.store->clear_trash());
  EXPECT_TRUE(is_there(root + "/trash.removed"));
  ASSERT_TRUE(remove(2));
  pool.run(pool.store->clear_trash());
  EXPECT_FALSE(is_there(root + "/trash.removed"));
  EXPECT_FALSE(is_there(root + "/trash"));
}

}  // namespace
}  // namespace dfs::datanode
