#include "datanode/node/datanode.h"

#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>

#include "proto/hadoop/ReconfigurationProtocol.pb.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "proto/rpc/client.h"
#include "tests/unit/datanode/replicas/watched_disk.h"
#include "tests/unit/datanode/reporting/fake_namenode.h"

namespace dfs::datanode {
namespace {

using namespace std::chrono_literals;
namespace hd = hadoop::hdfs;

class DataNodeOnFakes : public testing::Test {
 protected:
  DataNodeOnFakes() {
    disk.before = [this](std::string_view, const std::string& path) {
      if (!path.starts_with("/b")) return;
      std::unique_lock lock(gate);
      moved.wait(lock, [this] { return !b_hangs; });
    };
  }
  ~DataNodeOnFakes() override {
    hang_b(false);
    if (node) node->stop();
    if (client) asio::co_spawn(loop.executor(), client->close(), asio::use_future).get();
    loop.stop();
  }

  DataNode::Settings settings(const std::vector<std::string>& directories) {
    DataNode::Settings wanted;
    std::string text;
    for (const std::string& one : directories) {
      wanted.directories.push_back({.path = one, .text = one});
      text += (text.empty() ? "" : ",") + one;
    }
    wanted.namenode = namenode.address();
    wanted.data = wanted.ipc = {"127.0.0.1", 0};
    wanted.user = "hdfs";
    wanted.heartbeat_interval = 20ms;
    wanted.volume_threads = 1;
    wanted.disk = &disk;
    for (std::string_view name : DataNode::kReconfigurable) wanted.properties[std::string(name)] = std::nullopt;
    wanted.properties["dfs.datanode.data.dir"] = text;
    wanted.on_failure = [this](Error error) { failure.set_value(std::move(error)); };
    return wanted;
  }
  Result<void> start(DataNode::Settings wanted) {
    configured = wanted;
    wanted.reread = [this]() -> Result<DataNode::Settings> { return configured; };
    node = std::make_unique<DataNode>(std::move(wanted));
    return node->start();
  }
  // The directories of the storages that heartbeats list, when there are so many.
  bool hears_storages(int count) {
    return namenode.hears([&](const FakeNameNode& heard) {
      return heard.last_heartbeat && heard.last_heartbeat->reports_size() == count;
    });
  }
  // Every operation below /b fails, or such of one kind.
  void break_b(std::optional<DiskOperation> operation = std::nullopt) {
    faulty.arm({.operation = operation,
                .on_path = [](const std::string& path) { return path.starts_with("/b"); },
                .times = UINT64_MAX});
  }
  // Every operation below /b waits.
  void hang_b(bool hangs) {
    std::lock_guard lock(gate);
    b_hangs = hangs;
    moved.notify_all();
  }
  bool hears_failed(uint32_t count) {
    return namenode.hears([&](const FakeNameNode& heard) {
      return heard.last_heartbeat && heard.last_heartbeat->failedvolumes() == count;
    });
  }

  template <class Request, class Response>
  Result<Response> call(const char* method, const Request& request, const std::string& user = "hdfs",
                        const char* protocol = "org.apache.hadoop.hdfs.protocol.ClientDatanodeProtocol") {
    if (client) asio::co_spawn(loop.executor(), client->close(), asio::use_future).get();
    client =
        std::make_unique<rpc::Client>(loop.executor(), rpc::Client::Settings{.server = {"127.0.0.1", node->ipc_port()},
                                                                             .protocol = protocol,
                                                                             .protocol_version = 1,
                                                                             .user = {.user = user, .real_user = ""},
                                                                             .client_id = ""});
    Response response;
    auto done = asio::co_spawn(loop.executor(), client->call(method, request, response), asio::use_future).get();
    if (!done) return fail(std::move(done).error());
    return response;
  }
  Result<void> begin_reconfiguration(const std::string& user = "hdfs") {
    auto begun = call<hd::StartReconfigurationRequestProto, hd::StartReconfigurationResponseProto>(
        "startReconfiguration", {}, user, "org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol");
    if (!begun) return fail(std::move(begun).error());
    return {};
  }
  hd::GetReconfigurationStatusResponseProto status() {
    auto answered = call<hd::GetReconfigurationStatusRequestProto, hd::GetReconfigurationStatusResponseProto>(
        "getReconfigurationStatus", {});
    EXPECT_TRUE(answered) << answered.error().to_string();
    return answered.value_or(hd::GetReconfigurationStatusResponseProto());
  }
  // What the task came to, when it is over.
  hd::GetReconfigurationStatusResponseProto reconfigured() {
    auto begun = begin_reconfiguration();
    EXPECT_TRUE(begun) << begun.error().to_string();
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
      if (auto now = status(); now.has_endtime()) return now;
    }
    ADD_FAILURE() << "the task did not end";
    return {};
  }

  FakeNameNode namenode;
  MemoryDisk memory;
  FaultyDisk faulty{memory};
  std::mutex gate;
  std::condition_variable moved;
  bool b_hangs = false;
  WatchedDisk disk{faulty};
  std::promise<Error> failure;
  DataNode::Settings configured;
  std::unique_ptr<DataNode> node;
  EventLoop loop{"test-client"};
  std::unique_ptr<rpc::Client> client;

  void SetUp() override { loop.start(); }
};

TEST_F(DataNodeOnFakes, VolumesComeAndGoByReconfiguration) {
  ASSERT_TRUE(start(settings({"/a"})));
  ASSERT_TRUE(hears_storages(1));
  configured = settings({"/a", "/b"});
  auto added = reconfigured();
  ASSERT_EQ(added.changes_size(), 1);
  EXPECT_EQ(added.changes(0).name(), "dfs.datanode.data.dir");
  EXPECT_EQ(added.changes(0).oldvalue(), "/a");
  EXPECT_EQ(added.changes(0).newvalue(), "/a,/b");
  EXPECT_FALSE(added.changes(0).has_errormessage()) << added.changes(0).errormessage();
  EXPECT_TRUE(hears_storages(2));
  configured = settings({"/b"});
  EXPECT_FALSE(reconfigured().changes(0).has_errormessage());
  EXPECT_TRUE(hears_storages(1));
  EXPECT_TRUE(namenode.hears(
      [](const FakeNameNode& heard) { return !heard.reports.empty() && heard.reports.back().reports_size() == 1; }));
  // Nothing differs any more.
  EXPECT_EQ(reconfigured().changes_size(), 0);
  // It belongs to us all the same.
  configured = settings({"/b", "/a"});
  EXPECT_FALSE(reconfigured().changes(0).has_errormessage());
  EXPECT_TRUE(hears_storages(2));
}

TEST_F(DataNodeOnFakes, WhatCannotBeChangedIsSaidAndTheRestIsDone) {
  ASSERT_TRUE(start(settings({"/a"})));
  ASSERT_TRUE(memory.make_directories("/home/photos", 0700));
  configured = settings({"/a", "/home", "/c"});
  configured.properties["dfs.datanode.max.transfer.threads"] = "17";
  configured.transfers_max = 17;
  auto done = reconfigured();
  ASSERT_EQ(done.changes_size(), 2);
  EXPECT_NE(done.changes(0).errormessage().find("FAILED TO ADD: /home"), std::string::npos);
  EXPECT_FALSE(done.changes(1).has_errormessage());
  EXPECT_TRUE(hears_storages(2));
  // What was done counts as done.
  configured.directories.erase(configured.directories.begin() + 1);
  configured.properties["dfs.datanode.data.dir"] = "/a,/c";
  EXPECT_EQ(reconfigured().changes_size(), 0);
  configured = settings({"/x"});
  break_b();
  configured.directories[0].path = "/b";
  EXPECT_NE(reconfigured().changes(0).errormessage().find("FAILED TO REMOVE"), std::string::npos);
  EXPECT_TRUE(hears_storages(1));
}

TEST_F(DataNodeOnFakes, TheTypeOfAVolumeDoesNotChange) {
  ASSERT_TRUE(start(settings({"/a"})));
  configured.directories[0].type = StorageType::kSsd;
  configured.properties["dfs.datanode.data.dir"] = "[SSD]/a";
  EXPECT_EQ(reconfigured().changes(0).errormessage(), "Changing storage type is not allowed.");
}

TEST_F(DataNodeOnFakes, EveryPropertyThatIsListedTakesEffect) {
  ASSERT_TRUE(start(settings({"/a"})));
  auto listed = call<hd::ListReconfigurablePropertiesRequestProto, hd::ListReconfigurablePropertiesResponseProto>(
      "listReconfigurableProperties", {});
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->name_size(), int(DataNode::kReconfigurable.size()));
  for (const std::string& name : listed->name()) {
    if (name != "dfs.datanode.data.dir") configured.properties[name] = "4321";
  }
  configured.block_report_interval = 4321ms;
  configured.balance_moves_max = configured.balance_bytes_per_second = configured.transfers_max = 4321;
  auto done = reconfigured();
  EXPECT_EQ(done.changes_size(), listed->name_size() - 1);
  for (const auto& change : done.changes()) {
    EXPECT_EQ(change.oldvalue(), "");
    EXPECT_EQ(change.newvalue(), "4321");
    EXPECT_FALSE(change.has_errormessage());
  }
  // Back to the default.
  configured.properties["dfs.datanode.max.transfer.threads"].reset();
  done = reconfigured();
  ASSERT_EQ(done.changes_size(), 1);
  EXPECT_FALSE(done.changes(0).has_newvalue());
}

TEST_F(DataNodeOnFakes, OnlyTheSuperuserReconfiguresAndOneTaskAtATime) {
  ASSERT_TRUE(start(settings({"/a"})));
  EXPECT_EQ(begin_reconfiguration("mallory").error().code(), ErrorCode::kAccessControl);
  EXPECT_FALSE(status().has_endtime());
  hang_b(true);
  configured = settings({"/a", "/b"});
  ASSERT_TRUE(begin_reconfiguration());
  EXPECT_FALSE(status().has_endtime());
  EXPECT_NE(begin_reconfiguration().error().message().find("Another reconfiguration task"), std::string::npos);
  hang_b(false);
  EXPECT_TRUE(hears_storages(2));
}

TEST_F(DataNodeOnFakes, FilesThatCannotBeReadAgainChangeNothing) {
  DataNode::Settings wanted = settings({"/a"});
  node = std::make_unique<DataNode>(wanted);
  ASSERT_TRUE(node->start());
  EXPECT_NE(begin_reconfiguration().error().message().find("read again"), std::string::npos);
  EXPECT_FALSE(status().has_endtime());
}

TEST_F(DataNodeOnFakes, AVolumeThatFailsWithinWhatIsToleratedIsReportedAndTheRestGoesOn) {
  DataNode::Settings wanted = settings({"/a", "/b"});
  wanted.failed_volumes_tolerated = 1;
  ASSERT_TRUE(start(wanted));
  ASSERT_TRUE(hears_storages(2));
  break_b();
  ASSERT_TRUE(hears_failed(1));
  EXPECT_TRUE(namenode.hears([](const FakeNameNode& heard) {
    return heard.last_heartbeat->volumefailuresummary().failedstoragelocations(0) == "/b" &&
           heard.last_heartbeat->volumefailuresummary().estimatedcapacitylosttotal() > 0;
  }));
  EXPECT_TRUE(namenode.hears([](const FakeNameNode& heard) {
    return heard.errors == std::vector<std::string>{"1 DataNode failed volumes:/b;"};
  }));
  EXPECT_TRUE(namenode.hears([](const FakeNameNode& heard) { return heard.reports.back().reports_size() == 1; }));
  // Taken out, it is forgotten.
  configured = settings({"/a"});
  EXPECT_FALSE(reconfigured().changes(0).has_errormessage());
  EXPECT_TRUE(hears_failed(0));
}

TEST_F(DataNodeOnFakes, MoreFailuresThanAreToleratedEndIt) {
  ASSERT_TRUE(start(settings({"/a", "/b"})));
  break_b();
  auto ended = failure.get_future();
  ASSERT_EQ(ended.wait_for(20s), std::future_status::ready);
  EXPECT_NE(ended.get().message().find("Too many failed volumes - current valid volumes: 1"), std::string::npos);
  EXPECT_TRUE(namenode.hears([](const FakeNameNode& heard) {
    return heard.errors == std::vector<std::string>{"3 DataNode failed volumes:/b;"};
  }));
}

TEST_F(DataNodeOnFakes, ADiskThatHangsFails) {
  DataNode::Settings wanted = settings({"/a", "/b"});
  wanted.failed_volumes_tolerated.reset();
  wanted.disk_deadline = 100ms;
  ASSERT_TRUE(start(wanted));
  hang_b(true);
  EXPECT_TRUE(hears_failed(1));
  hang_b(false);
}

TEST_F(DataNodeOnFakes, ADiskThatFailsAtTheStartCounts) {
  ASSERT_TRUE(start(settings({"/a", "/b"})));
  node->stop();
  node.reset();
  break_b();
  DataNode::Settings wanted = settings({"/a", "/b"});
  EXPECT_FALSE(start(wanted));
  node->stop();
  wanted.failed_volumes_tolerated = 1;
  ASSERT_TRUE(start(wanted));
  EXPECT_TRUE(hears_failed(1));
  EXPECT_TRUE(hears_storages(1));
}

TEST_F(DataNodeOnFakes, ADiskWhoseReplicasCannotBeListedAtTheStartCounts) {
  ASSERT_TRUE(start(settings({"/a", "/b"})));
  node->stop();
  node.reset();
  break_b(DiskOperation::kList);
  DataNode::Settings wanted = settings({"/a", "/b"});
  EXPECT_NE(start(wanted).error().message().find("Too many failed volumes"), std::string::npos);
  node->stop();
  wanted.failed_volumes_tolerated = 1;
  ASSERT_TRUE(start(wanted));
  EXPECT_TRUE(hears_failed(1));
}

TEST_F(DataNodeOnFakes, ARollbackBringsTheTrashBack) {
  ASSERT_TRUE(start(settings({"/a"})));
  node->stop();
  const std::string trash = "/a/current/BP-1-127.0.0.1-1/trash/finalized/subdir0/subdir0";
  ASSERT_TRUE(memory.make_directories(trash, 0700));
  ASSERT_TRUE(memory.write_file_atomically(trash + "/blk_7", "content"));
  DataNode::Settings wanted = settings({"/a"});
  wanted.rollback = true;
  ASSERT_TRUE(start(wanted));
  EXPECT_FALSE(*memory.exists(trash));
  EXPECT_TRUE(*memory.exists("/a/current/BP-1-127.0.0.1-1/current/finalized/subdir0/subdir0/blk_7"));
}

TEST_F(DataNodeOnFakes, ToleratingTheFailureOfAllVolumesIsAMistake) {
  DataNode::Settings wanted = settings({"/a", "/b"});
  wanted.failed_volumes_tolerated = 2;
  EXPECT_EQ(start(wanted).error().code(), ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace dfs::datanode
