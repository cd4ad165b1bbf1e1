#include "namenode/fsck/fsck_walk.h"

#include <gmock/gmock.h>

#include "namenode/fsck/block_id_report.h"
#include "namenode/namespace/operations/snapshots.h"
#include "tests/unit/namenode/fsck/fsck_fixture.h"

namespace dfs::namenode {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FsckWalkTest : public FsckFixture {
 protected:
  std::string look(const FsckOptions& options, const Caller& who) {
    const Query query = query_of(who);
    FsckWalk walk(options, query);
    Result<bool> begun = walk.begin();
    if (!begun) return begun.error().to_string();
    if (!*begun) return "nothing there";
    std::string out;
    parts = 0;
    for (bool more = true; more;) {
      std::string part;
      Result<bool> advanced = walk.advance(part);
      out += part;
      if (!advanced) return out + advanced.error().to_string();
      more = *advanced;
      ++parts;
    }
    result = walk.result();
    damaged = walk.take_damaged();
    misplaced = walk.take_misplaced();
    policies = walk.policy_summary();
    return out;
  }
  std::string look(const FsckOptions& options) { return look(options, root); }

  FsckResult result;
  std::vector<std::string> damaged;
  std::vector<BlockId> misplaced;
  std::string policies;
  size_t parts = 0;
};

TEST_F(FsckWalkTest, AHealthyTreeIsShownWithItsBlocks) {
  write_file("/a/f", {100, 20});
  place("/a/f", 3);
  EXPECT_EQ(look({.files = true, .blocks = true, .racks = true}),
            "\n/ <dir>\n/a <dir>\n/a/f 120 bytes, replicated: replication=3, 2 block(s):  OK\n"
            "0. BP-1:blk_1073741825_1001 len=100 Live_repl=3  [/default-rack/10.0.0.1:9866, "
            "/default-rack/10.0.0.2:9866, /default-rack/10.0.0.3:9866]\n"
            "1. BP-1:blk_1073741826_1002 len=20 Live_repl=3  [/default-rack/10.0.0.1:9866, "
            "/default-rack/10.0.0.2:9866, /default-rack/10.0.0.3:9866]\n\n");
  EXPECT_TRUE(result.is_healthy());
  EXPECT_EQ(result.directories, 2u);
  EXPECT_EQ(result.blocks, 2u);
  EXPECT_EQ(result.bytes, 120u);
  EXPECT_EQ(result.minimally_replicated, 2u);
  EXPECT_TRUE(damaged.empty());
}

TEST_F(FsckWalkTest, ReplicasAreDetailed) {
  write_file("/f", {100});
  place("/f", 2);
  datanodes.datanodes.change(1).liveness = DatanodeLiveness::kStale;
  EXPECT_THAT(look({.path = "/f", .files = true, .blocks = true, .replica_details = true, .upgrade_domains = true}),
              HasSubstr("Live_repl=2  [DatanodeInfoWithStorage[10.0.0.1:9866,DS-0,DISK](ud=undefined)(LIVE), "
                        "DatanodeInfoWithStorage[10.0.0.2:9866,DS-1,DISK](ud=undefined)(STALE_NODE)]\n"));
}

TEST_F(FsckWalkTest, TooFewAndTooManyReplicasAreCounted) {
  write_file("/few", {10});
  write_file("/many", {10});
  place("/few", 1);
  place("/many", 4);
  EXPECT_EQ(look({}),
            "\n\n/few:  Under replicated BP-1:blk_1073741825_1001. Target Replicas is 3 but found 1 live replica(s), 0 "
            "decommissioned replica(s), 0 decommissioning replica(s).\n");
  EXPECT_TRUE(result.is_healthy());
  EXPECT_EQ(result.under_replicated, 1u);
  EXPECT_EQ(result.missing_replicas, 2u);
  EXPECT_EQ(result.over_replicated, 1u);
}

TEST_F(FsckWalkTest, WhatLeavesIsNoLiveReplicaButOne) {
  write_file("/f", {10});
  place("/f", 3);
  datanodes.datanodes.change(0).admin_state = AdminState::kDecommissionInProgress;
  datanodes.datanodes.change(1).admin_state = AdminState::kDecommissioned;
  EXPECT_THAT(look({.files = true, .blocks = true, .replica_details = true}),
              testing::AllOf(HasSubstr(" OK\n"), HasSubstr("Live_repl=1  ["), HasSubstr("(DECOMMISSIONING), "),
                             HasSubstr("(DECOMMISSIONED), "), HasSubstr("(LIVE)]")));
  EXPECT_EQ(result.decommissioning, 1u);
  EXPECT_EQ(result.decommissioned, 1u);
  datanodes.datanodes.change(2).liveness = DatanodeLiveness::kDead;
  EXPECT_THAT(look({.maintenance = true}),
              HasSubstr("found 0 live replica(s), 1 decommissioned replica(s), 1 decommissioning replica(s)0, entering "
                        "maintenance replica(s) and 0 in maintenance replica(s).\n"));
}

TEST_F(FsckWalkTest, MissingAndCorruptBlocksMakeFilesDamaged) {
  write_file("/lost", {10, 5});
  write_file("/bad", {7});
  place("/lost", 0);
  place("/bad", 2, [](ReplicaRow& row) { row.state = ReplicaRowState::kCorrupt; });
  EXPECT_EQ(look({}),
            "\n\n/bad: CORRUPT blockpool BP-1 block blk_1073741827\n\n/bad: CORRUPT 1 blocks of total size 7 B."
            "\n/lost: MISSING 2 blocks of total size 15 B.");
  EXPECT_FALSE(result.is_healthy());
  EXPECT_EQ(result.missing_blocks, 2u);
  EXPECT_EQ(result.missing_bytes, 15u);
  EXPECT_EQ(result.corrupt_blocks, 1u);
  EXPECT_EQ(result.corrupt_files, 2u);
  EXPECT_EQ(result.under_minimum, 3u);
  EXPECT_THAT(damaged, ElementsAre("/bad", "/lost"));
  EXPECT_THAT(
      look({.files = true, .blocks = true}),
      testing::AllOf(HasSubstr(" MISSING 2 blocks of total size 15 B\n0. BP-1:blk_1073741825_1001 len=10 MISSING!\n"),
                     HasSubstr(" CORRUPT 1 blocks of total size 7 B\n")));
}

TEST_F(FsckWalkTest, OpenFilesArePassedOverUnlessWanted) {
  ASSERT_TRUE(create_file("/open"));
  ASSERT_TRUE(run(operations::add_block, operations::AddBlock{.path = "/open", .holder = "c1"}));
  EXPECT_EQ(look({}), "\n");
  EXPECT_EQ(result.open_files, 1u);
  EXPECT_EQ(result.files, 0u);
  EXPECT_THAT(look({.files = true, .blocks = true, .locations = true, .open_for_write = true}),
              HasSubstr("/open 0 bytes, replicated: replication=3, 1 block(s), OPENFORWRITE:  OK\n\n"
                        "Under Construction Block:\n0. BP-1:blk_1073741825_1001 len=0 Expected_repl=3  ["
                        "DatanodeInfoWithStorage[10.0.0.1:9866,DS-0,DISK], "));
  EXPECT_EQ(result.files, 1u);
  EXPECT_TRUE(result.is_healthy());
}

TEST_F(FsckWalkTest, RacksMatterWhereThereAreSome) {
  write_file("/f", {10});
  place("/f", 3);
  datanodes.datanodes.change(3).network_location = "/other";
  EXPECT_EQ(look({}),
            "\n\n/f:  Replica placement policy is violated for BP-1:blk_1073741825_1001. Block should be additionally "
            "replicated on 1 more rack(s). Total number of racks in the cluster: 2\n");
  EXPECT_THAT(misplaced, ElementsAre(BlockId{1073741825}));
  EXPECT_EQ(result.mis_replicated, 1u);
  datanodes.datanodes.change(0).network_location = "/other";
  EXPECT_EQ(look({}), "\n");
}

TEST_F(FsckWalkTest, SeesWhatTheCallerMaySee) {
  write_file("/closed/f", {});
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/closed", .permission = 0700}));
  EXPECT_THAT(look({}, alice), HasSubstr("AccessControlException: Permission denied: user=alice, access=READ_EXECUTE"));
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/closed", .permission = 0755}));
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/closed/f", .permission = 0600}));
  EXPECT_THAT(look({}, alice), HasSubstr("AccessControlException: Permission denied: user=alice, access=READ"));
  EXPECT_EQ(look({}, root), "\n");
  EXPECT_EQ(look({.path = "/none"}), "nothing there");
}

TEST_F(FsckWalkTest, SnapshotsAreLookedAtBeforeThePresentIfWanted) {
  write_file("/d/f", {10});
  place("/d/f", 3);
  ASSERT_TRUE(run(operations::allow_snapshot, operations::AllowSnapshot{.directory = "/d"}));
  ASSERT_TRUE(run(operations::create_snapshot, operations::CreateSnapshot{.directory = "/d", .name = "s1"}));
  ASSERT_TRUE(run(operations::remove, operations::Delete{.path = "/d/f"}));
  EXPECT_EQ(look({.files = true}), "\n/ <dir>\n/d <dir>\n");
  EXPECT_EQ(look({.path = "/d", .files = true, .include_snapshots = true}),
            "\n/d/.snapshot <dir>\n/d/.snapshot/s1 <dir>\n"
            "/d/.snapshot/s1/f 10 bytes, replicated: replication=3, 1 block(s):  OK\n/d <dir>\n");
}

TEST_F(FsckWalkTest, ALargeTreeIsLookedAtInParts) {
  settings.listing_max = 10;
  for (int i = 0; i < 25; ++i) {
    for (int k = 0; k < 25; ++k) write_file("/d" + std::to_string(i) + "/f" + std::to_string(k));
  }
  const std::string out = look({});
  EXPECT_GT(parts, 1u);
  EXPECT_EQ(result.files, 625u);
  EXPECT_EQ(result.directories, 26u);
  EXPECT_EQ(std::ranges::count(out, '.'), 6);
  EXPECT_THAT(look({.files = true}), HasSubstr("/d24/f9 0 bytes, replicated: replication=3, 0 block(s):  OK\n"));
}

TEST_F(FsckWalkTest, PoliciesAreToldByTheTypesOfStorage) {
  write_file("/hot", {10});
  write_file("/cold", {10});
  place("/hot", 3);
  place("/cold", 2);
  ASSERT_TRUE(run(operations::set_storage_policy, operations::SetStoragePolicy{.path = "/cold", .policy = "COLD"}));
  look({.storage_policies = true});
  EXPECT_EQ(policies,
            "\nBlocks satisfying the specified storage policy:"
            "\nStorage Policy                  # of blocks       % of blocks\n"
            "DISK:3(HOT)                        1              50.0000%\n"
            "\nBlocks NOT satisfying the specified storage policy:\nStorage Policy                  "
            "Specified Storage Policy      # of blocks       % of blocks\n"
            "DISK:2(HOT)                         COLD                          1              50.0000%\n");
}

TEST_F(FsckWalkTest, ABlockIsReportedById) {
  write_file("/f", {10});
  place("/f", 2, [](ReplicaRow& row) { row.length = row.length; });
  EXPECT_EQ(block_id_report({.maintenance = true}, query_of(root), "blk_1073741825").value(),
            "Block Id: blk_1073741825\nBlock belongs to: /f\nNo. of Expected Replica: 3\nNo. of live Replica: 2\n"
            "No. of excess Replica: 0\nNo. of stale Replica: 0\nNo. of decommissioned Replica: 0\n"
            "No. of decommissioning Replica: 0\nNo. of entering maintenance Replica: 0\n"
            "No. of in maintenance Replica: 0\nNo. of corrupted Replica: 0\n"
            "Block replica on datanode/rack: host1/default-rack is HEALTHY\n"
            "Block replica on datanode/rack: host2/default-rack is HEALTHY\n");
  datanodes.datanodes.change(0).liveness = DatanodeLiveness::kStale;
  datanodes.datanodes.change(1).admin_state = AdminState::kDecommissioned;
  EXPECT_THAT(
      block_id_report({}, query_of(root), "blk_1073741825_1001").value(),
      testing::AllOf(HasSubstr("host1/default-rack is STALE\n"), HasSubstr("host2/default-rack is DECOMMISSIONED\n")));
  datanodes.datanodes.change(1).admin_state = AdminState::kDecommissionInProgress;
  EXPECT_THAT(block_id_report({}, query_of(root), "blk_1073741825").value(), HasSubstr("is DECOMMISSIONING\n"));
  struct Spoiling {
    void (*how)(ReplicaRow&);
    const char* reason;
  };
  for (const Spoiling& spoiling :
       {Spoiling{[](ReplicaRow& row) { row.generation_stamp = GenerationStamp{1}; }, "GENSTAMP_MISMATCH"},
        Spoiling{[](ReplicaRow& row) { row.length = 3; }, "SIZE_MISMATCH"},
        Spoiling{[](ReplicaRow&) {}, "CORRUPTION_REPORTED"}}) {
    static void (*how)(ReplicaRow&);
    how = spoiling.how;
    place("/f", 1, [](ReplicaRow& row) {
      how(row);
      row.state = ReplicaRowState::kCorrupt;
    });
    EXPECT_THAT(block_id_report({}, query_of(root), "blk_1073741825").value(),
                HasSubstr(std::string("is CORRUPT\t ReasonCode: ") + spoiling.reason));
  }
  EXPECT_EQ(block_id_report({}, query_of(root), "blk_1").value(), "Block blk_1 does not exist\n");
  EXPECT_EQ(block_id_report({}, query_of(root), "xblk_1073741825").value(), "Block xblk_1073741825 does not exist\n");
}

TEST(FsckResult, SumsUpAsHadoopDoes) {
  EXPECT_EQ(replicated_summary({}, 3, 1),
            " Total size:\t0 B\n Total files:\t0\n Total blocks (validated):\t0\n Minimally replicated blocks:\t0"
            "\n Over-replicated blocks:\t0\n Under-replicated blocks:\t0\n Mis-replicated blocks:\t\t0"
            "\n Default replication factor:\t3\n Average block replication:\t0.0\n Missing blocks:\t\t0"
            "\n Corrupt blocks:\t\t0\n Missing replicas:\t\t0\n Blocks queued for replication:\t0");
  FsckResult result;
  result.files = result.corrupt_files = 2;
  result.blocks = 3;
  result.bytes = 31;
  result.open_files = result.open_blocks = 1;
  result.open_bytes = 9;
  result.under_minimum = result.missing_blocks = 1;
  result.missing_bytes = 10;
  result.corrupt_blocks = 1;
  result.corrupt_bytes = 7;
  result.minimally_replicated = 2;
  result.replicas = 4;
  result.expected_replicas = 9;
  result.missing_replicas = 3;
  result.decommissioned = result.decommissioning = result.entering_maintenance = result.in_maintenance = 1;
  EXPECT_EQ(replicated_summary(result, 3, 1),
            " Total size:\t31 B (Total open files size: 9 B)\n Total files:\t2 (Files currently being written: 1)"
            "\n Total blocks (validated):\t3 (avg. block size 10 B) (Total open file blocks (not validated): 1)"
            "\n  ********************************\n  UNDER MIN REPL'D BLOCKS:\t1 (33.333332 %)"
            "\n  MINIMAL BLOCK REPLICATION:\t1\n  CORRUPT FILES:\t2\n  MISSING BLOCKS:\t1\n  MISSING SIZE:\t\t10 B"
            "\n  CORRUPT BLOCKS: \t1\n  CORRUPT SIZE:\t\t7 B\n  ********************************"
            "\n Minimally replicated blocks:\t2 (66.666664 %)\n Over-replicated blocks:\t0 (0.0 %)"
            "\n Under-replicated blocks:\t0 (0.0 %)\n Mis-replicated blocks:\t\t0 (0.0 %)"
            "\n Default replication factor:\t3\n Average block replication:\t1.3333334\n Missing blocks:\t\t1"
            "\n Corrupt blocks:\t\t1\n Missing replicas:\t\t3 (33.333332 %)\n DecommissionedReplicas:\t1"
            "\n DecommissioningReplicas:\t1\n EnteringMaintenanceReplicas:\t1\n InMaintenanceReplicas:\t1"
            "\n Blocks queued for replication:\t0");
}

}  // namespace
}  // namespace dfs::namenode
