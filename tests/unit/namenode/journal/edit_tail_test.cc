#include "namenode/journal/edit_tail.h"

#include "namenode/journal/journal.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"

namespace dfs::namenode {
namespace {

class EditTailTest : public testing::Test {
 protected:
  EditTailTest() {
    EXPECT_TRUE(Journal::format(disk, settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "CID", .block_pool_id = "BP-1"},
                                Journal::Existing::kRefuse));
    journal = Journal::open(disk, settings).value();
    EXPECT_TRUE(journal->start_segment());  // transaction 1
  }
  void append(size_t count) {
    std::string bytes;
    const uint64_t first = raw(journal->last()) + 1;
    for (uint64_t id = first; id < first + count; ++id) {
      ASSERT_TRUE(encode_edit({.id = TransactionId{id}, .record = DeleteOp{.path = "/" + std::to_string(id)}}, bytes));
    }
    ASSERT_TRUE(journal->append(bytes, TransactionId{first}, TransactionId{first + count - 1}));
    ASSERT_TRUE(journal->sync());
  }
  std::vector<uint64_t> read(uint64_t from, uint64_t durable, size_t count_max = 1000) {
    auto edits = tail.read(TransactionId{from}, TransactionId{durable}, count_max);
    EXPECT_TRUE(edits) << edits.error().message();
    std::vector<uint64_t> ids;
    if (edits) {
      for (const Edit& edit : *edits) ids.push_back(raw(edit.id));
    }
    return ids;
  }
  static std::vector<uint64_t> range(uint64_t first, uint64_t last) {
    std::vector<uint64_t> ids;
    for (uint64_t id = first; id <= last; ++id) ids.push_back(id);
    return ids;
  }
  void overwrite(const std::string& path, uint64_t offset, std::string_view bytes) {
    ASSERT_TRUE(disk.open(path, Disk::OpenMode::kReadWrite).value()->pwrite(as_bytes(bytes), offset));
  }

  MemoryDisk disk;
  JournalSettings settings{.directories = {"/a", "/b"}, .extra_edits_retained = 0};
  std::unique_ptr<Journal> journal;
  EditTail tail{disk, {"/a", "/b"}};
};

TEST_F(EditTailTest, FollowsTheLogWhileItGrowsAndRolls) {
  EXPECT_EQ(read(1, 1), range(1, 1));
  EXPECT_EQ(read(2, 1), range(2, 1));
  append(10);  // 2 to 11
  EXPECT_EQ(read(2, 11, 4), range(2, 5));
  EXPECT_EQ(read(6, 8), range(6, 8));
  EXPECT_EQ(read(9, 11), range(9, 11));
  append(3);
  EXPECT_EQ(read(12, 14), range(12, 14));
  ASSERT_TRUE(journal->roll());  // 15, 16
  append(2000);
  EXPECT_EQ(read(15, 2016, 1000), range(15, 1014));
  EXPECT_EQ(read(1015, 2016, 5000), range(1015, 2016));
  EXPECT_EQ(read(1, 2016, 5000), range(1, 2016));
}

TEST_F(EditTailTest, NothingBeyondWhatIsDurableIsRead) {
  append(5);
  EXPECT_EQ(read(1, 4), range(1, 4));
  EXPECT_EQ(read(5, 4), range(5, 4));
}

TEST_F(EditTailTest, WhatIsPurgedIsPassedOver) {
  append(5);
  ASSERT_TRUE(journal->roll());  // 7, 8
  append(2);
  ASSERT_TRUE(journal->purge(TransactionId{7}));
  EXPECT_EQ(read(1, 10), range(8, 10));
}

TEST_F(EditTailTest, AnotherFolderStandsInForADamagedCopyAndForOneThatFellBehind) {
  append(5);
  ASSERT_TRUE(journal->roll());  // 7, 8
  append(2);
  overwrite("/a/current/edits_0000000000000000001-0000000000000000007", 60, "????");
  EXPECT_EQ(read(1, 10), range(1, 10));
  overwrite("/b/current/edits_0000000000000000001-0000000000000000007", 60, "????");
  auto lost = tail.read(TransactionId{4}, TransactionId{10}, 100);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(read(8, 10), range(8, 10));
  // A folder that has failed keeps the segment as it was.
  ASSERT_TRUE(disk.open("/a/current/edits_inprogress_0000000000000000008", Disk::OpenMode::kReadWrite)
                  .value()
                  ->truncate(8 + 17));
  EXPECT_EQ(read(8, 10), range(8, 10));
}

TEST_F(EditTailTest, FoldersThatCannotBeListedAreAnErrorOnlyTogether) {
  append(2);
  FaultyDisk faulty(disk);
  EditTail reader(faulty, {"/a", "/b"});
  faulty.arm({.operation = DiskOperation::kList});
  EXPECT_EQ(reader.read(TransactionId{1}, TransactionId{3}, 10)->size(), 3u);
  faulty.arm({.operation = DiskOperation::kList, .times = UINT64_MAX});
  EXPECT_FALSE(reader.read(TransactionId{1}, TransactionId{3}, 10));
}

}  // namespace
}  // namespace dfs::namenode
