#include "namenode/namespace/detached_trees.h"

#include "namenode/namespace/operations/quotas.h"
#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/quota.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

class DetachedTreesTest : public NamespaceFixture {
 protected:
  // A tree of 3 directories, a file with blocks, an open file and as many empty files as make it large.
  void make_large(const std::string& top) {
    ASSERT_TRUE(make_directory(top + "/sub/deep"));
    write_file(top + "/sub/deep/blocks", {100, 7});
    ASSERT_TRUE(create_file(top + "/sub/open", "writer"));
    for (size_t i = 0; i < kRemovedAtOnceMax; ++i) ASSERT_TRUE(make_directory(top + "/d" + std::to_string(i)));
  }
  void remove(const std::string& path) {
    Result<bool> removed = run(operations::remove, operations::Delete{.path = path, .recursive = true});
    ASSERT_TRUE(removed) << error_of(removed);
    ASSERT_TRUE(*removed);
  }
  bool has_detached() {
    size_t directories = 0;
    EXPECT_TRUE(for_each_detached_directory(*tables, [&](InodeId) { ++directories; }));
    return directories > 0;
  }
  void expect_only(uint64_t directories, uint64_t files, uint64_t blocks_left) {
    EXPECT_EQ(count(Counter::kDirectoryCount), directories);
    EXPECT_EQ(count(Counter::kFileCount), files);
    EXPECT_EQ(count(Counter::kBlockCount), blocks_left);
  }
};

TEST_F(DetachedTreesTest, ALargeTreeIsGoneAtOnceAndItsInodesLater) {
  make_large("/big");
  const InodeId open = status("/big/sub/open")->inode->id;
  const InodeId deep = status("/big/sub/deep")->inode->id;
  remove("/big");
  EXPECT_FALSE(status("/big"));
  EXPECT_FALSE(resolve_inode(*tables, open).value());
  EXPECT_FALSE(resolve_inode(*tables, deep).value());
  EXPECT_TRUE(open_files(query(root), kNoInode, 10, "/").value().empty());
  EXPECT_TRUE(has_detached());
  EXPECT_GT(count(Counter::kDirectoryCount), 1u);

  sweep(*tables, 7);
  EXPECT_FALSE(has_detached());
  expect_only(1, 0, 0);
  EXPECT_TRUE(leases.expired(now + std::chrono::hours(24), 1).empty());
  EXPECT_EQ(find_quota_usage(*tables, kRootInode).value(), QuotaCounts{.names = 1});
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, ASmallTreeGoesWithTheRecord) {
  ASSERT_TRUE(make_directory("/small/a"));
  remove("/small");
  EXPECT_FALSE(has_detached());
  expect_only(1, 0, 0);
}

TEST_F(DetachedTreesTest, ADirectoryMayBeOlderThanWhatItWasIn) {
  for (const std::string top : {"/oldest", "/older", "/old"}) make_large(top);
  ASSERT_TRUE(run(operations::rename_old, operations::Rename{.source = "/oldest", .destination = "/older/in"}));
  ASSERT_TRUE(run(operations::rename_old, operations::Rename{.source = "/older", .destination = "/old/in"}));
  remove("/old");
  sweep(*tables, 7);
  EXPECT_FALSE(has_detached());
  expect_only(1, 0, 0);
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, TheNameCanBeUsedAgainMeanwhile) {
  make_large("/big");
  remove("/big");
  make_large("/big");
  sweep(*tables, 50, 3);
  EXPECT_TRUE(status("/big/sub/deep/blocks"));
  remove("/big");
  sweep(*tables, 100);
  expect_only(1, 0, 0);
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, QuotasAreFreeAtOnce) {
  ASSERT_TRUE(make_directory("/q"));
  make_large("/q/big");
  ASSERT_TRUE(run(operations::set_quota, operations::SetQuota{.path = "/q", .namespace_quota = 600}));
  ASSERT_TRUE(run(operations::set_quota, operations::SetQuota{.path = "/q/big/sub", .namespace_quota = 50}));
  remove("/q/big");
  EXPECT_EQ(find_quota_usage(*tables, status("/q")->inode->id).value(), QuotaCounts{.names = 1});
  EXPECT_EQ(find_quota_usage(*tables, kRootInode).value(), QuotaCounts{.names = 2});
  make_large("/q/big");
  // A rename asks where quotas are, also that of the directory which is no longer in the tree.
  ASSERT_TRUE(run(operations::rename_old, operations::Rename{.source = "/q/big", .destination = "/big"}));
  sweep(*tables, 100);
  EXPECT_EQ(find_quota_usage(*tables, status("/q")->inode->id).value(), QuotaCounts{.names = 1});
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, ARootThatIsCountedAnewHasNoMoreToGiveBack) {
  make_large("/big");
  write_file("/kept", {100});
  remove("/big");
  sweep(*tables, 50, 2);
  constexpr uint8_t kDisk = 2;
  ASSERT_TRUE(run(operations::set_quota,
                  operations::SetQuota{.path = "/", .storage_space_quota = 1'000'000, .storage_type = kDisk}));
  EXPECT_EQ(find_quota_usage(*tables, kRootInode).value()->names, 2);
  sweep(*tables, 50, 2);
  ASSERT_TRUE(run(operations::set_storage_policy, operations::SetStoragePolicy{.path = "/", .policy = "HOT"}));
  sweep(*tables, 100);
  const QuotaCounts swept = *find_quota_usage(*tables, kRootInode).value();
  EXPECT_EQ(swept.names, 2);
  EXPECT_EQ(swept.space, 300);
  EXPECT_EQ(swept.types[kDisk], 300);
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, WhereSnapshotsAreAllGoesAtOnce) {
  ASSERT_TRUE(make_directory("/s"));
  make_large("/s/big");
  ASSERT_TRUE(run(operations::allow_snapshot, operations::AllowSnapshot{.directory = "/s"}));
  ASSERT_TRUE(run(operations::create_snapshot, operations::CreateSnapshot{.directory = "/s", .name = "one"}));
  remove("/s/big");
  EXPECT_FALSE(has_detached());
  EXPECT_TRUE(status("/s/.snapshot/one/big/sub/deep/blocks"));
  expect_replay_equals_live();
}

TEST_F(DetachedTreesTest, SizesAreCountedAsFarAsAsked) {
  ASSERT_TRUE(make_directory("/a/b/c"));
  write_file("/a/b/f");
  const InodeRow a = *status("/a")->inode;
  EXPECT_TRUE(is_larger_than(*tables, a, 3).value());
  EXPECT_FALSE(is_larger_than(*tables, a, 4).value());
  EXPECT_FALSE(is_larger_than(*tables, *status("/a/b/f")->inode, 1).value());
}

}  // namespace
}  // namespace dfs::namenode
