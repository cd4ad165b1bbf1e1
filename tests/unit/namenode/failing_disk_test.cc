#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>

#include "namenode/namenode.h"
#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/config/configuration.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/io/faulty_disk.h"
#include "proto/rpc/client.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

// A whole NameNode whose disk fails as the test says, and a client of it.
class FailingDisk : public testing::Test {
 protected:
  FailingDisk() {
    char name[] = "/tmp/failing-disk-test-XXXXXX";
    root = mkdtemp(name);
    loop.start();
  }
  ~FailingDisk() override {
    stop();
    loop.stop();
    std::filesystem::remove_all(root);
  }

  NameNodeSettings settings(const std::vector<std::string>& edits = {"edits"}) const {
    Configuration configuration;
    configuration.set("dfs.namenode.name.dir", "file://" + root + "/name");
    std::string folders;
    for (const std::string& folder : edits) folders += (folders.empty() ? "file://" : ",file://") + root + "/" + folder;
    configuration.set("dfs.namenode.edits.dir", folders);
    configuration.set("dfs.namenode.rpc-address", "127.0.0.1:0");
    configuration.set("dfs.namenode.http-address", "127.0.0.1:0");
    auto made = NameNodeSettings::from(configuration);
    EXPECT_TRUE(made) << made.error().to_string();
    made->name_space.superuser = "root";
    return *std::move(made);
  }
  void format(const NameNodeSettings& given) {
    auto formatted = NameNode::format(given, "CID", NameNode::Format::kOnlyEmpty);
    ASSERT_TRUE(formatted) << formatted.error().to_string();
  }
  void start(const NameNodeSettings& given) {
    faulty.disarm();
    namenode = std::make_unique<NameNode>(given, faulty);
    auto started = namenode->start();
    ASSERT_TRUE(started) << started.error().to_string();
    rpc::Client::Settings calls;
    calls.server = namenode->rpc_endpoint();
    calls.protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";
    calls.user.user = "root";
    client = std::make_unique<rpc::Client>(loop.executor(), std::move(calls));
  }
  void stop() {
    if (client) boost::asio::co_spawn(loop.executor(), client->close(), boost::asio::use_future).get();
    client.reset();
    namenode.reset();
  }
  // Nothing where it was done, or the reason.
  template <class Response, class Request>
  std::string call(std::string_view method, const Request& request, Response& response) {
    auto done =
        boost::asio::co_spawn(loop.executor(), client->call(method, request, response), boost::asio::use_future).get();
    return done ? "" : done.error().to_string();
  }
  std::string make(const std::string& path) {
    MkdirsRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0755);
    request.set_createparent(true);
    MkdirsResponseProto response;
    return call("mkdirs", request, response);
  }
  bool there(const std::string& path) {
    GetFileInfoRequestProto request;
    request.set_src(path);
    GetFileInfoResponseProto response;
    EXPECT_EQ(call("getFileInfo", request, response), "");
    return response.has_fs();
  }
  std::string roll() {
    RollEditsRequestProto request;
    RollEditsResponseProto response;
    return call("rollEdits", request, response);
  }
  // Writing has ended with this reason, reading has not.
  void expect_only_reads(const std::string& reason) {
    for (int i = 0; i < 2; ++i) {
      const std::string refused = make("/later");
      EXPECT_NE(refused.find("restart the NameNode"), std::string::npos) << refused;
      EXPECT_NE(refused.find(reason), std::string::npos) << refused;
    }
    EXPECT_NE(roll().find(reason), std::string::npos);
    EXPECT_TRUE(there("/kept"));
    EXPECT_FALSE(there("/lost"));
    EXPECT_FALSE(there("/later"));
  }

  std::string root;
  FaultyDisk faulty{Disk::posix()};
  EventLoop loop{"test"};
  std::unique_ptr<NameNode> namenode;
  std::unique_ptr<rpc::Client> client;
};

TEST_F(FailingDisk, AFailedSyncEndsWritingForGoodAndARestartRecovers) {
  format(settings());
  start(settings());
  ASSERT_EQ(make("/kept"), "");
  faulty.arm({.operation = DiskOperation::kSync});
  const std::string lost = make("/lost");
  EXPECT_NE(lost.find("Input/output error"), std::string::npos) << lost;
  EXPECT_NE(lost.find(root + "/edits/current/edits_inprogress_"), std::string::npos) << lost;
  expect_only_reads("sync " + root + "/edits");  // although the disk is well again
  stop();
  start(settings());
  EXPECT_TRUE(there("/kept"));
  EXPECT_EQ(make("/later"), "");
}

TEST_F(FailingDisk, ADiskWithoutRoomForAnEditEndsWritingForGoodAndARestartRecovers) {
  format(settings());
  start(settings());
  ASSERT_EQ(make("/kept"), "");
  faulty.arm({.operation = DiskOperation::kWrite, .error_number = ENOSPC});
  EXPECT_NE(make("/lost").find("No space left"), std::string::npos);
  expect_only_reads("No space left");
  stop();
  start(settings());
  EXPECT_TRUE(there("/kept"));
  EXPECT_FALSE(there("/lost"));
  EXPECT_EQ(make("/later"), "");
}

TEST_F(FailingDisk, WritingGoesOnWhileAnEditsFolderIsLeftAndEndsWithTheLast) {
  const NameNodeSettings two = settings({"a", "b"});
  format(two);
  start(two);
  ASSERT_EQ(make("/kept"), "");
  const auto lose = [&](const std::string& folder) {
    faulty.arm({.on_path = [prefix = root + "/" + folder](const std::string& path) { return path.starts_with(prefix); },
                .times = UINT64_MAX});
  };
  lose("a");
  ASSERT_EQ(make("/kept/too"), "");
  ASSERT_EQ(roll(), "");
  lose("b");
  EXPECT_NE(make("/lost"), "");
  expect_only_reads(root + "/b");
  stop();
  start(two);
  EXPECT_TRUE(there("/kept/too"));
  EXPECT_EQ(make("/later"), "");
}

TEST_F(FailingDisk, FewerEditsFoldersThanTheMinimumEndWriting) {
  NameNodeSettings both = settings({"a", "b"});
  both.edits_directories_minimum = 2;
  format(both);
  start(both);
  ASSERT_EQ(make("/kept"), "");
  faulty.arm({.operation = DiskOperation::kWrite});
  EXPECT_NE(make("/lost"), "");
  expect_only_reads(root + "/a");
}

TEST_F(FailingDisk, ADamagedEditStopsTheStartAndIsNamedWithItsPlace) {
  format(settings());
  const std::string was = root, copy = was + "/copy";
  std::filesystem::create_directory(copy);
  std::filesystem::copy(was + "/name", copy + "/name", std::filesystem::copy_options::recursive);
  start(settings());
  ASSERT_EQ(make("/kept"), "");
  for (char name : {'a', 'b', 'c', 'd'}) ASSERT_EQ(make(std::string("/") + name), "");
  // As it was when power went: nothing has been flushed into the tables.
  std::filesystem::copy(was + "/edits", copy + "/edits", std::filesystem::copy_options::recursive);
  stop();
  root = copy;
  const std::string segment = root + "/edits/current/edits_inprogress_0000000000000000001";
  auto file = Disk::posix().open(segment, Disk::OpenMode::kReadWrite);
  ASSERT_TRUE(file);
  constexpr uint64_t kIn = 150;
  uint8_t byte = 0;
  ASSERT_EQ((*file)->pread({&byte, 1}, kIn).value(), 1u);
  const uint8_t damaged = byte ^ 4;
  ASSERT_TRUE((*file)->pwrite({&damaged, 1}, kIn));
  {
    NameNode refusing(settings(), faulty);
    auto refused = refusing.start();
    ASSERT_FALSE(refused);
    const std::string& message = refused.error().message();
    EXPECT_NE(message.find(segment + " at offset "), std::string::npos) << message;
    EXPECT_NE(message.find("; transaction "), std::string::npos) << message;
  }
  ASSERT_TRUE((*file)->pwrite({&byte, 1}, kIn));
  start(settings());
  for (const char* path : {"/kept", "/a", "/d"}) EXPECT_TRUE(there(path)) << path;
  stop();
  root = was;
}

}  // namespace
}  // namespace dfs::namenode
