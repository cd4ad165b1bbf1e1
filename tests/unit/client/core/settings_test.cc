#include "client/core/settings.h"

#include <gtest/gtest.h>

namespace dfs::client {
namespace {

Result<SessionSettings> settings(std::string_view uri, std::map<std::string, std::string> properties = {}) {
  std::vector<std::string> overrides;
  for (const auto& [key, value] : properties) overrides.push_back(key + "=" + value);
  auto configuration = Configuration::load("", overrides);
  if (!configuration) return fail(std::move(configuration).error());
  fs::ConnectOptions options;
  options.user = "alice";
  return read_settings(uri, options, *configuration);
}

TEST(SessionSettings, WithoutConfigurationTheNameNodeIsHere) {
  auto read = settings("");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->uri, "hdfs://localhost:8020");
  EXPECT_EQ(read->namenode.servers.size(), 1u);
  EXPECT_EQ(read->namenode.servers[0].port, 8020);
  EXPECT_EQ(read->home, "/user/alice");
  EXPECT_EQ(read->umask, 022);
  EXPECT_FALSE(read->block_size) << "the server's default holds";
}

TEST(SessionSettings, AUriWinsOverTheDefaultFileSystem) {
  auto read = settings("hdfs://nn1:9000/some/path", {{"fs.defaultFS", "hdfs://nn2"}});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->uri, "hdfs://nn1:9000");
  EXPECT_EQ(read->namenode.servers[0].host, "nn1");
}

TEST(SessionSettings, ANameserviceStandsForItsNameNodes) {
  auto read = settings("hdfs://ns", {{"dfs.ha.namenodes.ns", "a, b"},
                                     {"dfs.namenode.rpc-address.ns.a", "h1:1"},
                                     {"dfs.namenode.rpc-address.ns.b", "h2:2"}});
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->namenode.servers.size(), 2u);
  EXPECT_EQ(read->namenode.servers[1].to_string(), "h2:2");
}

TEST(SessionSettings, ANameserviceWithoutAnAddressIsAnErrorThatNamesTheKey) {
  auto read = settings("hdfs://ns", {{"dfs.ha.namenodes.ns", "a"}});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message().find("dfs.namenode.rpc-address.ns.a"), std::string::npos) << read.error().message();
}

TEST(SessionSettings, AnotherSchemeIsRefused) {
  EXPECT_EQ(settings("http://x").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(settings("", {{"fs.defaultFS", "file:///"}}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(SessionSettings, AUmaskIsOctalOrSymbolic) {
  EXPECT_EQ(settings("", {{"fs.permissions.umask-mode", "027"}})->umask, 027);
  EXPECT_EQ(settings("", {{"fs.permissions.umask-mode", "u=rwx,g=rx,o="}})->umask, 027);
  EXPECT_EQ(settings("", {{"fs.permissions.umask-mode", "rw"}}).error().code(), ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace dfs::client
