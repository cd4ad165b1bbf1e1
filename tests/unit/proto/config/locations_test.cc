#include "proto/config/locations.h"

#include <gtest/gtest.h>

namespace dfs {
namespace {

Configuration with(std::string_view name, std::string value) {
  Configuration configuration;
  configuration.set(name, std::move(value));
  return configuration;
}

TEST(Locations, AFolderIsTheSameAsUriAndAsPath) {
  Configuration none;
  for (std::string_view text : {"/a/b", "/a/b/", "file:/a/b", "file:///a/b", "file:///a/b//"}) {
    EXPECT_EQ(folder_in(none, keys::kNameDirs, text).value(), "/a/b") << text;
  }
  EXPECT_EQ(folder_in(none, keys::kNameDirs, "/").value(), "/");
}

TEST(Locations, ARelativeOrForeignFolderIsRefusedByItsKey) {
  Configuration none;
  for (std::string_view text : {"", "a", "./a", "file:a", "s3://a/b"}) {
    auto refused = folder_in(none, keys::kNameDirs, text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code(), ErrorCode::kConfiguration);
    EXPECT_NE(refused.error().message().find("dfs.namenode.name.dir"), std::string::npos);
  }
}

TEST(Locations, AnAddressHasThePortItNamesOrTheDefault) {
  auto named = with("dfs.datanode.address", "example:1");
  EXPECT_EQ(endpoint_of(named, keys::kDataNodeAddress, 9866).value(), (Endpoint{"example", 1}));
  auto bare = with("dfs.datanode.address", "example");
  EXPECT_EQ(endpoint_of(bare, keys::kDataNodeAddress, 9866).value(), (Endpoint{"example", 9866}));
  auto wrong = with("dfs.datanode.address", "example:x");
  EXPECT_EQ(endpoint_of(wrong, keys::kDataNodeAddress, 9866).error().code(), ErrorCode::kConfiguration);
}

TEST(Locations, TheNameNodeIsWhereItsOwnKeyOrTheDefaultFileSystemSays) {
  EXPECT_EQ(namenode_endpoint(Configuration()).value(), (Endpoint{"localhost", 8020}));
  EXPECT_EQ(namenode_endpoint(with("fs.defaultFS", "hdfs://nn:9000/x")).value(), (Endpoint{"nn", 9000}));
  Configuration both = with("fs.defaultFS", "hdfs://nn:9000");
  both.set("dfs.namenode.rpc-address", "other");
  EXPECT_EQ(namenode_endpoint(both).value(), (Endpoint{"other", 8020}));
}

TEST(Locations, AnotherKindOfDefaultFileSystemSaysWhatToSet) {
  auto refused = namenode_endpoint(with("fs.defaultFS", "file:///"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("dfs.namenode.rpc-address"), std::string::npos);
  EXPECT_FALSE(namenode_endpoint(with("fs.defaultFS", "hdfs://nn:x")));
}

}  // namespace
}  // namespace dfs
