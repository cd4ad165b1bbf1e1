#include "namenode/journal/edit_codec.h"
#include "namenode/namespace/operations/quotas.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

// Losses that Hadoop had and that concern the namespace and its log, by the number of their report.
namespace dfs::namenode {
namespace {

using namespace operations;

class NamespaceIncidents : public NamespaceFixture {
 protected:
  Result<LocatedBlock> next_block(const std::string& path, InodeId file, std::optional<NamedBlock> previous = {}) {
    return run(add_block, AddBlock{.path = path, .holder = "c1", .file = file, .previous = std::move(previous)});
  }
  Result<bool> finish(const std::string& path, InodeId file, std::optional<NamedBlock> last) {
    return run(complete, Complete{.path = path, .holder = "c1", .file = file, .last = std::move(last)});
  }
  bool remove_tree(const std::string& path) { return run(remove, Delete{.path = path, .recursive = true}).value(); }
  Result<Done> set_space(const std::string& path, int64_t quota) {
    return run(set_quota, SetQuota{.path = path, .storage_space_quota = quota});
  }
  Result<Done> set_names(const std::string& path, int64_t quota) {
    return run(set_quota, SetQuota{.path = path, .namespace_quota = quota});
  }
  QuotaCounts row(const std::string& path) {
    return find_quota_usage(*tables, status(path)->inode->id).value().value_or(QuotaCounts{.names = -1});
  }
  // The rows of quotas say what a walk finds.
  void expect_quotas_are_true() {
    Batch counted;
    ASSERT_TRUE(count_everything(*tables, counted));
    std::map<std::string, std::string> wanted, found;
    for (const Batch::Change& change : counted.changes()) wanted[change.key] = *change.value;
    ASSERT_TRUE(tables->scan(Table::kQuotaUsage, "", [&](std::string_view key, std::string_view value) {
      found[std::string(key)] = value;
      return true;
    }));
    EXPECT_EQ(found, wanted);
  }
  // Each record is what the codec makes of it again.
  void expect_log_is_readable() {
    uint64_t id = 0;
    for (const EditRecord& record : log) {
      std::string bytes;
      ASSERT_TRUE(encode_edit({TransactionId{++id}, record}, bytes));
      auto frame = decode_frame(as_bytes(bytes));
      ASSERT_TRUE(frame) << error_of(frame);
      auto read = decode_edit(*frame);
      ASSERT_TRUE(read) << error_of(read);
    }
  }
  void TearDown() override {
    expect_log_is_readable();
    expect_replay_equals_live();
  }
};

// A writer that does not know yet that its file is gone must not get a word about it into the log.
TEST_F(NamespaceIncidents, HDFS_6527_ABlockForAFileThatWasDeletedIsNotLogged) {
  make_directory("/d").value();
  const InodeId file = create_file("/d/f")->inode->id;
  LocatedBlock first = next_block("/d/f", file).value();
  ASSERT_TRUE(remove_tree("/d"));
  const size_t records = log.size();
  EXPECT_EQ(next_block("/d/f", file, named(first, 10)).error().code(), ErrorCode::kFileNotFound);
  EXPECT_FALSE(finish("/d/f", file, named(first, 10)));
  EXPECT_FALSE(run(fsync, Fsync{.path = "/d/f", .holder = "c1", .file = file}));
  EXPECT_FALSE(
      run(abandon_block, AbandonBlock{.path = "/d/f", .holder = "c1", .file = file, .block = named(first, 0)}));
  EXPECT_EQ(log.size(), records);
}

TEST_F(NamespaceIncidents, HDFS_6647_APipelineOfAFileThatWasDeletedIsNotLogged) {
  const InodeId file = create_file("/f")->inode->id;
  LocatedBlock block = next_block("/f", file).value();
  LocatedBlock stamped =
      run(update_block_for_pipeline, UpdateBlockForPipeline{.block = named(block, 5), .holder = "c1"}).value();
  ASSERT_TRUE(remove_tree("/f"));
  const size_t records = log.size();
  EXPECT_FALSE(run(update_pipeline,
                   UpdatePipeline{.holder = "c1", .old_block = named(block, 5), .new_block = named(stamped, 5)}));
  EXPECT_FALSE(run(update_block_for_pipeline, UpdateBlockForPipeline{.block = named(block, 5), .holder = "c1"}));
  EXPECT_EQ(log.size(), records);
}

TEST_F(NamespaceIncidents, HDFS_6825_ARecoveryOfAFileThatWasDeletedIsNotLogged) {
  const InodeId file = create_file("/f")->inode->id;
  next_block("/f", file).value();
  ASSERT_FALSE(run(recover_lease, RecoverLease{.path = "/f", .holder = "other"}).value());
  ASSERT_EQ(blocks.recoveries.size(), 1u);
  const BlockRecovery recovery = blocks.recoveries.begin()->second;
  ASSERT_TRUE(remove_tree("/f"));
  const size_t records = log.size();
  auto late =
      run(commit_block_synchronization,
          CommitBlockSynchronization{
              .block = {.pool = "BP-1", .id = recovery.block.id, .generation_stamp = recovery.block.generation_stamp},
              .new_generation_stamp = recovery.recovery_stamp,
              .new_length = 10,
              .close_file = true});
  EXPECT_EQ(late.error().code(), ErrorCode::kIo);
  EXPECT_EQ(log.size(), records);
  EXPECT_TRUE(blocks.recoveries.empty());
}

TEST_F(NamespaceIncidents, HDFS_7707_TheWriterOfADeletedFileDoesNotWriteIntoTheOneThatHasItsNameNow) {
  make_directory("/d").value();
  const InodeId old = create_file("/d/f")->inode->id;
  LocatedBlock block = next_block("/d/f", old).value();
  ASSERT_TRUE(remove_tree("/d"));
  make_directory("/d").value();
  const InodeId young = create_file("/d/f")->inode->id;  // by the same client
  ASSERT_NE(young, old);
  const size_t records = log.size();
  EXPECT_FALSE(next_block("/d/f", old, named(block, 10)));
  EXPECT_FALSE(finish("/d/f", old, named(block, 10)));
  EXPECT_FALSE(run(fsync, Fsync{.path = "/d/f", .holder = "c1", .file = old}));
  EXPECT_EQ(log.size(), records);
  EXPECT_EQ(status("/d/f")->inode->block_count, 0u);
  EXPECT_TRUE(finish("/d/f", young, {}).value());
}

TEST_F(NamespaceIncidents, HDFS_7587_AnAppendThatAQuotaRefusesLeavesTheFileClosed) {
  make_directory("/q").value();
  write_file("/q/f", {50});
  ASSERT_TRUE(set_space("/q", 200));
  const size_t records = log.size();
  EXPECT_EQ(run(append, Append{.path = "/q/f", .holder = "c1"}).error().code(), ErrorCode::kSpaceQuota);
  EXPECT_EQ(log.size(), records);
  EXPECT_FALSE(status("/q/f")->inode->under_construction);
  EXPECT_EQ(leases.file_count(), 0u);
  EXPECT_EQ(row("/q").space, 150);
  ASSERT_TRUE(set_space("/q", 300));
  EXPECT_TRUE(run(append, Append{.path = "/q/f", .holder = "c2"}));
  EXPECT_EQ(row("/q").space, 300);
}

TEST_F(NamespaceIncidents, HDFS_3626_NamesThatAReplayCouldNotResolveAreRefused) {
  make_directory("/d").value();
  const size_t records = log.size();
  for (const char* path :
       {"", "d/f", "//d/f", "/d//f", "/d/./f", "/d/../f", "/d/f:1/x", "/.reserved", "/.reserved/f"}) {
    EXPECT_FALSE(create_file(path)) << path;
    EXPECT_FALSE(make_directory(path) && log.size() > records) << path;
  }
  EXPECT_EQ(log.size(), records);
}

TEST_F(NamespaceIncidents, HDFS_1258_TheRootsQuotaCanBeClearedAndTheLogReplayed) {
  make_directory("/d").value();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(set_names("/", 5));
    ASSERT_TRUE(set_names("/", kQuotaReset));
  }
  EXPECT_FALSE(status("/")->inode->namespace_quota);
  EXPECT_EQ(row("/").names, 2);
}

TEST_F(NamespaceIncidents, HDFS_1377_ABlockIsChargedWholeWhenItIsBegun) {
  make_directory("/q").value();
  ASSERT_TRUE(set_space("/q", 3 * 100 + 3 * 100 - 1));
  const InodeId file = create_file("/q/f")->inode->id;
  LocatedBlock first = next_block("/q/f", file).value();
  // A byte each: there would be room for many, as long as none grows.
  EXPECT_EQ(create_file("/q/g", "c1")->inode->length, 0u);
  EXPECT_EQ(next_block("/q/g", kNoInode).error().code(), ErrorCode::kSpaceQuota);
  EXPECT_TRUE(finish("/q/f", file, named(first, 1)).value());
  EXPECT_EQ(row("/q").space, 3);
  EXPECT_TRUE(next_block("/q/g", kNoInode));
  expect_quotas_are_true();
}

TEST_F(NamespaceIncidents, HDFS_6535_AppendsAreChargedForWhatTheyAdd) {
  make_directory("/q").value();
  ASSERT_TRUE(set_space("/q", 100'000));
  write_file("/q/f", {100, 30});
  for (uint64_t length : {40, 70, 100}) {
    Appended appended = run(append, Append{.path = "/q/f", .holder = "c1"}).value();
    EXPECT_EQ(row("/q").space, 3 * 200);
    ASSERT_TRUE(finish("/q/f", kNoInode, named(*appended.last_block, length)).value());
    EXPECT_EQ(row("/q").space, int64_t(3 * (100 + length)));
  }
  ASSERT_TRUE(run(append, Append{.path = "/q/f", .holder = "c1"}));
  EXPECT_EQ(row("/q").space, 3 * 200);
  LocatedBlock third = next_block("/q/f", kNoInode).value();
  EXPECT_EQ(row("/q").space, 3 * 300);
  ASSERT_TRUE(finish("/q/f", kNoInode, named(third, 1)).value());
  EXPECT_EQ(row("/q").space, 3 * 201);
  expect_quotas_are_true();
}

TEST_F(NamespaceIncidents, HDFS_4984_AFileThatIsBeingWrittenCountsTheSameByEveryWay) {
  make_directory("/q").value();
  ASSERT_TRUE(set_space("/q", 100'000));
  const InodeId file = create_file("/q/f")->inode->id;
  LocatedBlock first = next_block("/q/f", file).value();
  next_block("/q/f", file, named(first, 60)).value();
  EXPECT_EQ(row("/q").space, 3 * 160);
  EXPECT_EQ(content_summary(query(root), "/q")->quotas.consumed.space, 3 * 160);
  EXPECT_EQ(quota_usage(query(root), "/q")->consumed.space, 3 * 160);
  ASSERT_TRUE(run(set_replication, SetReplication{.path = "/q/f", .replication = 2}));
  EXPECT_EQ(row("/q").space, 2 * 160);
  ASSERT_TRUE(remove_tree("/q/f"));
  EXPECT_EQ(row("/q"), (QuotaCounts{.names = 1}));
  expect_quotas_are_true();
}

TEST_F(NamespaceIncidents, HDFS_1189_WhatChangedWhileNoQuotaWasSetIsCountedByTheNext) {
  make_directory("/q/deep").value();
  ASSERT_TRUE(set_names("/q", 10));
  write_file("/q/deep/a", {10});
  ASSERT_TRUE(set_names("/q", kQuotaReset));
  write_file("/q/deep/b", {20});
  ASSERT_TRUE(remove_tree("/q/deep/a"));
  make_directory("/q/other").value();
  ASSERT_TRUE(set_names("/q", 10));
  EXPECT_EQ(row("/q"), (QuotaCounts{.names = 4, .space = 60}));
  expect_quotas_are_true();
}

// The report is about a scheduler; what overflowed there must not do so in quotas.
TEST_F(NamespaceIncidents, HDFS_17284_SpaceBeyond32BitsIsCountedAndTheLargestQuotaNotPassed) {
  make_directory("/q").value();
  ASSERT_TRUE(set_space("/q", kQuotaDontSet - 1));
  auto write = [&](const std::string& path) {
    return run(create, Create{.path = path, .holder = "c1", .replication = 512, .block_size = uint64_t{1} << 53});
  };
  ASSERT_TRUE(write("/q/f"));
  LocatedBlock block = next_block("/q/f", kNoInode).value();
  EXPECT_EQ(row("/q").space, int64_t{1} << 62);
  EXPECT_EQ(next_block("/q/f", kNoInode, named(block, uint64_t{1} << 53)).error().code(), ErrorCode::kSpaceQuota);
  ASSERT_TRUE(finish("/q/f", kNoInode, named(block, 1)).value());
  EXPECT_EQ(row("/q").space, 512);
  expect_quotas_are_true();
}

}  // namespace
}  // namespace dfs::namenode
