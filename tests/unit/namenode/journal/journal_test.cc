#include "namenode/journal/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"

namespace dfs::namenode {
namespace {

const StorageVersion kVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};

Edit mkdir_edit(uint64_t id, size_t path_length = 6) {
  return {.id = TransactionId{id},
          .record = MkdirOp{.inode_id = InodeId{id}, .path = "/" + std::string(path_length, 'd'), .timestamp_ms = id}};
}

Result<void> append(Journal& journal, size_t count, size_t path_length = 6) {
  const uint64_t first = raw(journal.last()) + 1;
  std::string bytes;
  for (uint64_t id = first; id < first + count; ++id) DFS_TRY_OK(encode_edit(mkdir_edit(id, path_length), bytes));
  DFS_TRY_OK(journal.append(bytes, TransactionId{first}, TransactionId{first + count - 1}));
  return journal.sync();
}

// The transactions that a replay delivers; each checked to be what was written.
Result<std::vector<uint64_t>> replayed(Journal& journal, uint64_t from = 1) {
  std::vector<uint64_t> ids;
  DFS_TRY_OK(journal.replay(TransactionId{from}, [&](const Edit& edit) -> Result<void> {
    ids.push_back(raw(edit.id));
    if (const auto* op = std::get_if<MkdirOp>(&edit.record)) {
      EXPECT_EQ(raw(op->inode_id), raw(edit.id));
    }
    return {};
  }));
  return ids;
}

std::vector<uint64_t> range(uint64_t first, uint64_t last) {
  std::vector<uint64_t> ids;
  for (uint64_t id = first; id <= last; ++id) ids.push_back(id);
  return ids;
}

class JournalTest : public testing::Test {
 protected:
  JournalSettings one() { return {.directories = {"/a"}, .extra_edits_retained = 0, .extra_segments_retained = 100}; }
  JournalSettings two() { return {.directories = {"/a", "/b"}, .extra_edits_retained = 0}; }
  void format(const JournalSettings& settings) {
    ASSERT_TRUE(Journal::format(disk_, settings, kVersion, Journal::Existing::kRefuse));
  }
  std::unique_ptr<Journal> open(const JournalSettings& settings) {
    auto journal = Journal::open(disk_, settings);
    EXPECT_TRUE(journal) << journal.error().message();
    return journal ? *std::move(journal) : nullptr;
  }
  std::set<std::string> files(const std::string& root) {
    std::set<std::string> names;
    for (auto& entry : disk_.list(root + "/current").value()) names.insert(entry.name);
    return names;
  }
  void overwrite(const std::string& path, uint64_t offset, std::string_view bytes) {
    ASSERT_TRUE(disk_.open(path, Disk::OpenMode::kReadWrite).value()->pwrite(as_bytes(bytes), offset));
  }

  MemoryDisk disk_;
};

TEST_F(JournalTest, FormatsHadoopsDirectory) {
  EXPECT_FALSE(*Journal::is_formatted(disk_, two()));
  format(two());
  EXPECT_TRUE(*Journal::is_formatted(disk_, two()));
  disk_.lose_power();
  for (const std::string root : {"/a", "/b"}) {
    EXPECT_EQ(files(root), (std::set<std::string>{"VERSION", "seen_txid"}));
    EXPECT_EQ(disk_.read_file(root + "/current/seen_txid").value(), "0\n");
    EXPECT_EQ(StorageVersion::parse(disk_.read_file(root + "/current/VERSION").value()).value(), kVersion);
  }
  EXPECT_EQ(open(two())->version(), kVersion);
}

TEST_F(JournalTest, RefusesToFormatWhatIsThereUnlessToldTo) {
  format(one());
  EXPECT_EQ(Journal::format(disk_, two(), kVersion, Journal::Existing::kRefuse).error().code(),
            ErrorCode::kIllegalState);
  EXPECT_TRUE(Journal::format(disk_, two(), kVersion, Journal::Existing::kRemove));
  ASSERT_TRUE(disk_.make_directories("/photos/2025", 0755));
  const JournalSettings foreign{.directories = {"/photos"}};
  EXPECT_FALSE(Journal::is_formatted(disk_, foreign));
  EXPECT_FALSE(Journal::format(disk_, foreign, kVersion, Journal::Existing::kRemove));
  EXPECT_FALSE(Journal::format(disk_, {}, kVersion, Journal::Existing::kRemove));
  EXPECT_FALSE(Journal::open(disk_, {}));
}

TEST_F(JournalTest, RefusesDirectoriesThatAreUnformattedInUseOrOfAnotherCluster) {
  format(one());
  EXPECT_EQ(Journal::open(disk_, two()).error().code(), ErrorCode::kIllegalState);
  StorageVersion other = kVersion;
  other.cluster_id = "CID-2";
  ASSERT_TRUE(Journal::format(disk_, {.directories = {"/b"}}, other, Journal::Existing::kRefuse));
  auto mixed = Journal::open(disk_, two());
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().message().find("CID-2"), std::string::npos);
  auto holder = open(one());
  EXPECT_FALSE(Journal::open(disk_, one()));
}

TEST_F(JournalTest, WhatIsSyncedIsReplayedAcrossSegmentsFromAnyTransaction) {
  format(one());
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());  // 1
    ASSERT_TRUE(append(*journal, 3));       // 2-4
    ASSERT_TRUE(journal->roll());           // 5, 6
    EXPECT_EQ(journal->last(), TransactionId{6});
    ASSERT_TRUE(append(*journal, 2));  // 7-8
    ASSERT_TRUE(journal->close());     // 9
  }
  EXPECT_EQ(files("/a"), (std::set<std::string>{"VERSION", "seen_txid", "edits_0000000000000000001-0000000000000000005",
                                                "edits_0000000000000000006-0000000000000000009"}));
  EXPECT_EQ(disk_.read_file("/a/current/seen_txid").value(), "6\n");
  auto journal = open(one());
  EXPECT_EQ(journal->last(), TransactionId{9});
  for (uint64_t from = 1; from <= 10; ++from) EXPECT_EQ(*replayed(*journal, from), range(from, 9));
  EXPECT_EQ(
      journal
          ->replay(TransactionId{2}, [](const Edit&) -> Result<void> { return fail(ErrorCode::kIllegalState, "no"); })
          .error()
          .message(),
      "no");
}

TEST_F(JournalTest, HDFS_1846_GrowsAheadInMebibytesOfInvalidOpsAndEndsWithoutThem) {
  format(one());
  auto journal = open(one());
  ASSERT_TRUE(journal->start_segment());
  const std::string path = "/a/current/edits_inprogress_0000000000000000001";
  std::string content = disk_.read_file(path).value();
  EXPECT_EQ(content.size(), 1u << 20);
  EXPECT_EQ(uint8_t(content.back()), kOpInvalid);
  ASSERT_TRUE(append(*journal, 300, 4000));
  EXPECT_EQ(disk_.read_file(path).value().size(), 2u << 20);
  ASSERT_TRUE(journal->close());
  content = disk_.read_file("/a/current/edits_0000000000000000001-0000000000000000302").value();
  EXPECT_LT(content.size(), (1u << 20) + (1u << 19));
}

TEST_F(JournalTest, ABatchIsOneSyncUnlessItIsLargerThanAPowerCutMayDamage) {
  format(one());
  FaultyDisk counting(disk_);
  auto journal = Journal::open(counting, one()).value();
  ASSERT_TRUE(journal->start_segment());
  uint64_t before = counting.count(DiskOperation::kSync);
  ASSERT_TRUE(append(*journal, 1000));
  EXPECT_EQ(counting.count(DiskOperation::kSync), before + 1);
  ASSERT_TRUE(journal->sync());  // nothing to do
  EXPECT_EQ(counting.count(DiskOperation::kSync), before + 1);
  ASSERT_TRUE(append(*journal, 600, 4000));
  EXPECT_EQ(counting.count(DiskOperation::kSync), before + 4);
}

// The heart of the matter: the machine stops after every single operation in turn, power goes with any part of what
// was not synced on disk or not, and the log is opened again. Every edit whose sync returned is there, in order; what
// is there beyond them is a prefix of what was appended; and the journal can be written on.
void every_power_cut_keeps_what_was_synced(const JournalSettings& settings, uint64_t stride) {
  uint64_t stops = 0;
  for (uint64_t stop = 0;; stop += stride) {
    std::mt19937_64 random(stop);
    MemoryDisk disk;
    ASSERT_TRUE(Journal::format(disk, settings, kVersion, Journal::Existing::kRefuse));
    FaultyDisk faulty(disk);
    faulty.stop_after(stop);
    uint64_t acknowledged = 0;
    uint64_t appended = 0;
    const auto work = [&](Journal& journal) -> Result<void> {
      DFS_TRY_OK(journal.start_segment());
      for (int batch = 0; batch < 6; ++batch) {
        const size_t count = 1 + random() % 40;
        appended = raw(journal.last()) + count + 2;
        DFS_TRY_OK(append(journal, count, random() % 200));
        acknowledged = raw(journal.last());
        if (batch == 2) {
          DFS_TRY_OK(journal.roll());
          acknowledged = raw(journal.last());
        }
      }
      appended = acknowledged + 1;
      return journal.close();
    };
    bool finished = false;
    for (int life = 0; life < 2 && !finished; ++life) {
      auto journal = Journal::open(faulty, settings);
      if (!journal) break;
      auto worked = work(**journal);
      finished = worked.has_value();
      EXPECT_EQ((*journal)->failure().has_value(), !finished);
      if (!finished) {
        EXPECT_FALSE((*journal)->sync());
        EXPECT_FALSE((*journal)->purge(TransactionId{1}));
      }
    }
    faulty.disarm();
    disk.lose_power(random);
    auto journal = Journal::open(disk, settings);
    ASSERT_TRUE(journal) << "stop " << stop << ": " << journal.error().message();
    const uint64_t last = raw((*journal)->last());
    ASSERT_GE(last, acknowledged) << "stop " << stop;
    ASSERT_LE(last, appended + 1) << "stop " << stop;
    auto ids = replayed(**journal);
    ASSERT_TRUE(ids) << ids.error().message();
    ASSERT_EQ(*ids, range(1, last)) << "stop " << stop;
    ASSERT_TRUE((*journal)->start_segment());
    ASSERT_TRUE(append(**journal, 2));
    ASSERT_TRUE((*journal)->close());
    journal->reset();
    journal = Journal::open(disk, settings);
    ASSERT_TRUE(journal);
    ASSERT_EQ(replayed(**journal)->size(), last + 4);
    ++stops;
    if (finished) break;
  }
  EXPECT_GT(stops, 20u);
}
TEST_F(JournalTest, EveryPowerCutKeepsWhatWasSynced) {
  every_power_cut_keeps_what_was_synced(one(), 1);
}
TEST_F(JournalTest, EveryPowerCutKeepsWhatWasSyncedInTwoDirectories) {
  every_power_cut_keeps_what_was_synced(two(), 5);
}

TEST_F(JournalTest, EveryFailedOperationEndsTheJournalForGood) {
  for (DiskOperation operation : {DiskOperation::kWrite, DiskOperation::kSync, DiskOperation::kTruncate,
                                  DiskOperation::kRename, DiskOperation::kSyncDirectory, DiskOperation::kOpen}) {
    for (uint64_t skip = 0;; ++skip) {
      MemoryDisk disk;
      ASSERT_TRUE(Journal::format(disk, one(), kVersion, Journal::Existing::kRefuse));
      FaultyDisk faulty(disk);
      auto journal = Journal::open(faulty, one()).value();
      faulty.arm({.operation = operation, .skip = skip});
      uint64_t synced = 0;
      const auto work = [&]() -> Result<void> {
        DFS_TRY_OK(journal->start_segment());
        DFS_TRY_OK(append(*journal, 3));
        synced = raw(journal->last());
        DFS_TRY_OK(journal->roll());
        DFS_TRY_OK(append(*journal, 3));
        synced = raw(journal->last());
        return journal->close();
      };
      const auto worked = work();
      if (worked) break;
      ASSERT_TRUE(journal->failure());
      EXPECT_NE(worked.error().message().find("the edit log has failed"), std::string::npos);
      EXPECT_FALSE(journal->sync());
      EXPECT_FALSE(journal->append("x", TransactionId{100}, TransactionId{100}));
      EXPECT_FALSE(journal->roll());
      journal.reset();
      auto again = Journal::open(disk, one());
      ASSERT_TRUE(again) << again.error().message();
      ASSERT_GE(raw((*again)->last()), synced);
      ASSERT_EQ(*replayed(**again), range(1, raw((*again)->last())));
    }
  }
}

TEST_F(JournalTest, GoesOnWithoutADirectoryThatFailsAndGivesItTheLogAtTheNextStart) {
  format(two());
  {
    FaultyDisk faulty(disk_);
    auto journal = Journal::open(faulty, two()).value();
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 3));
    faulty.arm({.operation = DiskOperation::kSync,
                .on_path = [](const std::string& path) { return path.starts_with("/a/"); }});
    ASSERT_TRUE(append(*journal, 3));
    ASSERT_TRUE(journal->roll());
    ASSERT_TRUE(append(*journal, 3));
    EXPECT_FALSE(journal->failure());
  }
  auto journal = open(two());
  EXPECT_EQ(journal->last(), TransactionId{12});
  EXPECT_EQ(*replayed(*journal), range(1, 12));
  EXPECT_TRUE(files("/a").contains("edits_inprogress_0000000000000000001.stale"));
  journal.reset();
  EXPECT_EQ(*replayed(*open(one())), range(1, 12));
}

TEST_F(JournalTest, FailsWhenFewerDirectoriesRemainThanTheMinimum) {
  format(two());
  JournalSettings settings = two();
  settings.directories_minimum = 2;
  FaultyDisk faulty(disk_);
  auto journal = Journal::open(faulty, settings).value();
  ASSERT_TRUE(journal->start_segment());
  faulty.arm({.operation = DiskOperation::kWrite});
  EXPECT_FALSE(append(*journal, 1));
  EXPECT_TRUE(journal->failure());
}

TEST_F(JournalTest, ADamagedOpInTheMiddleIsAnErrorThatNamesFileOffsetAndTransaction) {
  format(one());
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 10));
  }
  const std::string path = "/a/current/edits_inprogress_0000000000000000001";
  const std::string whole = disk_.read_file(path).value();
  std::string bytes = encode_segment_header();
  ASSERT_TRUE(encode_edit({.id = TransactionId{1}, .record = StartLogSegmentOp{}}, bytes));
  const size_t second = bytes.size();
  for (uint64_t id = 2; id <= 11; ++id) ASSERT_TRUE(encode_edit(mkdir_edit(id), bytes));
  ASSERT_EQ(whole.substr(0, bytes.size()), bytes);
  // Every bit of the length of one op, and some of all the rest.
  for (size_t bit = second * 8 + 8; bit < bytes.size() * 8; bit += bit < second * 8 + 40 ? 1 : 31) {
    const char flipped = char(whole[bit / 8] ^ 1 << bit % 8);
    overwrite(path, bit / 8, {&flipped, 1});
    auto opened = Journal::open(disk_, one());
    ASSERT_FALSE(opened) << "bit " << bit;
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorruptFormat);
    EXPECT_NE(opened.error().message().find(path + " at offset"), std::string::npos) << opened.error().message();
    EXPECT_NE(opened.error().message().find("transaction"), std::string::npos) << opened.error().message();
    overwrite(path, bit / 8, whole.substr(bit / 8, 1));
  }
  EXPECT_EQ(*replayed(*open(one())), range(1, 11));
}

TEST_F(JournalTest, WhatIsTornOffTheEndIsKeptAsideAndDropped) {
  format(one());
  const std::string path = "/a/current/edits_inprogress_0000000000000000001";
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 5));  // 2-6
  }
  std::string whole, bytes = encode_segment_header();
  ASSERT_TRUE(encode_edit({.id = TransactionId{1}, .record = StartLogSegmentOp{}}, bytes));
  for (uint64_t id = 2; id <= 6; ++id) ASSERT_TRUE(encode_edit(mkdir_edit(id), bytes));
  ASSERT_TRUE(encode_edit(mkdir_edit(7), whole));
  const std::string torn = whole.substr(0, whole.size() - 9);
  overwrite(path, bytes.size(), torn);
  {
    FaultyDisk faulty(disk_);
    faulty.arm({.operation = DiskOperation::kTruncate});  // it dies before the cut, and starts again
    EXPECT_FALSE(Journal::open(faulty, one()));
  }
  {
    auto journal = open(one());
    EXPECT_EQ(*replayed(*journal), range(1, 6));
    disk_.lose_power();
  }
  EXPECT_EQ(files("/a"), (std::set<std::string>{"VERSION", "seen_txid", "edits_inprogress_0000000000000000001.torn",
                                                "edits_0000000000000000001-0000000000000000006"}));
  EXPECT_EQ(disk_.read_file(path + ".torn").value(), torn);
  EXPECT_EQ(disk_.read_file("/a/current/edits_0000000000000000001-0000000000000000006").value(), bytes);
  EXPECT_EQ(*replayed(*open(one())), range(1, 6));
}

TEST_F(JournalTest, ADamagedBitInAFinishedSegmentEndsTheReplayBeforeItsEdit) {
  format(one());
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 6));  // 2-7
    ASSERT_TRUE(journal->close());     // 8
  }
  const std::string path = "/a/current/edits_0000000000000000001-0000000000000000008";
  const std::string whole = disk_.read_file(path).value();
  std::vector<size_t> begins;  // of each transaction
  {
    auto reader = SegmentReader::open(disk_, path).value();
    for (size_t at = reader->offset(); reader->next().value(); at = reader->offset()) begins.push_back(at);
  }
  ASSERT_EQ(begins.size(), 8u);
  for (size_t bit = 0; bit < whole.size() * 8; bit += 5) {
    const char flipped = char(whole[bit / 8] ^ 1 << bit % 8);
    overwrite(path, bit / 8, {&flipped, 1});
    std::vector<uint64_t> delivered;
    auto damaged = open(one())->replay(TransactionId{1}, [&](const Edit& edit) -> Result<void> {
      delivered.push_back(raw(edit.id));
      return {};
    });
    const size_t place = size_t(std::ranges::upper_bound(begins, bit / 8) - begins.begin());
    ASSERT_FALSE(damaged) << "bit " << bit;
    const std::string& message = damaged.error().message();
    EXPECT_NE(message.find(path), std::string::npos) << message;
    if (place == 0) {
      EXPECT_TRUE(delivered.empty());
    } else {
      EXPECT_EQ(delivered, range(1, place - 1)) << "bit " << bit;
      EXPECT_NE(message.find("offset " + std::to_string(begins[place - 1])), std::string::npos) << message;
      EXPECT_NE(message.find("transaction " + std::to_string(place)), std::string::npos) << message;
    }
    overwrite(path, bit / 8, whole.substr(bit / 8, 1));
  }
  EXPECT_EQ(*replayed(*open(one())), range(1, 8));
}

TEST_F(JournalTest, AnotherDirectorysCopyStandsInForADamagedOne) {
  format(two());
  {
    auto journal = open(two());
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 10));
  }
  overwrite("/a/current/edits_inprogress_0000000000000000001", 60, "?");
  {
    auto journal = open(two());
    EXPECT_EQ(*replayed(*journal), range(1, 11));
    EXPECT_TRUE(files("/a").contains("edits_inprogress_0000000000000000001.corrupt"));
  }
  // A finalised segment that is damaged later is found by replay, and only the damaged part is read elsewhere.
  overwrite("/a/current/edits_0000000000000000001-0000000000000000011", 200, "????");
  EXPECT_EQ(*replayed(*open(two())), range(1, 11));
  overwrite("/b/current/edits_0000000000000000001-0000000000000000011", 200, "????");
  auto lost = replayed(*open(two()));
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().message().find("/a/current/edits_0000000000000000001-0000000000000000011 at offset"),
            std::string::npos);
}

TEST_F(JournalTest, MissingSegmentsAreAnErrorAndNotAShorterHistory) {
  format(one());
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(append(*journal, 2));
    ASSERT_TRUE(journal->roll());
    ASSERT_TRUE(journal->roll());
    ASSERT_TRUE(journal->close());
  }
  const std::string middle = "/a/current/edits_0000000000000000005-0000000000000000006";
  const std::string last = "/a/current/edits_0000000000000000007-0000000000000000008";
  ASSERT_TRUE(disk_.exists(middle).value() && disk_.exists(last).value());
  const std::string content = disk_.read_file(middle).value();
  ASSERT_TRUE(disk_.remove(middle));
  auto gap = replayed(*open(one()));
  ASSERT_FALSE(gap);
  EXPECT_NE(gap.error().message().find("transaction 5"), std::string::npos) << gap.error().message();
  ASSERT_TRUE(disk_.write_file_atomically(middle, content.substr(0, content.size() - 17)));
  EXPECT_FALSE(replayed(*open(one())));  // shorter than its name says
  ASSERT_TRUE(disk_.write_file_atomically(middle, content));
  ASSERT_TRUE(disk_.write_file_atomically("/a/current/seen_txid", "7\n"));
  ASSERT_TRUE(disk_.remove(last));
  EXPECT_TRUE(Journal::open(disk_, one()));  // 7 may have been about to begin
  ASSERT_TRUE(disk_.remove(middle));
  auto unseen = Journal::open(disk_, one());
  ASSERT_FALSE(unseen);
  EXPECT_NE(unseen.error().message().find("seen_txid"), std::string::npos);
  ASSERT_TRUE(disk_.write_file_atomically("/a/current/seen_txid", "7 x"));
  EXPECT_FALSE(Journal::open(disk_, one()));
}

TEST_F(JournalTest, ReadsASegmentThatHadoopFinalisedWithItsFill) {
  format(one());
  std::string bytes = encode_segment_header();
  ASSERT_TRUE(encode_edit({.id = TransactionId{1}, .record = StartLogSegmentOp{}}, bytes));
  ASSERT_TRUE(encode_edit(mkdir_edit(2), bytes));
  bytes += std::string(1000, '\xff');
  ASSERT_TRUE(disk_.write_file_atomically("/a/current/edits_0000000000000000001-0000000000000000002", bytes));
  EXPECT_EQ(*replayed(*open(one())), range(1, 2));
}

TEST_F(JournalTest, PurgesWholeSegmentsAndKeepsTheExtraEdits) {
  format(one());
  {
    auto journal = open(one());
    ASSERT_TRUE(journal->start_segment());
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(append(*journal, 8));  // segments of ten transactions
      ASSERT_TRUE(journal->roll());
    }
    ASSERT_TRUE(journal->close());
  }
  JournalSettings settings = one();
  settings.extra_edits_retained = 5;
  {
    auto journal = open(settings);
    ASSERT_TRUE(journal->purge(TransactionId{22}));
    EXPECT_FALSE(replayed(*journal));
    EXPECT_EQ(*replayed(*journal, 11), range(11, 42));
    ASSERT_TRUE(journal->purge(TransactionId{25}));
    EXPECT_EQ(*replayed(*journal, 21), range(21, 42));
  }
  settings.extra_edits_retained = 1000;
  settings.extra_segments_retained = 1;
  auto journal = open(settings);
  ASSERT_TRUE(journal->purge(TransactionId{40}));
  EXPECT_FALSE(replayed(*journal, 21));
  EXPECT_EQ(*replayed(*journal, 31), range(31, 42));
}

TEST(StorageVersion, ReadsWhatHadoopWrites) {
  auto version = StorageVersion::parse(
      "#Sun Nov 22 11:16:42 UTC 2026\nnamespaceID=696641792\nblockpoolID=BP-1884852278-127.0.0.1-1795346202444\n"
      "storageType=NAME_NODE\ncTime=1795346202444\nclusterID=CID\\:x\nlayoutVersion=-67\n");
  ASSERT_TRUE(version) << version.error().message();
  EXPECT_EQ(*version, (StorageVersion{.namespace_id = 696641792,
                                      .cluster_id = "CID:x",
                                      .block_pool_id = "BP-1884852278-127.0.0.1-1795346202444",
                                      .creation_time_ms = 1795346202444}));
  EXPECT_EQ(StorageVersion::parse(version->to_text()).value(), *version);
}

TEST(StorageVersion, RefusesWhatIsNotANameNodesOrNotOfThisLayout) {
  const std::string good = kVersion.to_text();
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return StorageVersion::parse(text);
  };
  EXPECT_TRUE(with("-67", "-66"));
  EXPECT_EQ(with("-67", "-63").error().code(), ErrorCode::kIncorrectVersion);
  EXPECT_EQ(with("-67", "-68").error().code(), ErrorCode::kIncorrectVersion);
  for (auto [from, to] : {std::pair("NAME_NODE", "DATA_NODE"), std::pair("namespaceID=5", "namespaceID=five"),
                          std::pair("clusterID=CID-1\n", ""), std::pair("cTime=", "cTime"), std::pair("-67", "-67x")}) {
    EXPECT_EQ(with(from, to).error().code(), ErrorCode::kCorruptFormat) << from;
  }
  EXPECT_FALSE(StorageVersion::parse(""));
}

TEST(StorageVersion, GeneratesIdsAsHadoopDoes) {
  const StorageVersion version = StorageVersion::generate("", "10.0.0.1", 1700000000000, 42);
  EXPECT_THAT(version.cluster_id,
              testing::MatchesRegex("CID-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(version.block_pool_id, testing::MatchesRegex("BP-[0-9]+-10\\.0\\.0\\.1-1700000000000"));
  EXPECT_GT(version.namespace_id, 0);
  EXPECT_EQ(version.creation_time_ms, 1700000000000u);
  EXPECT_EQ(StorageVersion::generate("mine", "10.0.0.1", 1, 42).cluster_id, "mine");
}

}  // namespace
}  // namespace dfs::namenode
