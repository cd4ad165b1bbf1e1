#include "datanode/reporting/pending_reports.h"

#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

std::vector<std::string> lines_of(const PendingReports::StorageBlocks& blocks) {
  std::vector<std::string> lines;
  for (const auto& [storage, reports] : blocks) {
    for (const auto& [id, report] : reports) {
      lines.push_back(
          fmt::format("{} {} {}", storage,
                      hadoop::hdfs::datanode::ReceivedDeletedBlockInfoProto::BlockStatus_Name(report.status()), id));
    }
  }
  return lines;
}

TEST(PendingReports, OnlyTheLatestEventOfABlockIsReported) {
  PendingReports pending;
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kNone);
  pending.receiving(block_of(1), "DS-1");
  pending.received(block_of(1), "DS-1", "");
  pending.deleted(block_of(2), "DS-1");
  // The same block on another storage: it has moved there.
  pending.received(block_of(2), "DS-2", "");
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kNow);
  EXPECT_EQ(lines_of(pending.take()), (std::vector<std::string>{"DS-1 RECEIVED 1", "DS-2 RECEIVED 2"}));
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kNone);
}

TEST(PendingReports, TheReporterIsWokenOncePerReportAndOnceMoreForWhatSomebodyWaitsFor) {
  PendingReports pending;
  int woken = 0;
  pending.set_wake([&] { ++woken; });
  pending.receiving(block_of(1), "DS-1");
  pending.deleted(block_of(2), "DS-1");
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kLater);
  for (uint64_t id = 10; id < 20; ++id) pending.received(block_of(id), "DS-1", "");
  EXPECT_EQ(woken, 2);
  pending.deleted(block_of(3), "DS-1");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(lines_of(pending.take()).size(), 13u);
  pending.deleted(block_of(4), "DS-1");
  EXPECT_EQ(woken, 3);
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kLater);
}

TEST(PendingReports, WhatIsPutBackAfterAFailureDoesNotHideWhatHappenedSince) {
  PendingReports pending;
  pending.received(block_of(1), "DS-1", "");
  pending.received(block_of(2), "DS-1", "");
  auto failed = pending.take();
  pending.deleted(block_of(1), "DS-1");
  pending.put_back(std::move(failed));
  EXPECT_EQ(lines_of(pending.take()), (std::vector<std::string>{"DS-1 DELETED 1", "DS-1 RECEIVED 2"}));
}

TEST(PendingReports, ACorruptReplicaIsReportedOnceForEachHolder) {
  PendingReports pending;
  hadoop::hdfs::DatanodeIDProto other;
  other.set_ipaddr("10.0.0.1");
  other.set_hostname("other");
  other.set_datanodeuuid("uuid-2");
  other.set_xferport(1);
  other.set_infoport(2);
  other.set_ipcport(3);
  pending.corrupt(block_of(1), "DS-1");
  pending.corrupt(block_of(1), "DS-1");
  pending.remote_corrupt(block_of(1), other);
  EXPECT_EQ(pending.urgency(), PendingReports::Urgency::kNow);
  auto corrupt = pending.take_corrupt();
  EXPECT_EQ(corrupt.size(), 2u);
  pending.put_back(std::move(corrupt));
  EXPECT_EQ(pending.take_corrupt().size(), 2u);
}

}  // namespace
}  // namespace dfs::datanode
