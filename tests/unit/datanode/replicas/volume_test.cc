#include "datanode/replicas/volume.h"

#include <set>

#include "tests/unit/datanode/replicas/pool.h"

namespace dfs::datanode {
namespace {

std::vector<Volume::Settings> at(MemoryDisk& disk, std::vector<std::string> directories) {
  std::vector<Volume::Settings> settings;
  for (auto& directory : directories) settings.push_back({.directory = directory, .threads = 1, .disk = &disk});
  return settings;
}

std::string error_of(Result<std::vector<std::unique_ptr<Volume>>> opened) {
  return opened ? "none" : opened.error().message();
}

void format(MemoryDisk& disk, const std::string& directory, NodeIdentity node) {
  auto opened = open_volumes(at(disk, {directory}), false);
  ASSERT_TRUE(opened);
  ASSERT_TRUE((*opened)[0]->format(node));
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
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/b"}), false)).find("/b is empty while /a holds"),
            std::string::npos);
  EXPECT_TRUE(open_volumes(at(disk, {"/a", "/b"}), true));
}

TEST(Volume, ADirectoryThatLostItsVersionOrHoldsOthersFilesIsRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  ASSERT_TRUE(disk.make_directories("/a/current/BP-1", 0700));
  ASSERT_TRUE(disk.remove("/a/current/VERSION"));
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a"}), true)).find("no current/VERSION"), std::string::npos);
  ASSERT_TRUE(disk.make_directories("/home/photos", 0700));
  EXPECT_NE(error_of(open_volumes(at(disk, {"/home"}), true)).find("photos"), std::string::npos);
}

TEST(Volume, DirectoriesOfTwoDataNodesOrClustersAreRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  format(disk, "/b", {"other", "CID-1"});
  format(disk, "/c", {"uuid", "CID-2"});
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/b"}), false)).find("does not match"), std::string::npos);
  EXPECT_NE(error_of(open_volumes(at(disk, {"/a", "/c"}), false)).find("cluster CID-2"), std::string::npos);
}

TEST(Volume, AForeignClusterOrNamespaceIsRefused) {
  MemoryDisk disk;
  format(disk, "/a", {"uuid", "CID-1"});
  auto opened = open_volumes(at(disk, {"/a"}), false);
  ASSERT_TRUE(opened);
  PoolIdentity pool = test_pool();
  ASSERT_TRUE((*opened)[0]->open_pool(pool));
  pool.namespace_id = 8;
  EXPECT_FALSE((*opened)[0]->open_pool(pool));
  pool.cluster_id = "CID-9";
  EXPECT_NE((*opened)[0]->open_pool(pool).error().message().find("Incompatible clusterIDs"), std::string::npos);
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
