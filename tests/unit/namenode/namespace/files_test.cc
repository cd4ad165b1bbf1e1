#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace operations;
using namespace std::chrono_literals;

class NamespaceFiles : public NamespaceFixture {
 protected:
  Result<LocatedBlock> next_block(const std::string& path, std::optional<NamedBlock> previous = {},
                                  const std::string& holder = "c1") {
    return run(add_block, AddBlock{.path = path, .holder = holder, .previous = std::move(previous)});
  }
  Result<bool> finish(const std::string& path, std::optional<NamedBlock> last, const std::string& holder = "c1") {
    return run(complete, Complete{.path = path, .holder = holder, .last = std::move(last)});
  }
  void TearDown() override { expect_replay_equals_live(); }
};

TEST_F(NamespaceFiles, AFileIsWrittenBlockByBlock) {
  ASSERT_TRUE(create_file("/f"));
  EXPECT_TRUE(status("/f")->inode->under_construction);
  LocatedBlock first = next_block("/f").value();
  EXPECT_EQ(first.id, next(kLastReservedBlock));
  EXPECT_EQ(first.generation_stamp, next(kLastReservedGenerationStamp));
  EXPECT_EQ(first.storages.size(), 3);
  LocatedBlock second = next_block("/f", named(first, 100)).value();
  EXPECT_EQ(second.offset, 100);
  EXPECT_EQ(status("/f")->inode->length, 100);
  EXPECT_TRUE(finish("/f", named(second, 7)).value());
  EXPECT_EQ(status("/f")->inode->length, 107);
  EXPECT_FALSE(status("/f")->inode->under_construction);
  EXPECT_EQ(leases.file_count(), 0);
  // A client that missed the answer asks again.
  EXPECT_TRUE(finish("/f", named(second, 7)).value());
  EXPECT_EQ(finish("/f", named(first, 7)).error().code(), ErrorCode::kLeaseExpired);
}

TEST_F(NamespaceFiles, ARepeatedRequestForABlockGetsTheSameBlock) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock first = next_block("/f").value();
  LocatedBlock again = next_block("/f").value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.storages, first.storages);
  LocatedBlock second = next_block("/f", named(first, 100)).value();
  EXPECT_EQ(next_block("/f", named(first, 100))->id, second.id);
  run(fsync, Fsync{.path = "/f", .holder = "c1", .last_block_length = 3}).value();
  EXPECT_EQ(error_of(next_block("/f", named(first, 100))),
            "IOException: Request looked like a retry to allocate block blk_1073741826_1002 but it already contains 3 "
            "bytes");
  NamedBlock bogus{.pool = "BP-1", .id = BlockId(7), .generation_stamp = GenerationStamp(7)};
  EXPECT_EQ(error_of(next_block("/f", bogus)),
            "IOException: Cannot allocate block in /f: passed 'previous' block BP-1:blk_7_7 does not match actual last "
            "block in file blk_1073741826_1002");
  bogus.pool = "BP-2";
  EXPECT_EQ(error_of(next_block("/f", bogus)), "IOException: Unexpected BlockPoolId BP-2 - expected BP-1");
}

TEST_F(NamespaceFiles, BlocksWaitForTheirReplicas) {
  blocks.all_reported = false;
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock first = next_block("/f").value();
  LocatedBlock second = next_block("/f", named(first, 100)).value();
  EXPECT_EQ(error_of(next_block("/f", named(second, 100))), "NotReplicatedYetException: Not replicated yet: /f");
  EXPECT_FALSE(finish("/f", named(second, 100)).value());
  auto report = [&](const LocatedBlock& block) {
    Batch batch;
    batch.put(Table::kReplicas, replica_key(block.id, block.storages[0]),
              encode(ReplicaRow{.generation_stamp = block.generation_stamp, .state = ReplicaRowState::kFinalized}));
    ASSERT_TRUE(tables->write(batch, kNoTransaction));
  };
  report(first);
  EXPECT_FALSE(finish("/f", named(second, 100)).value());
  report(second);
  EXPECT_TRUE(finish("/f", named(second, 100)).value());
}

TEST_F(NamespaceFiles, AnswersThatAReportWouldChangeSayWhichOneTheyAwait) {
  blocks.all_reported = false;
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock first = next_block("/f").value();
  Patience patience{.since = now};
  auto patient = [&] {
    patience.awaited.reset();
    PlanContext patient = context(root);
    patient.patience = &patience;
    return patient;
  };
  auto plan_complete = [&](std::optional<NamedBlock> last) {
    return complete(patient(), Complete{.path = "/f", .holder = "c1", .last = std::move(last)});
  };
  auto awaits = [&](const LocatedBlock& block) {
    return patience.awaited == Awaited{Awaited::Kind::kReplica, raw(block.id)} && patience.until == now + 300ms;
  };
  EXPECT_FALSE(plan_complete(named(first, 100))->value.value());
  EXPECT_TRUE(awaits(first));
  // What no report would change is answered.
  EXPECT_FALSE(plan_complete(std::nullopt)->value.value());
  EXPECT_FALSE(patience.awaited);
  NamedBlock stale = named(first, 100);
  stale.generation_stamp = GenerationStamp(7);
  EXPECT_FALSE(plan_complete(stale));
  EXPECT_FALSE(patience.awaited);

  LocatedBlock second = next_block("/f", named(first, 100)).value();
  EXPECT_FALSE(plan_complete(named(second, 100))->value.value());
  EXPECT_TRUE(awaits(first));
  Result<Planned<LocatedBlock>> third =
      add_block(patient(), AddBlock{.path = "/f", .holder = "c1", .previous = named(second, 100)});
  EXPECT_EQ(third.error().code(), ErrorCode::kNotReplicatedYet);
  EXPECT_TRUE(awaits(first));
  blocks.all_reported = true;
  EXPECT_TRUE(plan_complete(named(second, 100))->value.value());
  EXPECT_FALSE(patience.awaited);
}

TEST_F(NamespaceFiles, TooFewDataNodesIsAnErrorThatCountsThem) {
  ASSERT_TRUE(create_file("/f"));
  auto added = run(add_block, AddBlock{.path = "/f", .holder = "c1", .excluded = {"dn-0", "dn-1", "dn-2", "dn-3"}});
  EXPECT_EQ(error_of(added),
            "IOException: File /f could only be written to 0 of the 1 minReplication nodes. There are "
            "4 datanode(s) running and 4 node(s) are excluded in this operation.");
}

TEST_F(NamespaceFiles, AnAbandonedBlockIsGone) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock first = next_block("/f").value();
  ASSERT_TRUE(run(abandon_block, AbandonBlock{.path = "/f", .holder = "c1", .block = named(first, 0)}));
  EXPECT_EQ(status("/f")->inode->block_count, 0);
  EXPECT_FALSE(find_owner(*tables, first.id).value());
  size_t records = log.size();
  ASSERT_TRUE(run(abandon_block, AbandonBlock{.path = "/f", .holder = "c1", .block = named(first, 0)}));
  EXPECT_EQ(log.size(), records);
}

TEST_F(NamespaceFiles, OnlyTheHolderWrites) {
  ASSERT_TRUE(create_file("/f"));
  EXPECT_EQ(error_of(next_block("/f", {}, "c2")),
            "LeaseExpiredException: Client (=c2) is not the lease owner (=c1: /f (inode 0) Holder c2 does not have any "
            "open files.");
  EXPECT_EQ(error_of(next_block("/missing")),
            "FileNotFoundException: File does not exist: /missing (inode 0) [Lease.  Holder: c1, pending creates: 1]");
  finish("/f", {}).value();
  EXPECT_EQ(next_block("/f").error().code(), ErrorCode::kLeaseExpired);
}

TEST_F(NamespaceFiles, CreateOverAFileNeedsTheFlagAndARightToIt) {
  write_file("/f", {10});
  EXPECT_EQ(error_of(create_file("/f")), "FileAlreadyExistsException: /f for client 10.0.0.1 already exists");
  InodeId old = status("/f")->inode->id;
  auto replaced = run(create, Create{.path = "/f", .holder = "c1", .overwrite = true, .block_size = 100});
  ASSERT_TRUE(replaced);
  EXPECT_NE(replaced->inode->id, old);
  EXPECT_EQ(status("/f")->inode->id, replaced->inode->id);
  EXPECT_EQ(count(Counter::kBlockCount), 0);
  EXPECT_EQ(status("/")->inode->child_count, 1);
  make_directory("/d").value();
  EXPECT_EQ(error_of(create_file("/d")), "FileAlreadyExistsException: /d already exists as a directory");
  EXPECT_EQ(error_of(run(create, Create{.path = "/n", .holder = "c", .create = false, .block_size = 100})),
            "FileNotFoundException: Can't overwrite non-existent /n");
  EXPECT_EQ(run(create, Create{.path = "/n", .holder = "c", .replication = 600, .block_size = 100}).error().message(),
            "Requested replication factor of 600 exceeds maximum of 512 for /n, clientName=10.0.0.1");
  // Hadoop reads it as a short.
  EXPECT_EQ(run(create, Create{.path = "/n", .holder = "c", .replication = 65535, .block_size = 100}).error().message(),
            "Requested replication factor of -1 is less than the required minimum of 1 for /n, clientName=10.0.0.1");
  EXPECT_EQ(run(create, Create{.path = "/n", .holder = "c", .block_size = uint64_t(-1)}).error().message(),
            "Specified block size -1 is less than configured minimum value "
            "dfs.namenode.fs-limits.min-block-size=1");
  EXPECT_EQ(create_file("/.reserved/x").error().code(), ErrorCode::kInvalidPath);
  EXPECT_EQ(error_of(create_file("")), "IllegalArgumentException: Can not create a Path from an empty string");
}

TEST_F(NamespaceFiles, CreateAndAppendSayWhichPolicyTheFileHas) {
  make_directory("/cold").value();
  run(set_storage_policy, SetStoragePolicy{.path = "/cold", .policy = "COLD"}).value();
  EXPECT_EQ(create_file("/cold/f")->storage_policy, 2);
  EXPECT_EQ(
      run(create, Create{.path = "/own", .holder = "c", .block_size = 100, .storage_policy = "WARM"})->storage_policy,
      5);
  write_file("/cold/g", {100});
  auto appended = run(append, Append{.path = "/cold/g", .holder = "c", .new_block = true}).value();
  EXPECT_EQ(appended.file.storage_policy, 2);
  EXPECT_EQ(appended.last_block->offset, uint64_t(-1));
}

TEST_F(NamespaceFiles, AnotherWriterIsRefusedUntilTheSoftLimit) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock block = next_block("/f").value();
  EXPECT_EQ(error_of(create_file("/f", "c1")),
            "AlreadyBeingCreatedException: Failed to CREATE_FILE /f for c1 on 10.0.0.1 because c1 is already the "
            "current lease holder.");
  EXPECT_EQ(error_of(create_file("/f", "c2")),
            "AlreadyBeingCreatedException: Failed to CREATE_FILE /f for c2 on 10.0.0.1 because this file lease is "
            "currently owned by c1 on 10.0.0.1");
  now += 61s;
  EXPECT_EQ(error_of(create_file("/f", "c2")),
            "RecoveryInProgressException: Failed to CREATE_FILE /f for c2 on 10.0.0.1 because lease recovery is in "
            "progress. Try again later.");
  ASSERT_EQ(blocks.recoveries.size(), 1);
  EXPECT_EQ(blocks.recoveries.begin()->second.recovery_stamp, GenerationStamp(1002));
  EXPECT_EQ(error_of(finish("/f", named(block, 5))),
            "IOException: Commit or complete block BP-1:blk_1073741825_1001, whereas it is under recovery.");
}

TEST_F(NamespaceFiles, RecoverLeaseEndsWithWhatTheDataNodesAgreeOn) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock block = next_block("/f").value();
  EXPECT_FALSE(run(recover_lease, RecoverLease{.path = "/f", .holder = "c2"}).value());
  EXPECT_EQ(leases.holder_of(status("/f")->inode->id), "c2");
  GenerationStamp stamp = blocks.recoveries.begin()->second.recovery_stamp;
  // Polling does not start it over.
  EXPECT_FALSE(run(recover_lease, RecoverLease{.path = "/f", .holder = "c2"}).value());
  EXPECT_EQ(blocks.recoveries.begin()->second.recovery_stamp, stamp);
  CommitBlockSynchronization agreed{.block = named(block, 0),
                                    .new_generation_stamp = next(stamp),
                                    .new_length = 42,
                                    .close_file = true,
                                    .storages = {{"dn-0", "DS-0"}}};
  EXPECT_EQ(error_of(run(commit_block_synchronization, agreed)),
            "IOException: The recovery id 1003 does not match current recovery id 1002 for block "
            "BP-1:blk_1073741825_1001");
  agreed.new_generation_stamp = stamp;
  ASSERT_TRUE(run(commit_block_synchronization, agreed));
  EXPECT_EQ(status("/f")->inode->length, 42);
  EXPECT_TRUE(run(recover_lease, RecoverLease{.path = "/f", .holder = "c2"}).value());
  ASSERT_TRUE(run(commit_block_synchronization, agreed));  // the primary repeats itself
  EXPECT_EQ(blocks.recoveries.size(), 0);
}

TEST_F(NamespaceFiles, ALeasePastTheHardLimitIsRecoveredByTheNameNode) {
  ASSERT_TRUE(create_file("/empty", "gone"));
  ASSERT_TRUE(create_file("/begun", "gone"));
  next_block("/begun", {}, "gone").value();
  now += 21min;
  int released = 0;
  while (carry_out(release_expired_lease(context(root))).value()) ASSERT_LT(++released, 5);
  EXPECT_EQ(released, 2);
  EXPECT_FALSE(status("/empty")->inode->under_construction);
  EXPECT_TRUE(leases.holder_of(status("/begun")->inode->id)->starts_with("HDFS_NameNode-"));
  EXPECT_EQ(blocks.recoveries.size(), 1);
}

TEST_F(NamespaceFiles, HDFS_12070_ARecoveryThatCameToNothingIsTriedAgainAlthoughOthersExpireMeanwhile) {
  ASSERT_TRUE(create_file("/stuck", "gone"));
  next_block("/stuck", {}, "gone").value();
  now += 21min;
  while (carry_out(release_expired_lease(context(root))).value()) {
  }
  const GenerationStamp first = blocks.recoveries.begin()->second.recovery_stamp;
  // Another lease expires every ten minutes and comes to the NameNode too.
  for (int i = 0; i < 6; ++i) {
    const std::string path = "/other" + std::to_string(i);
    ASSERT_TRUE(create_file(path, "holder" + std::to_string(i)));
    next_block(path, {}, "holder" + std::to_string(i)).value();
    now += 10min;
    for (int round = 0; carry_out(release_expired_lease(context(root))).value(); ++round) ASSERT_LT(round, 10);
  }
  const InodeId stuck = status("/stuck")->inode->id;
  const BlockId block = find_file_block(*tables, stuck, 0).value()->id;
  EXPECT_GT(blocks.recoveries.at(raw(block)).recovery_stamp, first);
}

TEST_F(NamespaceFiles, ABlockWithoutALocationIsDroppedOnlyOnceEveryDataNodeHasReported) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock block = next_block("/f").value();
  // A restart after a crash: the log knows the block, the rows of its replicas are lost.
  Batch lost;
  for (const LocatedReplica& replica : replicas_of(*tables, block.id).value()) {
    lost.erase(Table::kReplicas, replica_key(block.id, replica.storage));
  }
  ASSERT_TRUE(tables->write(lost, kNoTransaction));
  blocks.settled = false;
  EXPECT_FALSE(run(recover_lease, RecoverLease{.path = "/f", .holder = "c2"}).value());
  EXPECT_TRUE(find_owner(*tables, block.id).value());
  EXPECT_EQ(blocks.recoveries.size(), 1);
  blocks.settled = true;
  EXPECT_TRUE(run(recover_lease, RecoverLease{.path = "/f", .holder = "c2"}).value());
  EXPECT_FALSE(find_owner(*tables, block.id).value());
}

TEST_F(NamespaceFiles, AppendGoesOnWithTheLastBlock) {
  write_file("/f", {100, 40});
  auto appended = run(append, Append{.path = "/f", .holder = "c1"});
  ASSERT_TRUE(appended);
  ASSERT_TRUE(appended->last_block);
  EXPECT_EQ(appended->last_block->offset, 100);
  EXPECT_EQ(appended->last_block->length, 40);
  LocatedBlock moved =
      run(update_block_for_pipeline, UpdateBlockForPipeline{named(*appended->last_block, 40), "c1"}).value();
  NamedBlock next_stamp = named(moved, 40);
  EXPECT_EQ(run(update_block_for_pipeline, UpdateBlockForPipeline{next_stamp, "c2"}).error().code(),
            ErrorCode::kLeaseExpired);
  ASSERT_TRUE(
      run(update_pipeline,
          UpdatePipeline{"c1", named(*appended->last_block, 40), next_stamp, {{"dn-0", "DS-0"}, {"dn-1", ""}}}));
  EXPECT_EQ(run(update_pipeline, UpdatePipeline{"c1", next_stamp, next_stamp, {}}).error().code(), ErrorCode::kIo);
  NamedBlock invented = next_stamp;
  invented.generation_stamp = GenerationStamp(99999);
  EXPECT_EQ(run(update_pipeline, UpdatePipeline{"c1", next_stamp, invented, {}}).error().code(), ErrorCode::kIo);
  next_stamp.length = 60;
  EXPECT_TRUE(finish("/f", next_stamp).value());
  EXPECT_EQ(status("/f")->inode->length, 160);
}

TEST_F(NamespaceFiles, AppendAtABlocksEndAndWithANewBlockAllocate) {
  write_file("/full", {100});
  auto appended = run(append, Append{.path = "/full", .holder = "c1"});
  ASSERT_TRUE(appended);
  EXPECT_FALSE(appended->last_block);
  LocatedBlock block = next_block("/full").value();
  EXPECT_EQ(block.offset, 100);
  EXPECT_TRUE(finish("/full", named(block, 1)).value());
  write_file("/part", {30});
  appended = run(append, Append{.path = "/part", .holder = "c1", .new_block = true});
  ASSERT_TRUE(appended->last_block);
  EXPECT_TRUE(appended->last_block->storages.empty());
  block = next_block("/part", named(*appended->last_block, 30)).value();
  EXPECT_TRUE(finish("/part", named(block, 5)).value());
  EXPECT_EQ(status("/part")->inode->length, 35);
  EXPECT_EQ(error_of(run(append, Append{.path = "/missing", .holder = "c"})),
            "FileNotFoundException: Failed to append to non-existent file /missing for client 10.0.0.1");
  EXPECT_EQ(run(append, Append{.path = "/", .holder = "c"}).error().code(), ErrorCode::kFileAlreadyExists);
}

TEST_F(NamespaceFiles, TruncateCutsAtABlockAtOnceAndWithinOneByRecovery) {
  write_file("/f", {100, 100, 50});
  EXPECT_TRUE(run(truncate, Truncate{.path = "/f", .new_length = 200, .holder = "c1"}).value());
  EXPECT_EQ(status("/f")->inode->block_count, 2);
  EXPECT_FALSE(run(truncate, Truncate{.path = "/f", .new_length = 130, .holder = "c1"}).value());
  EXPECT_FALSE(run(truncate, Truncate{.path = "/f", .new_length = 130, .holder = "c1"}).value());
  EXPECT_EQ(run(truncate, Truncate{.path = "/f", .new_length = 120, .holder = "c1"}).error().code(),
            ErrorCode::kAlreadyBeingCreated);
  BlockRecovery recovery = blocks.recoveries.begin()->second;
  EXPECT_EQ(recovery.truncate_length, 30);
  ASSERT_TRUE(run(commit_block_synchronization,
                  CommitBlockSynchronization{.block = {"BP-1", recovery.block.id, recovery.block.generation_stamp},
                                             .new_generation_stamp = recovery.recovery_stamp,
                                             .new_length = 30,
                                             .close_file = true}));
  EXPECT_EQ(status("/f")->inode->length, 130);
  EXPECT_EQ(error_of(run(truncate, Truncate{.path = "/f", .new_length = 131, .holder = "c1"})),
            "HadoopIllegalArgumentException: Cannot truncate to a larger file size. Current size: 130, truncate size: "
            "131.");
}

TEST_F(NamespaceFiles, AnotherDataNodeJoinsThePipeline) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock block = next_block("/f").value();
  auto more = run(get_additional_datanode, GetAdditionalDatanode{.path = "/f",
                                                                 .holder = "c1",
                                                                 .block = named(block, 1),
                                                                 .existing = {{"dn-0", "DS-0"}, {"dn-1", "DS-1"}},
                                                                 .excluded = {"dn-2"}});
  EXPECT_EQ(more->storages, (std::vector<StorageNumber>{StorageNumber(1), StorageNumber(2), StorageNumber(4)}));
}

TEST_F(NamespaceFiles, ReplicationOfADirectoryIsFalse) {
  write_file("/f", {1});
  EXPECT_TRUE(run(set_replication, SetReplication{.path = "/f", .replication = 2}).value());
  EXPECT_EQ(status("/f")->inode->replication, 2);
  EXPECT_FALSE(run(set_replication, SetReplication{.path = "/", .replication = 2}).value());
  EXPECT_FALSE(run(set_replication, SetReplication{.path = "/no", .replication = 2}).value());
  EXPECT_FALSE(run(set_replication, SetReplication{.path = "/f", .replication = 0}));
}

}  // namespace
}  // namespace dfs::namenode
