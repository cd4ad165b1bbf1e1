#include "datanode/replicas/replica_store.h"

#include <random>

#include "datanode/replicas/scanner.h"
#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"
#include "tests/unit/datanode/replicas/watched_disk.h"

namespace dfs::datanode {
namespace {

constexpr uint64_t kId = 1073741825;

// HDFS-5042
TEST(ReplicaStore, AFinalisedReplicaIsWhereHadoopKeepsItAndSurvivesAPowerCut) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  EXPECT_EQ(pool.events.lines, std::vector<std::string>{"received 1073741825_1001 1300"});
  disk.lose_power();
  pool.restart();
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300));
  EXPECT_EQ(pool.view(BlockId(kId)).state, ReplicaState::kFinalized);
  const std::string directory = "/data/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/";
  EXPECT_TRUE(*disk.exists(directory + "blk_1073741825"));
  EXPECT_EQ(disk.read_file(directory + "blk_1073741825_1001.meta")->substr(0, 7), std::string("\0\1\2\0\0\2\0", 7));
  auto version = parse_properties(*disk.read_file("/data/current/VERSION"));
  EXPECT_EQ(version["layoutVersion"], "-57");
  EXPECT_EQ(version["clusterID"], "CID-1");
  EXPECT_EQ(version["datanodeUuid"], "uuid");
}

// Every offset within a chunk, appended to by packets that begin where the replica ends or at the chunk's beginning.
TEST(ReplicaStore, SumsStayRightWhereverAPacketEnds) {
  MemoryDisk disk;
  Pool pool(disk);
  const std::string text = pattern(1600);
  for (size_t cut = 1; cut < 1100; cut += 37) {
    for (bool from_chunk_start : {false, true}) {
      Block block = block_of(kId + cut * 2 + from_chunk_start);
      auto writer = pool.create(block);
      ASSERT_TRUE(pool.append(*writer, 0, text.substr(0, cut)));
      size_t next = from_chunk_start ? cut / 512 * 512 : cut;
      if (!from_chunk_start && cut % 512 != 0) {
        size_t to_chunk_end = 512 - cut % 512;
        ASSERT_TRUE(pool.append(*writer, cut, text.substr(cut, to_chunk_end)));
        next = cut + to_chunk_end;
      }
      ASSERT_TRUE(pool.append(*writer, next, text.substr(next)));
      ASSERT_TRUE(pool.store->finalise(std::move(writer), false, ""));
      EXPECT_EQ(pool.content(block.id), text) << cut;
    }
  }
}

TEST(ReplicaStore, APacketThatLeavesAGapOrCrossesAChunkUnalignedIsRefused) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  EXPECT_FALSE(pool.append(*writer, 5, "gap"));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(100)));
  EXPECT_FALSE(pool.append(*writer, 100, pattern(500)));
  // What is there already is taken as said before.
  EXPECT_TRUE(pool.append(*writer, 0, pattern(50)));
}

TEST(ReplicaStore, AWriterThatStoppedLeavesAReplicaWaitingForRecoveryCutToWhatItsSumsCover) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  writer.reset();
  const std::string data = "/data/current/BP-1-127.0.0.1-1/current/rbw/blk_1073741825";
  // Bytes without a sum, as after a crash between data and sums.
  (*disk.open(data, Disk::OpenMode::kReadWrite))->pwrite(as_bytes(pattern(1000)), 1300).value();
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId)).state, ReplicaState::kRwr);
  EXPECT_EQ(pool.view(BlockId(kId)).block.length_bytes, 1300u);
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300));
  // Where the last sum fits nothing, its whole chunk goes.
  (*disk.open(data, Disk::OpenMode::kReadWrite))->pwrite(as_bytes("X"), 1100).value();
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId)).block.length_bytes, 1024u);
  // The intact case keeps the last chunk too.
  writer = pool.create(block_of(kId + 1));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  writer.reset();
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId + 1)).block.length_bytes, 1300u);
}

// HDFS-5042: what was synced survives, also when the disk has written some of what came after and some not.
TEST(ReplicaStore, SyncedBytesInsideAChunkSurviveWhateverAPowerCutLeavesOfLaterOnes) {
  const std::string text = pattern(1500);
  for (uint64_t seed = 0; seed < 60; ++seed) {
    MemoryDisk disk;
    Pool pool(disk);
    std::mt19937_64 random(seed);
    auto writer = pool.create(block_of(kId));
    const size_t synced = 1 + random() % 1000;
    size_t end = synced;
    ASSERT_TRUE(pool.append(*writer, 0, text.substr(0, synced)));
    ASSERT_TRUE(writer->sync());
    for (int i = 0; i < 4; ++i) {
      const size_t more = std::min<size_t>(1 + random() % 100, 512 - end % 512);
      ASSERT_TRUE(pool.append(*writer, end, text.substr(end, more)));
      end += more;
    }
    writer.reset();
    pool.store.reset();
    disk.lose_power(random);
    pool.open();
    const uint64_t length = pool.view(BlockId(kId)).block.length_bytes;
    EXPECT_GE(length, synced) << seed;
    EXPECT_EQ(pool.content(BlockId(kId)), text.substr(0, length)) << seed;
  }
}

TEST(ReplicaStore, ACutThatAPowerCutInterruptsLosesNothingOfWhatStays) {
  const std::string text = pattern(1500);
  for (uint64_t seed = 0; seed < 60; ++seed) {
    MemoryDisk disk;
    FaultyDisk faulty(disk);
    Pool pool(faulty);
    std::mt19937_64 random(seed);
    const size_t acknowledged = random() % 2 * 512 + 1 + random() % 500;
    auto writer = pool.create(block_of(kId));
    ASSERT_TRUE(pool.append(*writer, 0, text.substr(0, 1100)));
    ASSERT_TRUE(writer->sync());
    writer->replica().update([&](Replica::View& view) { view.acknowledged_bytes = acknowledged; });
    writer.reset();
    // Up to the last operation of the cut, not as far as the new name of the meta file.
    faulty.stop_after(seed % 12);
    auto recovered = pool.run(pool.store->recover_rbw({.block = block_of(kId),
                                                       .generation = GenerationStamp(1005),
                                                       .received_bytes_min = acknowledged,
                                                       .received_bytes_max = 1100,
                                                       .checksum = pool.checksum},
                                                      [] {}));
    ASSERT_FALSE(recovered);
    pool.store.reset();
    faulty.disarm();
    disk.lose_power(random);
    pool.open();
    const uint64_t length = pool.view(BlockId(kId)).block.length_bytes;
    EXPECT_GE(length, acknowledged) << seed;
    EXPECT_EQ(pool.content(BlockId(kId)), text.substr(0, length)) << seed;
  }
}

// HDFS-5042: nothing is reported received before data, sums and both names are durable, and readers find the replica
// all the while.
TEST(ReplicaStore, AReplicaCanBeReadWhileItIsFinalised) {
  MemoryDisk memory;
  WatchedDisk disk(memory);
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  std::vector<std::string> seen;
  bool looking = false;
  disk.before = [&](std::string_view operation, const std::string&) {
    if (operation != "sync directory" || std::exchange(looking, true)) return;
    seen.push_back(pool.content(BlockId(kId)));
    EXPECT_EQ(pool.count_events("received"), 0u);
    looking = false;
  };
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  disk.before = nullptr;
  ASSERT_GE(seen.size(), 2u);
  for (const std::string& content : seen) EXPECT_EQ(content, pattern(1300));
  EXPECT_EQ(pool.count_events("received"), 1u);
}

// HDFS-17850: a stamp that is not older is taken, and the length keeps a stale replica out.
TEST(ReplicaStore, AppendContinuesTheLastChunkAndRefusesAnOlderGeneration) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  const std::string text = pattern(1400);
  ASSERT_TRUE(pool.append(*writer, 0, text.substr(0, 700)));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  ReplicaStore::Continuation request{.block = block_of(kId),
                                     .generation = GenerationStamp(1000),
                                     .received_bytes_min = 700,
                                     .received_bytes_max = 700,
                                     .checksum = pool.checksum};
  EXPECT_FALSE(pool.run(pool.store->append(request, [] {})));
  request.generation = GenerationStamp(1002);
  request.received_bytes_min = 699;
  EXPECT_FALSE(pool.run(pool.store->append(request, [] {})));
  request.received_bytes_min = 700;
  auto reopened = pool.run(pool.store->append(request, [] {}));
  ASSERT_TRUE(reopened) << reopened.error().to_string();
  // A reader that began before sees the old last chunk.
  auto reader = *ReplicaReader::open(pool.store->lookup(BlockId(kId)));
  ASSERT_TRUE(pool.append(**reopened, 700, text.substr(700, 324)));
  std::vector<uint8_t> data(700), sums(8);
  ASSERT_TRUE(reader->read(0, data, sums));
  EXPECT_FALSE(reader->first_mismatch(0, data, sums));
  ASSERT_TRUE(pool.append(**reopened, 1024, text.substr(1024)));
  ASSERT_TRUE(pool.store->finalise(*std::move(reopened), true, ""));
  EXPECT_EQ(pool.content(BlockId(kId)), text);
  EXPECT_EQ(raw(pool.view(BlockId(kId)).block.generation), 1002u);
}

TEST(ReplicaStore, AnAppendToACorruptLastChunkIsRefused) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(700)));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  (*disk.open(pool.view(BlockId(kId)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("X"), 600).value();
  auto reopened = pool.run(pool.store->append({.block = block_of(kId),
                                               .generation = GenerationStamp(1002),
                                               .received_bytes_min = 700,
                                               .received_bytes_max = 700,
                                               .checksum = pool.checksum},
                                              [] {}));
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code(), ErrorCode::kChecksum);
}

// HDFS-4660, HDFS-9220: the sum of the chunk that the recovery ends in is made anew.
TEST(ReplicaStore, PipelineRecoveryCutsWhatWasNotAcknowledgedAtEveryOffset) {
  MemoryDisk disk;
  Pool pool(disk);
  const std::string text = pattern(1500);
  for (uint64_t acknowledged = 0; acknowledged <= 1100; acknowledged += 53) {
    Block block = block_of(kId + acknowledged);
    auto writer = pool.create(block);
    ASSERT_TRUE(pool.append(*writer, 0, text.substr(0, 1100)));
    writer->replica().update([&](Replica::View& view) { view.acknowledged_bytes = acknowledged; });
    writer.reset();
    auto recovered = pool.run(pool.store->recover_rbw({.block = block,
                                                       .generation = GenerationStamp(1005),
                                                       .received_bytes_min = acknowledged,
                                                       .received_bytes_max = 1100,
                                                       .checksum = pool.checksum},
                                                      [] {}));
    ASSERT_TRUE(recovered) << recovered.error().to_string();
    uint64_t chunk = acknowledged / 512 * 512;
    ASSERT_TRUE(pool.append(**recovered, chunk, text.substr(chunk)));
    ASSERT_TRUE(pool.store->finalise(*std::move(recovered), false, ""));
    EXPECT_EQ(pool.content(block.id), text) << acknowledged;
  }
}

TEST(ReplicaStore, ARecoveryStopsTheWriterOrSaysThatItCannot) {
  MemoryDisk disk;
  Pool pool(disk);
  std::unique_ptr<ReplicaWriter> writer;
  auto created =
      pool.run(pool.store->create({.block = block_of(kId), .checksum = pool.checksum}, [&] { writer.reset(); }));
  ASSERT_TRUE(created);
  writer = *std::move(created);
  ReplicaStore::Continuation request{.block = block_of(kId),
                                     .generation = GenerationStamp(1002),
                                     .received_bytes_max = 100,
                                     .checksum = pool.checksum};
  auto recovered = pool.run(pool.store->recover_rbw(request, [] {}));
  ASSERT_TRUE(recovered) << recovered.error().to_string();
  EXPECT_EQ(writer, nullptr);
  request.generation = GenerationStamp(1003);
  auto refused = pool.run(pool.store->recover_rbw(request, [] {}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("Unable to stop existing writer"), std::string::npos);
}

TEST(ReplicaStore, ABlockIsCreatedOnceAndDeletedOnlyUnderItsGeneration) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  auto again = pool.run(pool.store->create({.block = block_of(kId), .checksum = pool.checksum}, [] {}));
  EXPECT_EQ(again.error().code(), ErrorCode::kReplicaAlreadyExists);
  ASSERT_TRUE(pool.append(*writer, 0, "abc"));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  EXPECT_FALSE(pool.run(pool.store->invalidate(block_of(kId, 1000))));
  EXPECT_EQ(pool.content(BlockId(kId)), "abc");
  EXPECT_TRUE(pool.run(pool.store->invalidate(block_of(kId))));
  EXPECT_EQ(pool.store->lookup(BlockId(kId)), nullptr);
  EXPECT_EQ(pool.store->volumes()[0]->used_bytes(), 0u);
  EXPECT_TRUE(pool.run(pool.store->invalidate(block_of(kId))));
  pool.restart();
  EXPECT_EQ(pool.store->replicas().size(), 0u);
}

TEST(ReplicaStore, UnfinishedCopiesAreGoneAfterARestart) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId), ReplicaState::kTemporary);
  ASSERT_TRUE(pool.append(*writer, 0, "abc"));
  writer.reset();
  pool.restart();
  EXPECT_EQ(pool.store->replicas().size(), 0u);
}

TEST(ReplicaStore, BlockRecoveryGivesAReplicaItsNewGenerationAndLength) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  writer.reset();
  pool.restart();
  auto source = pool.run(pool.store->init_recovery(block_of(kId), GenerationStamp(1010)));
  ASSERT_TRUE(source && *source);
  EXPECT_EQ((*source)->state, ReplicaState::kRwr);
  EXPECT_EQ(pool.run(pool.store->init_recovery(block_of(kId), GenerationStamp(1010))).error().code(),
            ErrorCode::kRecoveryInProgress);
  auto updated =
      pool.run(pool.store->update_under_recovery((*source)->block, GenerationStamp(1010), BlockId(kId), 1100));
  ASSERT_TRUE(updated) << updated.error().to_string();
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300).substr(0, 1100));
  disk.lose_power();
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId)).state, ReplicaState::kFinalized);
  EXPECT_EQ(raw(pool.view(BlockId(kId)).block.generation), 1010u);
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300).substr(0, 1100));
}

TEST(ReplicaStore, ARenameThatACrashInterruptedIsTakenBack) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(700)));
  ASSERT_TRUE(writer->sync());
  Replica::View view = writer->replica().view();
  writer.reset();
  const std::string finalized = "/data/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0";
  ASSERT_TRUE(disk.make_directories(finalized, 0700));
  ASSERT_TRUE(disk.rename(view.meta_path(), finalized + "/blk_1073741825_1001.meta"));
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId)).state, ReplicaState::kRwr);
  EXPECT_EQ(pool.view(BlockId(kId)).block.length_bytes, 700u);
}

// HDFS-14706
TEST(ReplicaReader, AMissingOrShortMetaFileIsCorruption) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  auto replica = pool.store->lookup(BlockId(kId));
  (*disk.open(replica->view().meta_path(), Disk::OpenMode::kReadWrite))->truncate(10).value();
  EXPECT_EQ(ReplicaReader::open(replica).error().code(), ErrorCode::kCorruptFormat);
  ASSERT_TRUE(disk.remove(replica->view().meta_path()));
  EXPECT_EQ(ReplicaReader::open(replica).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_TRUE(*disk.exists(replica->view().data_path()));
}

// HDFS-11160, HDFS-16985: what is wrong with the files while somebody changes the replica is no corruption.
TEST(ReplicaStore, AReplicaIsReportedCorruptOnlyWhenFinalizedAndNobodyChangesIt) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(700)));
  auto replica = pool.store->lookup(BlockId(kId));
  pool.store->report_corrupt(replica, replica->view());
  const Replica::View while_written = replica->view();
  ASSERT_TRUE(pool.store->finalise(std::move(writer), true, ""));
  pool.store->report_corrupt(replica, while_written);
  {
    ReplicaClaim claim = ReplicaClaim::attempt(replica, [] {});
    pool.store->report_corrupt(replica, replica->view());
  }
  EXPECT_EQ(pool.count_events("corrupt"), 0u);
  pool.store->report_corrupt(replica, replica->view());
  EXPECT_EQ(pool.events.lines.back(), "corrupt 1073741825_1001 700");
  const Replica::View before_deletion = replica->view();
  ASSERT_TRUE(pool.run(pool.store->invalidate(block_of(kId))));
  pool.store->report_corrupt(replica, before_deletion);
  EXPECT_EQ(pool.count_events("corrupt"), 1u);
}

TEST(ReplicaStore, AReplicaThatCannotBeBegunLeavesNothingInTheWayOfTheNextAttempt) {
  for (DiskOperation operation : {DiskOperation::kOpen, DiskOperation::kWrite}) {
    MemoryDisk disk;
    FaultyDisk faulty(disk);
    Pool pool(faulty);
    faulty.arm({.operation = operation,
                .on_path = [](const std::string& path) { return path.ends_with(".meta"); },
                .error_number = ENOSPC});
    auto refused = pool.run(pool.store->create(
        {.block = block_of(kId), .state = ReplicaState::kTemporary, .checksum = pool.checksum}, [] {}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kDiskOutOfSpace);
    EXPECT_EQ(pool.store->volumes()[0]->promised_bytes(), 0u);
    EXPECT_FALSE(pool.store->volumes()[0]->failed());
    EXPECT_NE(pool.create(block_of(kId), ReplicaState::kTemporary), nullptr);
  }
}

TEST(ReplicaStore, FilesThatNobodyKnowsOfAreNotOverwritten) {
  MemoryDisk disk;
  Pool pool(disk);
  const std::string path = "/data/current/BP-1-127.0.0.1-1/current/rbw/blk_1073741825";
  (*disk.open(path, Disk::OpenMode::kCreateNew))->pwrite(as_bytes("precious"), 0).value();
  EXPECT_FALSE(pool.run(pool.store->create({.block = block_of(kId), .checksum = pool.checksum}, [] {})));
  EXPECT_EQ(*disk.read_file(path), "precious");
}

TEST(ReplicaStore, ACopyThatCannotBeFinalisedIsGoneAndMayBeMadeAgain) {
  MemoryDisk disk;
  FaultyDisk faulty(disk);
  Pool pool(faulty);
  for (DiskOperation operation : {DiskOperation::kSync, DiskOperation::kRename, DiskOperation::kSyncDirectory}) {
    auto writer = pool.create(block_of(kId), ReplicaState::kTemporary);
    ASSERT_TRUE(pool.append(*writer, 0, "abc"));
    faulty.arm({.operation = operation, .on_path = {}});
    EXPECT_FALSE(pool.store->finalise(std::move(writer), true, ""));
    EXPECT_EQ(pool.store->replicas().size(), 0u);
    EXPECT_EQ(pool.store->volumes()[0]->used_bytes(), 0u);
    EXPECT_EQ(pool.store->volumes()[0]->promised_bytes(), 0u);
  }
  pool.settle();
  EXPECT_EQ(pool.count_events("received"), 0u);
  pool.store_block(block_of(kId), "abc");
}

// A client that begins a block anew says so by a newer generation stamp.
TEST(ReplicaStore, AnUnfinishedReplicaGivesWayToANewerOneButAFinalizedOneDoesNot) {
  MemoryDisk disk;
  Pool pool(disk);
  auto old = pool.create(block_of(kId, 1001));
  ASSERT_TRUE(pool.append(*old, 0, "old"));
  old.reset();
  auto fresh = pool.create(block_of(kId, 1002));
  ASSERT_NE(fresh, nullptr);
  ASSERT_TRUE(pool.append(*fresh, 0, "new"));
  ASSERT_TRUE(pool.store->finalise(std::move(fresh), true, ""));
  auto refused = pool.run(pool.store->create({.block = block_of(kId, 1003), .checksum = pool.checksum}, [] {}));
  EXPECT_EQ(refused.error().code(), ErrorCode::kReplicaAlreadyExists);
  EXPECT_EQ(pool.content(BlockId(kId)), "new");
}

Result<std::string> truncated_copy(Pool& pool, uint64_t new_id, uint64_t length) {
  auto source = pool.run(pool.store->init_recovery(block_of(kId), GenerationStamp(1010)));
  EXPECT_TRUE(source && *source);
  return pool.run(pool.store->update_under_recovery((*source)->block, GenerationStamp(1010), BlockId(new_id), length));
}

TEST(ReplicaStore, TruncatingABlockOfASnapshotMakesAVerifiedCopyOfItsBeginning) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(kId), pattern(1300));
  auto copied = truncated_copy(pool, kId + 1, 700);
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_EQ(pool.content(BlockId(kId + 1)), pattern(700));
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300));
}

TEST(ReplicaStore, ACopyOfACorruptBlockIsNotMadeAndLeavesNothingBehind) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(kId), pattern(1300));
  (*disk.open(pool.view(BlockId(kId)).data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), 600).value();
  auto copied = truncated_copy(pool, kId + 1, 700);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code(), ErrorCode::kChecksum);
  EXPECT_EQ(pool.store->lookup(BlockId(kId + 1)), nullptr);
  EXPECT_EQ(pool.store->volumes()[0]->promised_bytes(), 0u);
}

// One sector that cannot be read costs one replica; a disk that takes nothing any more costs the volume.
TEST(ReplicaStore, AnIoErrorFailsTheVolumeOnlyIfItNoLongerTakesAFile) {
  MemoryDisk disk;
  FaultyDisk faulty(disk);
  Pool pool(faulty);
  pool.store_block(block_of(kId), pattern(1300));
  auto replica = pool.store->lookup(BlockId(kId));
  Volume& volume = *pool.store->volumes()[0];
  const Error bad_sector = Error::from_errno(EIO, "read blk_1073741825");
  pool.store->note_read_error(replica, replica->view(), bad_sector);
  pool.settle();
  EXPECT_FALSE(volume.failed());
  EXPECT_EQ(pool.events.lines.back(), "corrupt 1073741825_1001 1300");

  // What is no error of the disk is not looked into.
  faulty.arm({.operation = DiskOperation::kSync, .on_path = {}, .times = UINT64_MAX});
  pool.store->note_error(volume, Error::from_errno(EMFILE, "open"));
  pool.store->note_error(volume, Error::from_errno(ENOSPC, "write"));
  pool.settle();
  EXPECT_FALSE(volume.failed());
  pool.store->note_read_error(replica, replica->view(), bad_sector);
  pool.settle();
  EXPECT_TRUE(volume.failed());
  EXPECT_EQ(pool.count_events("corrupt"), 1u);
  EXPECT_FALSE(pool.run(pool.store->create({.block = block_of(kId + 1), .checksum = pool.checksum}, [] {})));
}

// HDFS-16985, HDFS-17342: a replica whose file is not found is reported, never deleted.
TEST(ReplicaStore, AReplicaWhoseFileIsNotFoundIsReportedAndKept) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(kId), pattern(1300));
  auto replica = pool.store->lookup(BlockId(kId));
  const std::string path = replica->view().data_path();
  ASSERT_TRUE(disk.rename(path, "/data/aside"));
  auto opened = ReplicaReader::open(replica);
  ASSERT_FALSE(opened);
  pool.store->note_read_error(replica, replica->view(), opened.error());
  pool.settle();
  EXPECT_EQ(pool.count_events("corrupt"), 1u);
  ASSERT_TRUE(disk.rename("/data/aside", path));
  EXPECT_EQ(pool.content(BlockId(kId)), pattern(1300));
}

TEST(ReplicaReader, APartOfTheLastChunkGetsASumOfItsOwnUnlessTheChunkIsCorrupt) {
  MemoryDisk disk;
  Pool pool(disk);
  pool.store_block(block_of(kId), pattern(1300));
  auto replica = pool.store->lookup(BlockId(kId));
  for (uint64_t end : {1u, 512u, 700u, 1024u, 1025u, 1299u, 1300u}) {
    auto reader = *ReplicaReader::open(replica);
    std::vector<uint8_t> data(end), sums(pool.checksum.sums_bytes(end));
    ASSERT_TRUE(reader->read(0, data, sums));
    EXPECT_EQ(as_text(data), pattern(1300).substr(0, end));
    EXPECT_FALSE(reader->first_mismatch(0, data, sums)) << end;
  }
  // Both a byte that is sent and one after it spoil the chunk.
  for (uint64_t spoilt : {600u, 900u}) {
    (*disk.open(replica->view().data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes("!"), spoilt).value();
    auto reader = *ReplicaReader::open(replica);
    std::vector<uint8_t> data(700), sums(8);
    ASSERT_TRUE(reader->read(0, data, sums));
    EXPECT_EQ(reader->first_mismatch(0, data, sums), 512u);
    std::string good = pattern(1300);
    (*disk.open(replica->view().data_path(), Disk::OpenMode::kReadWrite))->pwrite(as_bytes(good), 0).value();
  }
}

TEST(ReplicaReader, AReadThatARecoveryCutsIntoFailsAndIsNoCorruption) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  writer->replica().update([&](Replica::View& view) { view.acknowledged_bytes = 700; });
  writer.reset();
  auto reader = *ReplicaReader::open(pool.store->lookup(BlockId(kId)));
  ASSERT_TRUE(pool.run(pool.store->recover_rbw({.block = block_of(kId),
                                                .generation = GenerationStamp(1005),
                                                .received_bytes_min = 700,
                                                .received_bytes_max = 1300,
                                                .checksum = pool.checksum},
                                               [] {})));
  std::vector<uint8_t> data(700), sums(8);
  EXPECT_EQ(reader->read(0, data, sums).error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace dfs::datanode
