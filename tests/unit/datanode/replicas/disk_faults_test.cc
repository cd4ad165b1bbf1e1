// What disks do to replicas: whatever it is, no wrong byte passes for a right one, and the replica that is blamed is
// the one whose files are wrong.
#include <array>

#include "datanode/replicas/scanner.h"
#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

constexpr size_t kBytes = 1100;  // two chunks and a part of one

class DiskFaults : public testing::Test {
 protected:
  DiskFaults() {
    for (uint64_t id : {1, 2, 3}) pool.store_block(block_of(id), pattern(kBytes, int(id)));
    pool.events.lines.clear();
  }
  std::string data(uint64_t id) { return pool.view(BlockId(id)).data_path(); }
  std::string meta(uint64_t id) { return pool.view(BlockId(id)).meta_path(); }
  void overwrite(const std::string& path, uint64_t offset, ByteView bytes) {
    ASSERT_TRUE((*memory.open(path, Disk::OpenMode::kReadWrite))->pwrite(bytes, offset));
  }
  // Whether a reader that verifies takes what it is given for the replica, and it is something else.
  bool misleads(uint64_t id) {
    auto reader = ReplicaReader::open(pool.store->lookup(BlockId(id)));
    if (!reader) return false;
    std::vector<uint8_t> read(kBytes), sums((*reader)->checksum().sums_bytes(kBytes));
    if (!(*reader)->read(0, read, sums)) return false;
    if ((*reader)->first_mismatch(0, read, sums)) return false;
    return as_text(read) != pattern(kBytes, int(id));
  }
  // The scanner's verdict, reported as it reports it.
  bool is_intact(uint64_t id) {
    auto replica = pool.store->lookup(BlockId(id));
    const Replica::View seen = replica->view();
    auto intact = pool.run(verify_replica(replica, 0));
    if (!intact) {
      pool.store->note_read_error(replica, seen, intact.error());
      pool.settle();
      return false;
    }
    if (!*intact) pool.store->report_corrupt(replica, seen);
    return *intact;
  }
  std::vector<std::string> blamed() {
    for (uint64_t id : {1, 2, 3}) is_intact(id);
    std::lock_guard lock(pool.events.mutex);
    return pool.events.lines;
  }

  MemoryDisk memory;
  FaultyDisk disk{memory};
  Pool pool{disk};
};

using Blamed = std::vector<std::string>;
const std::string kSecond = "corrupt 2_1001 1100";

TEST_F(DiskFaults, AnyFlippedBitOfABlockFileIsNoticed) {
  for (size_t bit = 0; bit < kBytes * 8; bit += 7) {
    const auto right = uint8_t(pattern(kBytes, 2)[bit / 8]);
    const std::array<uint8_t, 1> wrong{uint8_t(right ^ (1u << bit % 8))};
    overwrite(data(2), bit / 8, wrong);
    ASSERT_FALSE(misleads(2)) << bit;
    overwrite(data(2), bit / 8, std::array{right});
  }
  overwrite(data(2), 700, std::array<uint8_t, 1>{1});
  EXPECT_EQ(blamed(), Blamed{kSecond});
}

TEST_F(DiskFaults, AnyFlippedBitOfAMetaFileIsNoticed) {
  const std::string path = meta(2);
  const std::string whole = *memory.read_file(path);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    overwrite(path, bit / 8, std::array{uint8_t(uint8_t(whole[bit / 8]) ^ (1u << bit % 8))});
    ASSERT_FALSE(misleads(2)) << bit;
    ASSERT_FALSE(pool.run(verify_replica(pool.store->lookup(BlockId(2)), 0)).value_or(false)) << bit;
    overwrite(path, bit / 8, std::array{uint8_t(whole[bit / 8])});
  }
  overwrite(path, 9, std::array<uint8_t, 1>{1});
  EXPECT_EQ(blamed(), Blamed{kSecond});
}

// HDFS-14706
TEST_F(DiskFaults, AMetaFileCutAnywhereIsCorruption) {
  const std::string path = meta(2);
  const std::string whole = *memory.read_file(path);
  for (size_t length = 0; length < whole.size(); ++length) {
    (*memory.open(path, Disk::OpenMode::kReadWrite))->truncate(length).value();
    ASSERT_FALSE(misleads(2)) << length;
    ASSERT_FALSE(pool.run(verify_replica(pool.store->lookup(BlockId(2)), 0)).value()) << length;
    overwrite(path, 0, as_bytes(whole));
  }
  (*memory.open(path, Disk::OpenMode::kReadWrite))->truncate(5).value();
  EXPECT_EQ(blamed(), Blamed{kSecond});
}

TEST_F(DiskFaults, OfAWriteThatWentToAnotherReplicaBothAreBlamedAndNoOther) {
  // What was meant for the second went to the third; the second kept what was there before.
  const std::string meant = pattern(512, 2);
  overwrite(data(3), 512, as_bytes(meant));
  overwrite(data(2), 512, as_bytes(std::string(512, '\0')));
  EXPECT_FALSE(misleads(2));
  EXPECT_FALSE(misleads(3));
  EXPECT_EQ(blamed(), (Blamed{kSecond, "corrupt 3_1001 1100"}));
}

TEST_F(DiskFaults, AWriteTornAnywhereLeavesABeginningThatIsRight) {
  for (uint64_t skip = 0; skip < 12; ++skip) {
    const uint64_t id = 100 + skip;
    const std::string content = pattern(3000, int(skip));
    {
      auto writer = pool.create(block_of(id));
      disk.arm({.operation = DiskOperation::kWrite, .skip = skip});
      for (size_t at = 0; at < content.size(); at += 512) {
        if (!pool.append(*writer, at, content.substr(at, 512))) break;
      }
      disk.disarm();
    }
    pool.restart();
    const Replica::View view = pool.view(BlockId(id));
    EXPECT_EQ(view.state, ReplicaState::kRwr);
    if (view.on_disk_bytes > 0) EXPECT_EQ(pool.content(BlockId(id)), content.substr(0, view.on_disk_bytes)) << skip;
  }
}

TEST_F(DiskFaults, ABadSectorBlamesItsReplicaAndNotTheDisk) {
  disk.arm({.operation = DiskOperation::kRead,
            .on_path = [path = data(2)](const std::string& read) { return read == path; },
            .times = UINT64_MAX});
  EXPECT_EQ(blamed(), Blamed{kSecond});
  EXPECT_FALSE(pool.store->volumes()[0]->failed());
  EXPECT_TRUE(*memory.exists(data(2)));
}

TEST_F(DiskFaults, ADiskThatReadsNothingBlamesNoReplicaAndFails) {
  disk.arm({.operation = DiskOperation::kRead, .times = UINT64_MAX});
  EXPECT_EQ(blamed(), Blamed{});
  EXPECT_TRUE(pool.store->volumes()[0]->failed());
}

TEST_F(DiskFaults, AFullDiskIsNoFailedOneAndOthersTakeWhatComes) {
  auto second = Volume::open({.directory = "/second", .threads = 1, .disk = &memory});
  ASSERT_TRUE(second && (*second)->format({"uuid", "CID-1"}));
  ASSERT_TRUE(pool.run(pool.store->add_volume(*std::move(second))));
  auto writer = pool.create(block_of(10));
  Volume& full = writer->replica().volume();
  ASSERT_EQ(full.directory(), "/data");
  disk.arm({.operation = DiskOperation::kWrite, .times = UINT64_MAX, .error_number = ENOSPC});
  auto written = pool.append(*writer, 0, pattern(100));
  ASSERT_FALSE(written);
  pool.store->note_error(full, written.error());
  pool.settle();
  EXPECT_FALSE(full.failed());
  // As soon as its space is measured it gets nothing more.
  memory.set_space({.capacity_bytes = 1 << 30, .available_bytes = 0});
  full.measure();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pool.store->choose_volume(StorageType::kDisk, 1).value()->directory(), "/second");
  }
  EXPECT_EQ(blamed(), Blamed{});
}

}  // namespace
}  // namespace dfs::datanode
