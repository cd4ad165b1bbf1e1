#include <gmock/gmock.h>

#include "tests/unit/namenode/metrics/sample_fixture.h"

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;
using SampleTest = SampleFixture;

TEST_F(SampleTest, OperationsAreTheCallsOfTheirMethods) {
  EXPECT_EQ(text("NameNodeActivity", "CreateFileOps"), "3");
  EXPECT_EQ(text("NameNodeActivity", "TotalFileOps"), "3");
  EXPECT_EQ(text("NameNodeActivity", "BlockReceivedAndDeletedOps"), "4");
  commit.syncs.add(3ms);
  EXPECT_EQ(text("NameNodeActivity", "SyncsNumOps"), "1");
  EXPECT_EQ(text("NameNodeActivity", "SyncsAvgTime"), "3.0");
  EXPECT_EQ(text("FSNamesystem", "TotalSyncCount"), "1");
  EXPECT_EQ(text("FSNamesystem", "tag.TotalSyncTimes"), "\"3 \"");
}

TEST_F(SampleTest, TransactionsAreCountedFromCheckpointAndSegment) {
  EXPECT_EQ(text("FSNamesystem", "LastWrittenTransactionId"), "20");
  EXPECT_EQ(text("FSNamesystem", "TransactionsSinceLastCheckpoint"), "15");
  EXPECT_EQ(text("FSNamesystem", "TransactionsSinceLastLogRoll"), "10");
  commit.segment_first = 22;  // rolled, and not published yet
  EXPECT_EQ(text("FSNamesystem", "TransactionsSinceLastLogRoll"), "0");
}

TEST_F(SampleTest, DataNodesAreCountedByStateAndLiveness) {
  EXPECT_EQ(text("FSNamesystem", "NumLiveDataNodes"), "1");
  EXPECT_EQ(text("FSNamesystem", "NumDeadDataNodes"), "1");
  EXPECT_EQ(text("FSNamesystem", "TotalLoad"), "2");
  EXPECT_EQ(text("FSNamesystemState", "NumInServiceLiveDataNodes"), "1");
  EXPECT_EQ(text("FSNamesystemState", "FSState"), "\"Operational\"");
  EXPECT_EQ(text("NameNodeInfo", "PercentUsed"), "25.0");
  EXPECT_EQ(json("NameNodeInfo", "LiveNodes"),
            R"({"h1:9866":{"infoAddr":"10.0.0.1:9864","infoSecureAddr":"10.0.0.1:0","xferaddr":"10.0.0.1:9866",)"
            R"("location":"/default-rack","lastContact":10,"usedSpace":100,"adminState":"In Service",)"
            R"("nonDfsUsedSpace":0,"capacity":400,"numBlocks":7,"version":"3.4.1","used":100,"remaining":200,)"
            R"("blockScheduled":0,"blockPoolUsed":100,"blockPoolUsedPercent":25.0,"volfails":0,"lastBlockReport":1,)"
            R"("blockPoolUsedPercentStdDev":0.0}})");
  EXPECT_THAT(json("NameNodeInfo", "DeadNodes"), testing::StartsWith(R"({"h2:9866":{"lastContact":10,)"));
  EXPECT_EQ(json("NameNodeInfo", "NodeUsage"),
            R"({"nodeUsage":{"min":"25.00%","median":"25.00%","max":"25.00%","stdDev":"0.00%"}})");
  EXPECT_THAT(text("BlockStats", "StorageTypeStats"),
              testing::StartsWith(R"([{"key":"DISK","value":{"blockPoolUsed":100,)"));
}

TEST_F(SampleTest, AFolderThatFailedIsNamed) {
  EXPECT_EQ(json("NameNodeInfo", "NameDirStatuses"),
            R"({"failed":{"/edits":"EDITS"},"active":{"/both":"IMAGE_AND_EDITS","/image":"IMAGE"}})");
  EXPECT_THAT(json("NameNodeInfo", "NameJournalStatus"),
              testing::AllOf(testing::HasSubstr("edits_inprogress_0000000000000000011"),
                             testing::HasSubstr(R"("stream":"Failed","disabled":"true")")));
}

TEST_F(SampleTest, FilesWithMissingBlocksAreListed) {
  sample.missing_files = {{"blk_7", "/lost", 3}};
  EXPECT_EQ(json("NameNodeInfo", "CorruptFiles"), R"(["blk_7\t3\t/lost"])");
  EXPECT_EQ(text("NameNodeInfo", "CorruptFilesCount"), "1");
  EXPECT_EQ(text("NameNodeInfo", "NumberOfMissingBlocks"), "2");
}

TEST_F(SampleTest, SnapshotsAreListed) {
  EXPECT_EQ(text("SnapshotInfo", "Snapshots"), "[]");
  SnapshottableStatus directory{.status = {}, .parent_path = "/a", .snapshot_count = 1, .snapshot_quota = 5};
  directory.status.name = "d";
  directory.status.inode = std::make_shared<const InodeRow>(
      InodeRow{.owner = "alice", .group = "staff", .permission = 0755, .modification_time_ms = 7});
  snapshottable = {directory};
  EXPECT_EQ(text("SnapshotInfo", "SnapshottableDirectories"),
            R"([{"group":"staff","modificationTime":7,"owner":"alice","path":"/a/d","permission":755,)"
            R"("snapshotNumber":1,"snapshotQuota":5}])");
  EXPECT_EQ(text("SnapshotInfo", "Snapshots"),
            R"([{"modificationTime":9,"snapshotDirectory":"/a/d/.snapshot/s1","snapshotID":4,"status":"ACTIVE"}])");
}

TEST_F(SampleTest, SafeModeIsSaidWithItsReason) {
  auto view = std::make_shared<DatanodeView>(*sample.datanodes);
  view->safe_mode = true;
  view->safe_mode_reason = "Because.";
  sample.datanodes = view;
  EXPECT_EQ(json("NameNodeInfo", "Safemode"), "Safe mode is ON. Because.");
  EXPECT_EQ(text("FSNamesystemState", "FSState"), "\"safeMode\"");
}

TEST_F(SampleTest, RpcBeansBearThePort) {
  rpc.queue_time.add(1ms);
  rpc.answered(rpc.rate_of("create"), std::string(), 5ms);
  rpc.answered(nullptr, fail(ErrorCode::kFileNotFound, ""), 5ms);
  rpc.opened("alice");
  EXPECT_EQ(text("RpcActivityForPort8020", "RpcQueueTimeNumOps"), "1");
  EXPECT_EQ(text("RpcActivityForPort8020", "RpcProcessingTimeAvgTime"), "5.0");
  EXPECT_EQ(json("RpcActivityForPort8020", "tag.NumOpenConnectionsPerUser"), R"({"alice":1})");
  EXPECT_EQ(text("RpcDetailedActivityForPort8020", "CreateNumOps"), "1");
  EXPECT_EQ(text("RpcDetailedActivityForPort8020", "OverallCreateAvgTime"), "5.0");
  EXPECT_EQ(text("RpcDetailedActivityForPort8020", "DeleteNumOps"), "0");
  EXPECT_EQ(text("RpcDetailedActivityForPort8020", "FileNotFoundExceptionNumOps"), "1");
}

TEST(ProcessReading, KnowsThisProcess) {
  const ProcessReading reading = read_process();
  EXPECT_GT(reading.resident_bytes, 1u << 20);
  EXPECT_GT(reading.machine_bytes, reading.resident_bytes);
  EXPECT_GE(reading.threads(), 1u);
}

}  // namespace
}  // namespace dfs::namenode
