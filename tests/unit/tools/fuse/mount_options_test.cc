#include "tools/fuse/mount_options.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace dfs::fuse {
namespace {

auto parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv{"mount"};
  argv.insert(argv.end(), words);
  return parse_mount_options(int(argv.size()), argv.data());
}

TEST(MountOptions, AddressFolderAndDirectoryAreTaken) {
  auto options = parse({"hdfs://host:8020//data/./logs/", "/mnt", "-f"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->authority, "hdfs://host:8020");
  EXPECT_EQ(options->root, "/data/logs");
  EXPECT_EQ(options->directory, "/mnt");
  EXPECT_TRUE(options->foreground);
  EXPECT_FALSE(options->read_only);
}

TEST(MountOptions, WithoutAnAuthorityTheConfiguredFileSystemIsMeant) {
  auto options = parse({"hdfs:///", "/mnt"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->authority, "");
  EXPECT_EQ(options->root, "/");
}

TEST(MountOptions, MountOptionsAreSplitAtCommasAndTheLastOfRoAndRwWins) {
  auto options = parse({"hdfs://h", "/mnt", "-o", "allow_other,ro", "-o", "fsname=a\\,b"});
  ASSERT_TRUE(options.has_value());
  EXPECT_TRUE(options->read_only);
  EXPECT_EQ(options->mount_options, (std::vector<std::string>{"allow_other", "ro", "fsname=a\\,b"}));
  EXPECT_FALSE(parse({"hdfs://h", "/mnt", "-o", "ro,rw"})->read_only);
}

TEST(MountOptions, PropertiesAreKeysAndValues) {
  auto options = parse({"hdfs://h", "/mnt", "-D", "dfs.replication=2", "-D", "a=b=c", "--config", "/etc/hadoop"});
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->properties.at("dfs.replication"), "2");
  EXPECT_EQ(options->properties.at("a"), "b=c");
  EXPECT_EQ(options->config_dir, "/etc/hadoop");
}

TEST(MountOptions, MistakesAreNamedAndHelpIsNoMistake) {
  EXPECT_EQ(parse({}).error().exit_code, 2);
  EXPECT_EQ(parse({"hdfs://h"}).error().exit_code, 2);
  EXPECT_EQ(parse({"http://h/", "/mnt"}).error().exit_code, 2);
  EXPECT_EQ(parse({"hdfs://h/a/../b", "/mnt"}).error().exit_code, 2);
  EXPECT_EQ(parse({"hdfs://h", "/mnt", "-D", "novalue"}).error().exit_code, 2);
  EXPECT_EQ(parse({"--help"}).error().exit_code, 0);
}

}  // namespace
}  // namespace dfs::fuse
