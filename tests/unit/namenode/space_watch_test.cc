#include "namenode/space_watch.h"

#include <gtest/gtest.h>

#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/namespace/memory_blocks.h"

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;

class SpaceWatchTest : public testing::Test {
 protected:
  SpaceWatchTest() {
    EXPECT_TRUE(disk.make_directories("/edits", 0700));
    EXPECT_TRUE(disk.make_directories("/tables", 0700));
  }
  bool low_after_a_look() {
    now += 5s;
    watch.check(blocks, now);
    return blocks.resources_low;
  }

  MemoryDisk disk;
  FaultyDisk faulty{disk};
  MemoryBlocks blocks{1};
  SpaceWatch watch{faulty, {.directories = {"/edits", "/tables"}, .reserved_bytes = 1000, .interval = 5s}};
  TimePoint now{};
};

TEST_F(SpaceWatchTest, ADiskThatFillsUpIsSeenAheadAndSoIsRoomThatComesBack) {
  EXPECT_FALSE(low_after_a_look());
  disk.set_space({.capacity_bytes = 5000, .available_bytes = 999});
  EXPECT_TRUE(low_after_a_look());
  disk.set_space({.capacity_bytes = 5000, .available_bytes = 1000});
  EXPECT_FALSE(low_after_a_look());
}

TEST_F(SpaceWatchTest, LooksOnceAnInterval) {
  EXPECT_FALSE(low_after_a_look());
  disk.set_space({.capacity_bytes = 5000, .available_bytes = 0});
  watch.check(blocks, now += 4999ms);
  EXPECT_FALSE(blocks.resources_low);
  watch.check(blocks, now += 1ms);
  EXPECT_TRUE(blocks.resources_low);
}

TEST_F(SpaceWatchTest, AFolderWhoseSpaceCannotBeToldCountsAsFull) {
  faulty.arm(
      {.operation = DiskOperation::kSpace, .on_path = [](const std::string& path) { return path == "/tables"; }});
  EXPECT_TRUE(low_after_a_look());
  EXPECT_FALSE(low_after_a_look());
}

}  // namespace
}  // namespace dfs::namenode
