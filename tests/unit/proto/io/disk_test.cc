#include "proto/io/disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <set>

#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"

namespace dfs {
namespace {

using Mode = Disk::OpenMode;

std::string read_all(File& file, size_t length = 100, uint64_t offset = 0) {
  std::string content(length, '\0');
  auto count = file.pread({reinterpret_cast<uint8_t*>(content.data()), content.size()}, offset);
  content.resize(count.value());
  return content;
}

// What every Disk promises, on the machine's own and in memory.
class EveryDisk : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      char pattern[] = "/tmp/dfs_disk_test_XXXXXX";
      root_ = ::mkdtemp(pattern);
    } else {
      root_ = "/root";
      ASSERT_TRUE(disk().make_directories(root_, 0755));
    }
  }
  void TearDown() override { EXPECT_TRUE(disk().remove_tree(root_)); }

  Disk& disk() { return GetParam() ? Disk::posix() : static_cast<Disk&>(memory_); }
  std::string path(const std::string& name) { return root_ + "/" + name; }
  std::set<std::string> names(const std::string& directory) {
    std::set<std::string> found;
    for (auto& entry : disk().list(directory).value()) found.insert(entry.name + (entry.is_directory ? "/" : ""));
    return found;
  }

  MemoryDisk memory_;
  std::string root_;
};
INSTANTIATE_TEST_SUITE_P(Disks, EveryDisk, testing::Values(false, true),
                         [](const auto& made) { return made.param ? "Posix" : "Memory"; });

TEST_P(EveryDisk, ReadsWhatWasWrittenWhereItWasWritten) {
  auto file = disk().open(path("f"), Mode::kCreateNew).value();
  ASSERT_TRUE(file->pwrite(as_bytes("world"), 6));
  ASSERT_TRUE(file->pwrite(as_bytes("hello"), 0));
  EXPECT_EQ(*file->size(), 11u);
  EXPECT_EQ(read_all(*file), std::string("hello\0world", 11));
  EXPECT_EQ(read_all(*file, 3, 9), "ld");
  EXPECT_EQ(read_all(*file, 3, 50), "");
  ASSERT_TRUE(file->reserve(1 << 20));
  ASSERT_TRUE(file->truncate(4));
  file->start_writeback(0, 4);
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(disk().read_file(path("f")).value(), "hell");
  EXPECT_EQ(file->descriptor() >= 0, GetParam());
}

TEST_P(EveryDisk, OpenModesSayWhatMustBeThere) {
  EXPECT_EQ(disk().open(path("f"), Mode::kRead).error().code(), ErrorCode::kFileNotFound);
  EXPECT_EQ(disk().open(path("f"), Mode::kReadWrite).error().code(), ErrorCode::kFileNotFound);
  ASSERT_TRUE(disk().open(path("f"), Mode::kCreate));
  ASSERT_TRUE(disk().open(path("f"), Mode::kCreate));
  EXPECT_EQ(disk().open(path("f"), Mode::kCreateNew).error().code(), ErrorCode::kFileAlreadyExists);
  EXPECT_FALSE(disk().open(path("f"), Mode::kRead).value()->pwrite(as_bytes("x"), 0));
  EXPECT_FALSE(disk().open(path("f/g"), Mode::kCreate));
  EXPECT_FALSE(disk().open(path("none/g"), Mode::kCreate));
  EXPECT_FALSE(disk().open(root_, Mode::kReadWrite));
}

TEST_P(EveryDisk, NamesAreMadeRenamedLinkedAndRemoved) {
  ASSERT_TRUE(disk().make_directories(path("a/b/c"), 0755));
  ASSERT_TRUE(disk().make_directories(path("a/b/c"), 0755));
  ASSERT_TRUE(disk().write_file_atomically(path("a/f"), "one"));
  ASSERT_TRUE(disk().write_file_atomically(path("a/f"), "two"));
  EXPECT_FALSE(disk().make_directories(path("a/f/d"), 0755));
  EXPECT_EQ(names(path("a")), (std::set<std::string>{"b/", "f"}));
  ASSERT_TRUE(disk().link(path("a/f"), path("a/g")));
  EXPECT_EQ(disk().link(path("a/f"), path("a/g")).error().code(), ErrorCode::kFileAlreadyExists);
  ASSERT_TRUE(disk().write_file_atomically(path("h"), "three"));
  ASSERT_TRUE(disk().rename(path("h"), path("a/f")));
  EXPECT_EQ(disk().read_file(path("a/f")).value(), "three");
  EXPECT_EQ(disk().read_file(path("a/g")).value(), "two");
  EXPECT_EQ(disk().rename(path("h"), path("i")).error().code(), ErrorCode::kFileNotFound);
  EXPECT_FALSE(disk().rename(path("a/b"), path("a/f")));
  EXPECT_FALSE(disk().rename(path("a/f"), path("a/b")));
  EXPECT_FALSE(disk().remove(path("a/b")));
  EXPECT_FALSE(disk().remove(path("none")));
  ASSERT_TRUE(disk().sync_directory(path("a")));
  EXPECT_FALSE(disk().sync_directory(path("none")));
  EXPECT_FALSE(disk().list(path("none")));
  ASSERT_TRUE(disk().remove(path("a/g")));
  ASSERT_TRUE(disk().remove_tree(path("a")));
  ASSERT_TRUE(disk().remove_tree(path("a")));
  EXPECT_FALSE(*disk().exists(path("a")));
  EXPECT_TRUE(*disk().exists(root_));
}

TEST_P(EveryDisk, ALockExcludesThisProcessTooUntilItIsDropped) {
  auto held = disk().lock(path("in_use.lock"));
  ASSERT_TRUE(held);
  EXPECT_EQ(disk().lock(path("in_use.lock")).error().code(), ErrorCode::kIllegalState);
  held->reset();
  EXPECT_TRUE(disk().lock(path("in_use.lock")));
  EXPECT_FALSE(disk().lock(path("none/in_use.lock")));
}

TEST_P(EveryDisk, KnowsItsSpace) {
  EXPECT_GT(disk().space(root_).value().capacity_bytes, 0u);
  EXPECT_FALSE(disk().space(path("none")));
}

TEST(MemoryDisk, APowerCutKeepsWhatWasSyncedAndNothingElse) {
  MemoryDisk disk;
  ASSERT_TRUE(disk.make_directories("/d/never", 0755));
  ASSERT_TRUE(disk.sync_directory("/"));
  auto file = disk.open("/d/f", Mode::kCreate).value();
  ASSERT_TRUE(disk.sync_directory("/d"));
  ASSERT_TRUE(file->pwrite(as_bytes("synced"), 0));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(file->pwrite(as_bytes("LOST and more"), 0));
  ASSERT_TRUE(disk.open("/d/unnamed", Mode::kCreate).value()->sync());
  ASSERT_TRUE(disk.rename("/d/f", "/d/g"));
  auto lock = disk.lock("/d/lock");
  disk.lose_power();

  EXPECT_EQ(disk.read_file("/d/f").value(), "synced");
  EXPECT_FALSE(*disk.exists("/d/g"));
  EXPECT_FALSE(*disk.exists("/d/unnamed"));
  EXPECT_TRUE(*disk.exists("/d/never"));
  EXPECT_FALSE(file->pwrite(as_bytes("x"), 0));
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->size());
  EXPECT_FALSE(file->reserve(1));
  EXPECT_TRUE(disk.lock("/d/lock"));
}

TEST(MemoryDisk, APowerCutMayKeepAnySectorThatWasNotSynced) {
  std::mt19937_64 random(1);
  std::set<std::string> seen;
  for (int round = 0; round < 100; ++round) {
    MemoryDisk disk;
    auto file = disk.open("/f", Mode::kCreate).value();
    ASSERT_TRUE(file->pwrite(as_bytes(std::string(1024, '-')), 0));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.sync_directory("/"));
    ASSERT_TRUE(file->pwrite(as_bytes(std::string(1024, 'x')), 0));
    disk.lose_power(random);
    const std::string left = disk.read_file("/f").value();
    ASSERT_EQ(left.size(), 1024u);
    for (size_t i = 0; i < 1024; ++i) ASSERT_EQ(left[i], left[i / 512 * 512]);
    seen.insert({left[0], left[512]});
  }
  EXPECT_EQ(seen, (std::set<std::string>{"--", "-x", "x-", "xx"}));
}

TEST(MemoryDisk, APowerCutLeavesARenamedFileOneOfItsNames) {
  std::mt19937_64 random(1);
  std::set<std::string> seen;
  for (int round = 0; round < 100; ++round) {
    MemoryDisk disk;
    ASSERT_TRUE(disk.open("/old", Mode::kCreate));
    ASSERT_TRUE(disk.sync_directory("/"));
    ASSERT_TRUE(disk.rename("/old", "/new"));
    disk.lose_power(random);
    seen.insert(std::string(*disk.exists("/old") ? "old " : "") + (*disk.exists("/new") ? "new" : ""));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old ", "new", "old new"}));
}

TEST(FaultyDisk, FailsTheOperationThatWasArmedAndNoOther) {
  MemoryDisk memory;
  FaultyDisk disk(memory);
  auto file = disk.open("/f", Mode::kCreate).value();
  disk.arm({.operation = DiskOperation::kWrite, .skip = 1, .error_number = ENOSPC});
  EXPECT_TRUE(file->pwrite(as_bytes("a"), 0));
  EXPECT_EQ(file->pwrite(as_bytes(std::string(2048, 'b')), 0).error().code(), ErrorCode::kDiskOutOfSpace);
  EXPECT_EQ(*file->size(), 1024u);  // half of it was written
  EXPECT_TRUE(file->pwrite(as_bytes("a"), 0));
  EXPECT_EQ(disk.count(DiskOperation::kWrite), 3u);

  disk.arm({.on_path = [](const std::string& path) { return path == "/g"; }, .times = UINT64_MAX});
  EXPECT_FALSE(disk.open("/g", Mode::kCreate));
  EXPECT_FALSE(disk.exists("/g"));
  EXPECT_TRUE(disk.exists("/f"));
  disk.disarm();
  EXPECT_TRUE(disk.exists("/g"));
}

TEST(FaultyDisk, AStoppedMachineDoesNothingMore) {
  MemoryDisk memory;
  FaultyDisk disk(memory);
  auto file = disk.open("/f", Mode::kCreate).value();
  disk.stop_after(0);
  uint8_t byte;
  EXPECT_FALSE(file->pread({&byte, 1}, 0));
  EXPECT_FALSE(file->pwrite(as_bytes("a"), 0));
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->truncate(0));
  EXPECT_FALSE(file->reserve(1));
  EXPECT_FALSE(file->size());
  EXPECT_FALSE(disk.open("/f", Mode::kRead));
  EXPECT_FALSE(disk.rename("/f", "/g"));
  EXPECT_FALSE(disk.link("/f", "/g"));
  EXPECT_FALSE(disk.remove("/f"));
  EXPECT_FALSE(disk.remove_tree("/f"));
  EXPECT_FALSE(disk.make_directories("/d", 0755));
  EXPECT_FALSE(disk.list("/"));
  EXPECT_FALSE(disk.exists("/f"));
  EXPECT_FALSE(disk.sync_directory("/"));
  EXPECT_FALSE(disk.space("/"));
  EXPECT_FALSE(disk.lock("/l"));
  EXPECT_FALSE(disk.read_file("/f"));
  EXPECT_FALSE(disk.write_file_atomically("/f", ""));
  EXPECT_EQ(disk.count(), 19u + 1u);
}

TEST(FaultyDisk, AMachineThatStopsAtAChangeReadsUntilThen) {
  MemoryDisk memory;
  FaultyDisk disk(memory);
  auto file = disk.open("/f", Mode::kCreate).value();
  disk.stop_after_changes(2);
  EXPECT_TRUE(file->pwrite(as_bytes("a"), 0));
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(file->size());
  EXPECT_TRUE(disk.exists("/f"));
  EXPECT_FALSE(disk.sync_directory("/"));
  EXPECT_FALSE(file->size());
  EXPECT_FALSE(disk.exists("/f"));
  EXPECT_EQ(disk.count_changes(), 3u);
}

}  // namespace
}  // namespace dfs
