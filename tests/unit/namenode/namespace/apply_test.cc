#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

class NamespaceApply : public NamespaceFixture {
 protected:
  std::string outcome(const EditRecord& record) { return error_of(apply_to(*tables, record, false)); }
};

TEST_F(NamespaceApply, ARecordThatDoesNotFitNamesItselfAndThePath) {
  MkdirOp orphan;
  orphan.path = "/no/where";
  EXPECT_EQ(outcome(orphan),
            "IOException: OP_MKDIR: /no/where: its parent is not a directory. The edit log does not fit the tables");
  CloseOp close;
  close.path = "/missing";
  EXPECT_EQ(outcome(close), "IOException: OP_CLOSE: /missing: it does not exist. The edit log does not fit the tables");
  make_directory("/d").value();
  MkdirOp again;
  again.path = "/d";
  EXPECT_EQ(outcome(again), "IOException: OP_MKDIR: /d: it exists already. The edit log does not fit the tables");
  close.path = "/d";
  EXPECT_EQ(outcome(close), "IOException: OP_CLOSE: /d: it is not a file. The edit log does not fit the tables");
  ReassignLeaseOp reassign;
  write_file("/f", {10});
  reassign.path = "/f";
  EXPECT_EQ(outcome(reassign),
            "IOException: OP_REASSIGN_LEASE: /f: it is not open for writing. The edit log does not fit the tables");
}

TEST_F(NamespaceApply, BlocksThatAreNotTheFilesAreRefused) {
  write_file("/f", {10, 20});
  std::vector<BlockRow> rows = blocks_of_file(*tables, status("/f")->inode->id).value();
  UpdateBlocksOp op;
  op.path = "/f";
  op.blocks = {{.id = rows[1].id}, {.id = rows[0].id}};
  EXPECT_TRUE(outcome(op).starts_with("IOException: OP_UPDATE_BLOCKS: /f: block 0 is"));
  op.blocks = {};
  EXPECT_TRUE(outcome(op).starts_with("IOException: OP_UPDATE_BLOCKS: /f: 2 of 2 blocks are to go"));
  AddBlockOp add;
  add.path = "/f";
  EXPECT_TRUE(outcome(add).starts_with("IOException: OP_ADD_BLOCK: /f: it has 2 blocks before this one"));
  TruncateOp cut;
  cut.source = "/f";
  cut.new_length = 31;
  EXPECT_TRUE(outcome(cut).starts_with("IOException: OP_TRUNCATE: /f: it is shorter"));
}

TEST_F(NamespaceApply, WhatIsNotThereYetIsAClearError) {
  EXPECT_EQ(outcome(AddCachePoolOp{}),
            "UnsupportedOperationException: OP_ADD_CACHE_POOL: what this record belongs "
            "to is not supported yet");
  AddOp striped;
  striped.path = "/ec";
  striped.erasure_coding_policy_id = 1;
  EXPECT_EQ(outcome(striped), "UnsupportedOperationException: OP_ADD: /ec: erasure coding is not supported yet");
}

TEST_F(NamespaceApply, TokensAndSegmentsLeaveNoTrace) {
  auto before = rows_of(*tables);
  for (EditRecord record : {EditRecord(GetDelegationTokenOp{}), EditRecord(UpdateMasterKeyOp{}),
                            EditRecord(StartLogSegmentOp{}), EditRecord(EndLogSegmentOp{})}) {
    EXPECT_EQ(outcome(record), "no error");
  }
  // But for the transaction id, which the tables keep themselves.
  auto after = rows_of(*tables);
  EXPECT_EQ(after.size(), before.size() + (after.size() > before.size() ? 1 : 0));
}

TEST_F(NamespaceApply, ErasureCodingPoliciesThatNothingUsesLeaveNoTrace) {
  make_directory("/d").value();
  const auto before = rows_of(*tables);
  for (EditRecord record : {EditRecord(AddErasureCodingPolicyOp{}), EditRecord(EnableErasureCodingPolicyOp{}),
                            EditRecord(DisableErasureCodingPolicyOp{}), EditRecord(RemoveErasureCodingPolicyOp{})}) {
    EXPECT_EQ(outcome(record), "no error");
  }
  EXPECT_EQ(rows_of(*tables), before);
  SetXAttrOp used;
  used.source = "/d";
  used.xattrs = {{.name_space = 3, .name = "hdfs.erasurecoding.policy", .value = "RS-6-3-1024k"}};
  EXPECT_EQ(outcome(used),
            "UnsupportedOperationException: OP_SET_XATTR: /d: an erasure coding policy is not supported");
}

TEST_F(NamespaceApply, AttributesThatOnlyAStockLogHasAreKept) {
  write_file("/f", {10});
  SetXAttrOp set;
  set.source = "/f";
  set.xattrs = {{.name_space = 0, .name = "n", .value = "1"}};
  EXPECT_EQ(outcome(set), "no error");
  set.xattrs[0].value = "2";
  EXPECT_EQ(outcome(set), "no error");
  ASSERT_EQ(status("/f")->inode->xattrs.size(), 1);
  EXPECT_EQ(status("/f")->inode->xattrs[0].value, "2");
  RemoveXAttrOp drop;
  drop.source = "/f";
  drop.xattrs = {{.name_space = 0, .name = "n"}};
  EXPECT_EQ(outcome(drop), "no error");
  EXPECT_TRUE(status("/f")->inode->xattrs.empty());
  SetQuotaOp quota;
  quota.source = "/";
  quota.namespace_quota = 10;
  quota.storage_space_quota = INT64_MAX;
  EXPECT_EQ(outcome(quota), "no error");
  EXPECT_EQ(status("/")->inode->namespace_quota, 10);
  EXPECT_FALSE(status("/")->inode->storage_space_quota);
  quota.namespace_quota = -1;
  EXPECT_EQ(outcome(quota), "no error");
  EXPECT_FALSE(status("/")->inode->namespace_quota);
}

TEST_F(NamespaceApply, AnOldAppendReopensTheFile) {
  write_file("/f", {10});
  AddOp op;
  op.path = "/f";
  op.client_name = "old";
  op.blocks = {
      {.id = next(kLastReservedBlock), .num_bytes = 10, .generation_stamp = next(kLastReservedGenerationStamp)}};
  EXPECT_EQ(outcome(op), "no error");
  EXPECT_TRUE(status("/f")->inode->under_construction);
  EXPECT_EQ(status("/f")->inode->length, 10);
}

TEST_F(NamespaceApply, ALinkLeadsElsewhere) {
  SymlinkOp op;
  op.inode_id = InodeId(20000);
  op.path = "/link";
  op.value = "/target";
  EXPECT_EQ(outcome(op), "no error");
  EXPECT_EQ(link_target(query(root), "/link").value(), "/target");
  EXPECT_EQ(error_of(file_status(query(root), "/link/x", FollowLink::kYes, WithLocations::kNo)),
            "UnresolvedPathException: /target/x");
}

}  // namespace
}  // namespace dfs::namenode
