#include "datanode/replicas/volume.h"

#include <set>

#include "proto/io/faulty_disk.h"
#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

std::vector<Volume::Settings> at(MemoryDisk& disk, std::vector<std::string> directories) {
  std::vector<Volume::Settings> settings;
  for (auto& directory : directories) settings.push_back({.directory = directory, .threads = 1, .disk = &disk});
  return settings;
}

std::string error_of(Result<OpenedVolumes> opened) {
  return opened ? "none" : opened.error().message();
}

void format(MemoryDisk& disk, const std::string& directory, NodeIdentity node) {
  auto opened = open_volumes(at(disk, {directory}), {});
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->volumes[0]->format(node));
}

TEST(Volume, ADirectoryInUseIsRefused) {
  MemoryDisk disk;
  auto first = Volume::open(at(disk, {"/a"})[0]);
  ASSERT_TRUE(first);
  auto second = Volume::open(at(disk, {"/a"})[0]);
  EXPECT_NE(second.error().message().find("already locked"), std::string::npos);
}

TEST(Volume, AnEmptyDirectoryBesideOnesInUseIsTakenOnlyWhenMeant) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/b"}), {})).find("/b is empty while /a holds"), std::string::npos);
  EXPECT_TRUE(open_volumes(at(disk, {"/a", "/b"}), {.accept_new = true}));
}

TEST(Volume, ADirectoryThatLostItsVersionOrHoldsOthersFilesIsRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  ASSERT_TRUE(disk.make_directories("/a/current/BP-1", 0700));
  ASSERT_TRUE(disk.remove("/a/current/VERSION"));
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a"}), {.accept_new = true})).find("no current/VERSION"),
            std::string::npos);
  ASSERT_TRUE(disk.make_directories("/home/photos", 0700));
  EXPECT_NE(error_of(open_volumes(at(disk, {"/home"}), {.accept_new = true})).find("photos"), std::string::npos);
}

TEST(Volume, DirectoriesOfTwoDataNodesOrClustersAreRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  format(disk, "/b", {"other", "CID-1"});
  format(disk, "/c", {"uuid", "CID-2"});
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/b"}), {})).find("does not match"), std::string::npos);
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/c"}), {})).find("cluster CID-2"), std::string::npos);
}

TEST(Volume, AForeignClusterOrNamespaceIsRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  auto opened = open_volumes(at(disk, {"/a"}), {});
  ASSERT_TRUE(opened);
  PoolIdentity pool = test_pool();
  ASSERT_TRUE(opened->volumes[0]->open_pool(pool));
  pool.namespace_id = 8;
  EXPECT_FALSE(opened->volumes[0]->open_pool(pool));
  pool.cluster_id = "CID-9";
  EXPECT_NE(opened->volumes[0]->open_pool(pool).error().message().find("Incompatible clusterIDs"), std::string::npos);
}

// Directories that already belong to a DataNode.
class FormattedVolumes : public testing::Test {
 protected:
  FormattedVolumes() {
    format(memory, "/a", {"uuid", "CID-1"});
    format(memory, "/b", {"uuid", "CID-1"});
  }
  // Every operation below /b fails.
  void break_b(int error_number = EIO) {
    disk.arm({.on_path = [](const std::string& path) { return path.starts_with("/b"); },
              .times = UINT64_MAX,
              .error_number = error_number});
  }
  Result<OpenedVolumes> open(OpenRules rules, const std::vector<std::string>& directories) {
    std::vector<Volume::Settings> settings;
    for (const auto& directory : directories) settings.push_back({.directory = directory, .threads = 1, .disk = &disk});
    return open_volumes(std::move(settings), rules);
  }
  MemoryDisk memory;
  FaultyDisk disk{memory};
};

TEST_F(FormattedVolumes, ADiskThatFailsAtTheStartIsLeftOutAsFarAsThatIsTolerated) {
  break_b();
  EXPECT_NE(error_of(open({}, {"/a", "/b"})).find("/b"), std::string::npos);
  auto opened = open({.failures_max = 1}, {"/a", "/b"});
  ASSERT_TRUE(opened) << opened.error().to_string();
  ASSERT_EQ(opened->volumes.size(), 1u);
  EXPECT_EQ(opened->volumes[0]->directory(), "/a");
  ASSERT_EQ(opened->lost.size(), 1u);
  EXPECT_EQ(opened->lost[0].directory, "/b");
  opened->volumes.clear();
  // One that has become read-only, or that may not be entered, is of no more use.
  disk.disarm();
  break_b(EACCES);
  EXPECT_TRUE(open({.failures_max = 1}, {"/a", "/b"}));
}

TEST_F(FormattedVolumes, ADiskThatIsNotMountedIsLeftOutOrRefusedButNeverFormatted) {
  EXPECT_NE(error_of(open({}, {"/a", "/new"})).find("mount the disk"), std::string::npos);
  auto opened = open({.failures_max = 1}, {"/a", "/new"});
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(opened->volumes.size(), 1u);
  EXPECT_EQ(opened->lost.at(0).directory, "/new");
}

TEST_F(FormattedVolumes, WhatIsConfiguredWronglyIsNotToleratedAsAFailure) {
  format(memory, "/c", {"other", "CID-1"});
  EXPECT_FALSE(open({.failures_max = 2}, {"/a", "/b", "/c"}));
  ASSERT_TRUE(memory.make_directories("/home/photos", 0700));
  EXPECT_FALSE(open({.failures_max = 2}, {"/a", "/b", "/home"}));
}

TEST_F(FormattedVolumes, NewDirectoriesDoNotBecomeANewDataNodeWhileTheOldDiskFails) {
  break_b();
  EXPECT_NE(error_of(open({.accept_new = true, .failures_max = 1}, {"/b", "/new"})).find("which DataNode this is"),
            std::string::npos);
}

TEST(Volume, SpaceIsReservedByTheRuleThatIsConfigured) {
  using Rule = ReservedSpace::Rule;
  constexpr uint64_t kCapacity = 1000;
  EXPECT_EQ((ReservedSpace{.rule = Rule::kBytes, .bytes = 70, .percent = 20}.of(kCapacity)), 70u);
  EXPECT_EQ((ReservedSpace{.rule = Rule::kPercent, .bytes = 70, .percent = 20}.of(kCapacity)), 200u);
  EXPECT_EQ((ReservedSpace{.rule = Rule::kMore, .bytes = 70, .percent = 20}.of(kCapacity)), 200u);
  EXPECT_EQ((ReservedSpace{.rule = Rule::kLess, .bytes = 70, .percent = 20}.of(kCapacity)), 70u);
}

TEST(Volume, ReservedSpaceIsNotOfferedAndWhatOthersUseCountsTowardsIt) {
  MemoryDisk disk;
  disk.set_space({.capacity_bytes = 1000, .available_bytes = 1000});
  auto volume = Volume::open({.directory = "/a",
                              .reserved = {.rule = ReservedSpace::Rule::kPercent, .percent = 30},
                              .threads = 1,
                              .disk = &disk});
  ASSERT_TRUE(volume);
  (*volume)->measure();
  EXPECT_EQ((*volume)->reserved_bytes(), 300u);
  EXPECT_EQ((*volume)->space().capacity_bytes, 700u);
  EXPECT_EQ((*volume)->space().remaining_bytes, 700u);
  disk.set_space({.capacity_bytes = 1000, .available_bytes = 900});
  (*volume)->measure();
  EXPECT_EQ((*volume)->space().remaining_bytes, 700u);
  disk.set_space({.capacity_bytes = 1000, .available_bytes = 500});
  (*volume)->measure();
  EXPECT_EQ((*volume)->space().remaining_bytes, 500u);
  EXPECT_EQ((*volume)->space().other_bytes, 200u);
}

TEST(Volume, APropertiesFileOfJavaIsUnderstood) {
  auto properties = parse_properties("#Sun Nov 22\r\ncTime=0\nclusterID=CID\\:1\nempty=\n!comment\n");
  EXPECT_EQ(properties, (Properties{{"cTime", "0"}, {"clusterID", "CID:1"}, {"empty", ""}}));
  EXPECT_EQ(parse_properties(format_properties(properties)), properties);
}

TEST(Volume, RandomUuidsDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_uuid());
  EXPECT_EQ(seen.size(), 100u);
  EXPECT_EQ(seen.begin()->size(), 36u);
}

}  // namespace
}  // namespace dfs::datanode
