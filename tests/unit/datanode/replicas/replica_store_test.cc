#include "datanode/replicas/replica_store.h"

#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

constexpr uint64_t kId = 1073741825;

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
  EXPECT_EQ(pool.view(BlockId(kId)).block.length_bytes, 1024u);
  // The intact case keeps the last chunk too.
  writer = pool.create(block_of(kId + 1));
  ASSERT_TRUE(pool.append(*writer, 0, pattern(1300)));
  writer.reset();
  pool.restart();
  EXPECT_EQ(pool.view(BlockId(kId + 1)).block.length_bytes, 1300u);
}

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
  EXPECT_EQ(pool.store->size(), 0u);
}

TEST(ReplicaStore, UnfinishedCopiesAreGoneAfterARestart) {
  MemoryDisk disk;
  Pool pool(disk);
  auto writer = pool.create(block_of(kId), ReplicaState::kTemporary);
  ASSERT_TRUE(pool.append(*writer, 0, "abc"));
  writer.reset();
  pool.restart();
  EXPECT_EQ(pool.store->size(), 0u);
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

}  // namespace
}  // namespace dfs::datanode
