#include "namenode/store/rows.h"

#include <gtest/gtest.h>

#include <random>

namespace dfs::namenode {
namespace {

InodeRow full_inode() {
  return InodeRow{.id = InodeId{16386},
                  .type = InodeType::kFile,
                  .owner = "alice",
                  .group = "staff",
                  .permission = 01755,
                  .modification_time_ms = 1700000000123,
                  .access_time_ms = 1700000000456,
                  .child_count = 300,
                  .replication = 3,
                  .preferred_block_size = 64 << 20,
                  .under_construction = true,
                  .block_count = 10000,
                  .length = uint64_t{1} << 60,
                  .storage_policy = 7,
                  .symlink_target = "/elsewhere",
                  .xattrs = {{.name_space = 4, .name = "hdfs.crypto", .value = std::string("\0\1\2", 3)},
                             {.name_space = 0, .name = "n", .value = ""}},
                  .acl = std::string("\0a", 2),
                  .namespace_quota = 0,
                  .storage_space_quota = UINT64_MAX,
                  .snapshottable = true,
                  .versioned = true};
}

template <class Row>
void expect_round_trip_and_no_trust(const Row& row) {
  const std::string bytes = encode(row);
  auto decoded = decode<Row>(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, row);

  auto newer = decode<Row>(bytes + "fields of a newer Tusk");
  ASSERT_TRUE(newer);
  EXPECT_EQ(*newer, row);

  for (size_t length = 0; length < bytes.size(); ++length) {
    auto cut = decode<Row>(std::string_view(bytes).substr(0, length));
    ASSERT_FALSE(cut) << length;
    EXPECT_EQ(cut.error().code(), ErrorCode::kCorruptFormat);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string broken = bytes;
    for (int flips = 0; flips < 3; ++flips) broken[random() % broken.size()] = char(random());
    if (auto result = decode<Row>(broken); !result) {
      EXPECT_EQ(result.error().code(), ErrorCode::kCorruptFormat);
    }
  }
}

TEST(Rows, EachComesBackAsItWasAndHostileBytesAreRefused) {
  expect_round_trip_and_no_trust(full_inode());
  expect_round_trip_and_no_trust(
      InodeRow{.id = kRootInode, .owner = "hdfs", .group = "supergroup", .permission = 0755});
  expect_round_trip_and_no_trust(EntryKey{.parent = kRootInode, .name = "\xc3\xa9t\xc3\xa9"});
  expect_round_trip_and_no_trust(BlockRow{.id = BlockId{1073741825},
                                          .generation_stamp = GenerationStamp{1001},
                                          .length = 5,
                                          .state = BlockState::kUnderConstruction,
                                          .truncate_length = 0});
  expect_round_trip_and_no_trust(BlockRow{.id = BlockId{9}, .truncate_length = 5, .copied_from = BlockId{1073741825}});
  expect_round_trip_and_no_trust(BlockOwner{.file = InodeId{UINT64_MAX}, .index = UINT32_MAX});
  expect_round_trip_and_no_trust(
      BlockOwner{.file = InodeId{1}, .index = UINT32_MAX, .version = SnapshotId{UINT32_MAX}});
  expect_round_trip_and_no_trust(SnapshotRow{.name = "s1", .root = full_inode()});
  expect_round_trip_and_no_trust(
      ReplicaRow{.generation_stamp = GenerationStamp{1}, .length = 2, .state = ReplicaRowState::kCorrupt});
  expect_round_trip_and_no_trust(StorageRow{.storage_uuid = "DS-1", .datanode_uuid = "d", .storage_type = 2});
  expect_round_trip_and_no_trust(RetryRow{.operation = 33, .created_ms = 1'795'000'000'000, .answer = "x"});
  expect_round_trip_and_no_trust(OpenFileRow{.holder = "DFSClient_1", .client_machine = "127.0.0.1"});
}

TEST(Rows, EnumsBeyondTheirLastValueAreRefused) {
  std::string block = encode(BlockRow{.id = BlockId{1}});
  block[3] = 2;
  EXPECT_FALSE(decode<BlockRow>(block));
  std::string inode = encode(InodeRow{});
  inode[0] = 3;
  EXPECT_FALSE(decode<InodeRow>(inode));
}

TEST(Rows, AnXattrCountThatTheBytesCannotHoldIsRefusedBeforeAllocation) {
  InodeRow row{.xattrs = {{.name_space = 0, .name = "a", .value = "b"}}};
  std::string bytes = encode(row);
  const size_t count_at = bytes.size() - 6;
  ASSERT_EQ(bytes[count_at], 1);
  bytes.replace(count_at, 1, "\xff\xff\xff\xff\x7f");
  EXPECT_FALSE(decode<InodeRow>(bytes));
}

TEST(Rows, KeyOrderIsNumericOrderAndNamesSortByBytes) {
  EXPECT_LT(file_block_key(InodeId{255}, 9), file_block_key(InodeId{256}, 0));
  EXPECT_LT(file_block_key(InodeId{1}, 255), file_block_key(InodeId{1}, 256));
  EXPECT_LT(retry_key(255, std::string(16, 'z'), 9), retry_key(256, std::string(16, 'a'), 0));
  EXPECT_LT(entry_key(InodeId{1}, "zz"), entry_key(InodeId{2}, "a"));
  EXPECT_LT(entry_key(InodeId{1}, "a"), entry_key(InodeId{1}, "ab"));
  EXPECT_EQ(decode_entry_key(entry_key(kRootInode, "tmp")), (EntryKey{.parent = kRootInode, .name = "tmp"}));
  EXPECT_EQ(block_of_storage_replica_key(storage_replica_key(StorageNumber{7}, BlockId{9})), BlockId{9});
  EXPECT_EQ(storage_of_replica_key(replica_key(BlockId{9}, StorageNumber{7})), StorageNumber{7});
}

TEST(Rows, KeysOfSnapshotsSortAsTheirReadersWantThem) {
  const EntryKey a{.parent = kRootInode, .name = "a"}, ab{.parent = kRootInode, .name = "a!"};
  EXPECT_LT(version_key(a, SnapshotId{255}), version_key(a, SnapshotId{256}));
  EXPECT_LT(version_key(a, SnapshotId{UINT32_MAX}), version_key(ab, SnapshotId{0}));
  EXPECT_EQ(decode_version_key(version_key(ab, SnapshotId{7})).entry, ab);
  EXPECT_EQ(decode_version_key(version_key(ab, SnapshotId{7})).snapshot, SnapshotId{7});
  // The newest first.
  EXPECT_LT(inode_version_key(kRootInode, SnapshotId{8}), inode_version_key(kRootInode, SnapshotId{7}));
  EXPECT_EQ(snapshot_of_inode_version_key(inode_version_key(kRootInode, SnapshotId{7})), SnapshotId{7});
  EXPECT_LT(snapshot_key(kRootInode, SnapshotId{8}), snapshot_key(kRootInode, SnapshotId{7}));
  EXPECT_EQ(snapshot_of_snapshot_key(snapshot_key(kRootInode, SnapshotId{7})), SnapshotId{7});
  EXPECT_EQ(entry_of_snapshot_version_key(snapshot_version_key(SnapshotId{7}, ab)), ab);
  EXPECT_EQ(decode_block_version_key(block_version_key(kRootInode, 3, SnapshotId{7})).index, 3);
  EXPECT_EQ(decode_block_version_key(block_version_key(kRootInode, 3, SnapshotId{7})).snapshot, SnapshotId{7});
}

TEST(Rows, TypedReadsFindWhatWasWrittenAndNothingElse) {
  auto tables = Tables::in_memory();
  const InodeRow file = full_inode();
  Batch batch;
  batch.put(Table::kEntries, entry_key(kRootInode, "f"), encode(file));
  batch.put(Table::kInodeIndex, inode_key(file.id), encode(EntryKey{.parent = kRootInode, .name = "f"}));
  std::vector<BlockRow> blocks;
  for (uint32_t i = 0; i < 300; ++i) {
    blocks.push_back({.id = BlockId{1000 + i}, .generation_stamp = GenerationStamp{1}, .length = i});
    batch.put(Table::kFileBlocks, file_block_key(file.id, i), encode(blocks.back()));
    batch.put(Table::kBlockIndex, block_key(blocks.back().id), encode(BlockOwner{.file = file.id, .index = i}));
  }
  batch.put(Table::kFileBlocks, file_block_key(next(file.id), 0), encode(BlockRow{.id = BlockId{1}}));
  const ReplicaRow replica{.generation_stamp = GenerationStamp{1}, .length = 3, .state = ReplicaRowState::kFinalized};
  batch.put(Table::kReplicas, replica_key(BlockId{1000}, StorageNumber{2}), encode(replica));
  batch.put(Table::kReplicas, replica_key(BlockId{1001}, StorageNumber{2}), encode(replica));
  batch.put(Table::kMeta, counter_key(Counter::kFileCount), encode_counter(12));
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));

  EXPECT_EQ(find_entry(*tables, kRootInode, "f")->value(), file);
  EXPECT_EQ(*find_entry(*tables, kRootInode, "g"), std::nullopt);
  EXPECT_EQ(find_entry_of(*tables, file.id)->value().name, "f");
  EXPECT_EQ(find_owner(*tables, BlockId{1299})->value(), (BlockOwner{.file = file.id, .index = 299}));
  EXPECT_EQ(find_file_block(*tables, file.id, 7)->value(), blocks[7]);
  EXPECT_EQ(*blocks_of_file(*tables, file.id), blocks);
  auto replicas = replicas_of(*tables, BlockId{1000});
  ASSERT_EQ(replicas->size(), 1u);
  EXPECT_EQ(replicas->front().storage, StorageNumber{2});
  EXPECT_EQ(replicas->front().replica, replica);
  EXPECT_EQ(*counter(*tables, Counter::kFileCount), 12u);
  EXPECT_EQ(*counter(*tables, Counter::kBlockCount), 0u);
}

TEST(Rows, TypedReadsReportARowThatDoesNotDecode) {
  auto tables = Tables::in_memory();
  Batch batch;
  batch.put(Table::kEntries, entry_key(kRootInode, "f"), "\xff");
  batch.put(Table::kFileBlocks, file_block_key(InodeId{1}, 0), "");
  batch.put(Table::kReplicas, block_key(BlockId{1}) + "x", "");
  batch.put(Table::kMeta, counter_key(Counter::kFileCount), "1");
  ASSERT_TRUE(tables->write(batch, TransactionId{1}));
  EXPECT_EQ(find_entry(*tables, kRootInode, "f").error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(blocks_of_file(*tables, InodeId{1}).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(replicas_of(*tables, BlockId{1}).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(counter(*tables, Counter::kFileCount).error().code(), ErrorCode::kCorruptFormat);
}

}  // namespace
}  // namespace dfs::namenode
