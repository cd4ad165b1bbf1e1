#include "tests/unit/namenode/namespace/snapshot_fixture.h"

// Losses that Hadoop had and that concern snapshots, by the number of their report.
namespace dfs::namenode {
namespace {

class SnapshotIncidents : public SnapshotFixture {
 protected:
  SnapshotIncidents() {
    make_directory("/d").value();
    allow("/d").value();
  }
  void TearDown() override { expect_replay_equals_live(); }
};

TEST_F(SnapshotIncidents, HDFS_15446_WhatWasDoneByReservedRawIsReplayed) {
  make_directory("/.reserved/raw/e").value();
  ASSERT_TRUE(allow("/e"));
  ASSERT_TRUE(take("/.reserved/raw/e", "a"));
  ASSERT_TRUE(take("/.reserved/raw/d", "a"));
  ASSERT_TRUE(rename_snapshot("/.reserved/raw/e", "a", "b"));
  EXPECT_TRUE(status("/e/.snapshot/b"));
  ASSERT_TRUE(drop("/.reserved/raw/e", "b"));
  ASSERT_TRUE(disallow("/e"));
}

TEST_F(SnapshotIncidents, HDFS_6647_APipelineOfAFileThatOnlyASnapshotHasIsNotLogged) {
  ASSERT_TRUE(create_file("/d/f"));
  auto block = run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "c1"});
  ASSERT_TRUE(block);
  ASSERT_TRUE(take("/d", "s"));
  ASSERT_TRUE(remove("/d/f").value());
  const size_t records = log.size();
  EXPECT_FALSE(run(operations::update_block_for_pipeline,
                   operations::UpdateBlockForPipeline{.block = named(*block, 5), .holder = "c1"}));
  EXPECT_FALSE(run(operations::add_block, operations::AddBlock{.path = "/d/f", .holder = "c1"}));
  EXPECT_FALSE(
      run(operations::complete, operations::Complete{.path = "/d/f", .holder = "c1", .last = named(*block, 5)}));
  EXPECT_EQ(log.size(), records);
}

// A snapshot is deleted whose directory was renamed away and back, with a file that a later snapshot still has: the
// first remedy took such inodes away while they were in use.
TEST_F(SnapshotIncidents, HDFS_15012_and_15313_DeletingASnapshotSparesWhatIsStillThere) {
  make_directory("/d/a").value();
  write_file("/d/a/f", {10});
  const InodeId file = status("/d/a/f")->inode->id;
  ASSERT_TRUE(take("/d", "s1"));
  ASSERT_TRUE(move("/d/a", "/d/b"));
  ASSERT_TRUE(take("/d", "s2"));
  ASSERT_TRUE(move("/d/b", "/elsewhere"));
  ASSERT_TRUE(move("/elsewhere", "/d/a"));
  write_file("/d/a/g", {20});
  ASSERT_TRUE(take("/d", "s3"));
  ASSERT_TRUE(remove("/d/a/g").value());
  ASSERT_TRUE(drop("/d", "s2"));
  EXPECT_EQ(status("/d/a/f")->inode->id, file);
  EXPECT_EQ(status("/d/.snapshot/s1/a/f")->inode->id, file);
  EXPECT_TRUE(status("/d/.snapshot/s3/a/g"));
  ASSERT_TRUE(drop("/d", "s3"));
  ASSERT_TRUE(drop("/d", "s1"));
  EXPECT_EQ(status("/d/a/f")->inode->id, file);
  EXPECT_EQ(located("/d/a/f").blocks.size(), 1u);
  EXPECT_EQ(rows(Table::kVersions), 0u);
  EXPECT_EQ(rows(Table::kBlockIndex), 1u);
}

}  // namespace
}  // namespace dfs::namenode
