#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>

#include "namenode/commit/group_commit.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/journal.h"
#include "namenode/service/client_protocol.h"
#include "namenode/service/namespace_access.h"
#include "namenode/store/layered_tables.h"
#include "proto/base/event_loop.h"
#include "proto/base/later_as_task.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/service/administration_of_edits.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;
using namespace std::chrono_literals;

class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};

class CountingAdministration final : public AdministrationOfEdits {
 public:
  Task<Result<void>> save_namespace() override {
    ++saves;
    co_return Result<void>();
  }
  int saves = 0;
};

class SetClock final : public Clock {
 public:
  WallTime wall() const override { return WallTime(std::chrono::milliseconds(wall_ms)); }
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(wall_ms)); }
  std::atomic<uint64_t> wall_ms = 1'000'000'000;
};

// A NameNode without its sockets: the journal on a disk in memory, the two threads, and ClientProtocol in front.
class ExactlyOnceTest : public NamespaceFixture {
 protected:
  ExactlyOnceTest() {
    settings.symlinks_enabled = true;
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "CID", .block_pool_id = "BP-1"},
                                Journal::Existing::kRefuse));
    loop.start();
    start();
  }
  ~ExactlyOnceTest() override {
    stop();
    loop.stop();
  }

  void start() {
    journal = Journal::open(disk, journal_settings).value();
    leases = LeaseTable({});
    ASSERT_TRUE(replay(*journal, *tables, {blocks, leases, settings, clock.wall(), clock.now()}));
    commit = std::make_unique<GroupCommit>(GroupCommit::Settings{},
                                           GroupCommit::Parts{*tables, *journal, blocks, leases, settings, clock},
                                           [](const PlanContext&, std::vector<EditRecord>&, Batch&) { return false; });
    ASSERT_TRUE(commit->start());
    access = std::make_unique<NamespaceAccess>(*commit, blocks, groups, settings, Audit(nullptr, audit_settings));
    client = std::make_unique<ClientProtocol>(*access, administration);
  }
  void stop() {
    client.reset();
    access.reset();
    if (commit) commit->stop();
    commit.reset();
    journal.reset();
  }

  std::future<Result<std::string>> send(const std::string& method, std::string request) {
    return boost::asio::co_spawn(
        loop.executor(),
        [](ClientProtocol& protocol, std::string name, std::string bytes,
           rpc::CallContext context) -> Task<Result<std::string>> {
          co_return co_await rpc::as_task(protocol.call(name, as_bytes(bytes), context));
        }(*client, method, std::move(request), rpc),
        boost::asio::use_future);
  }
  template <class Request>
  Result<std::string> call(const std::string& method, const Request& request) {
    return send(method, request.SerializeAsString()).get();
  }
  // A call of its own, that nobody repeats.
  template <class Request>
  std::string once(const std::string& method, const Request& request) {
    const int32_t id = std::exchange(rpc.call_id, ++other_calls);
    Result<std::string> answer = call(method, request);
    EXPECT_TRUE(answer) << method << ": " << error_of(answer);
    rpc.call_id = id;
    return answer.value_or("");
  }

  CreateRequestProto create(const std::string& path, uint32_t flags = CREATE) {
    CreateRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0644);
    request.set_clientname("c1");
    request.set_createflag(flags);
    request.set_createparent(true);
    request.set_replication(3);
    request.set_blocksize(1000);
    return request;
  }
  // A closed file with one block.
  void write(const std::string& path, uint64_t length = 600) {
    CreateResponseProto created;
    ASSERT_TRUE(created.ParseFromString(once("create", create(path))));
    ExtendedBlockProto block = add_block(path, created.fs().fileid());
    block.set_numbytes(length);
    complete(path, created.fs().fileid(), block);
  }
  ExtendedBlockProto add_block(const std::string& path, uint64_t file) {
    AddBlockRequestProto add;
    add.set_src(path);
    add.set_clientname("c1");
    add.set_fileid(file);
    AddBlockResponseProto added;
    EXPECT_TRUE(added.ParseFromString(once("addBlock", add)));
    return added.block().b();
  }
  void complete(const std::string& path, uint64_t file, const ExtendedBlockProto& last) {
    CompleteRequestProto complete;
    complete.set_src(path);
    complete.set_clientname("c1");
    complete.set_fileid(file);
    *complete.mutable_last() = last;
    CompleteResponseProto closed;
    ASSERT_TRUE(closed.ParseFromString(once("complete", complete)));
    ASSERT_TRUE(closed.result());
  }
  uint64_t length_of(const std::string& path) {
    GetFileInfoRequestProto request;
    request.set_src(path);
    GetFileInfoResponseProto info;
    EXPECT_TRUE(info.ParseFromString(once("getFileInfo", request)));
    return info.fs().length();
  }
  static XAttrProto attribute() {
    XAttrProto attribute;
    attribute.set_namespace_(XAttrProto::USER);
    attribute.set_name("a");
    return attribute;
  }

  static MkdirsRequestProto directory(const std::string& path) {
    MkdirsRequestProto request;
    request.set_src(path);
    request.mutable_masked()->set_perm(0755);
    request.set_createparent(true);
    return request;
  }
  size_t answers_kept() const {
    size_t count = 0;
    EXPECT_TRUE(tables->scan(Table::kRetries, "", [&](std::string_view, std::string_view) {
      ++count;
      return true;
    }));
    return count;
  }

  // The calls that Hadoop marks @AtMostOnce and truncate, each such that carrying it out twice would be seen.
  struct Call {
    std::string method;
    std::string request;
  };
  std::vector<Call> prepare() {
    std::vector<Call> calls;
    auto add = [&](const std::string& method, const auto& request) {
      calls.push_back({method, request.SerializeAsString()});
    };
    for (const char* path : {"/appended", "/appended-new", "/cut", "/renamed", "/renamed2", "/removed", "/joined",
                             "/part", "/with", "/without"}) {
      write(path);
    }
    add("create", create("/new/created"));
    add("create", create("/joined2", CREATE | OVERWRITE));
    AppendRequestProto append;
    append.set_src("/appended");
    append.set_clientname("c2");
    append.set_flag(APPEND);
    add("append", append);
    append.set_src("/appended-new");
    append.set_flag(APPEND | NEW_BLOCK);
    add("append", append);
    RenameRequestProto rename;
    rename.set_src("/renamed");
    rename.set_dst("/elsewhere");
    add("rename", rename);
    Rename2RequestProto rename2;
    rename2.set_src("/renamed2");
    rename2.set_dst("/elsewhere2");
    rename2.set_overwritedest(false);
    add("rename2", rename2);
    DeleteRequestProto remove;
    remove.set_src("/removed");
    remove.set_recursive(true);
    add("delete", remove);
    CreateSymlinkRequestProto link;
    link.set_target("/with");
    link.set_link("/link");
    link.mutable_dirperm()->set_perm(0755);
    link.set_createparent(false);
    add("createSymlink", link);
    ConcatRequestProto concat;
    concat.set_trg("/joined");
    concat.add_srcs("/part");
    add("concat", concat);
    SetXAttrRequestProto set;
    set.set_src("/with");
    *set.mutable_xattr() = attribute();
    set.set_flag(XATTR_CREATE);
    add("setXAttr", set);
    SetXAttrRequestProto before = set;
    before.set_src("/without");
    once("setXAttr", before);
    RemoveXAttrRequestProto unset;
    unset.set_src("/without");
    *unset.mutable_xattr() = attribute();
    add("removeXAttr", unset);

    CreateResponseProto open;
    EXPECT_TRUE(open.ParseFromString(once("create", create("/piped"))));
    UpdateBlockForPipelineRequestProto bump;
    *bump.mutable_block() = add_block("/piped", open.fs().fileid());
    bump.set_clientname("c1");
    UpdateBlockForPipelineResponseProto bumped;
    EXPECT_TRUE(bumped.ParseFromString(once("updateBlockForPipeline", bump)));
    UpdatePipelineRequestProto pipeline;
    pipeline.set_clientname("c1");
    *pipeline.mutable_oldblock() = bump.block();
    *pipeline.mutable_newblock() = bumped.block().b();
    add("updatePipeline", pipeline);

    once("mkdirs", directory("/snapped"));
    AllowSnapshotRequestProto allow;
    allow.set_snapshotroot("/snapped");
    once("allowSnapshot", allow);
    CreateSnapshotRequestProto snapshot;
    snapshot.set_snapshotroot("/snapped");
    for (const char* name : {"first", "second"}) {
      snapshot.set_snapshotname(name);
      once("createSnapshot", snapshot);
    }
    snapshot.set_snapshotname("third");
    add("createSnapshot", snapshot);
    RenameSnapshotRequestProto renamed;
    renamed.set_snapshotroot("/snapped");
    renamed.set_snapshotoldname("first");
    renamed.set_snapshotnewname("fourth");
    add("renameSnapshot", renamed);
    DeleteSnapshotRequestProto deleted;
    deleted.set_snapshotroot("/snapped");
    deleted.set_snapshotname("second");
    add("deleteSnapshot", deleted);
    return calls;
  }

  // Sends each twice with `between` in between; nothing may be done the second time, and the answer is the first.
  void repeat_all(const std::function<void()>& between) {
    std::vector<Call> calls = prepare();
    std::vector<std::string> first;
    for (size_t i = 0; i < calls.size(); ++i) {
      rpc.call_id = int32_t(i);
      Result<std::string> answer = send(calls[i].method, calls[i].request).get();
      ASSERT_TRUE(answer) << calls[i].method << ": " << error_of(answer);
      first.push_back(*answer);
    }
    between();
    const TransactionId before = commit->published().applied;
    for (size_t i = 0; i < calls.size(); ++i) {
      rpc.call_id = int32_t(i);
      Result<std::string> answer = send(calls[i].method, calls[i].request).get();
      ASSERT_TRUE(answer) << calls[i].method << " again: " << error_of(answer);
      EXPECT_EQ(*answer, first[i]) << calls[i].method;
    }
    EXPECT_EQ(commit->published().applied, before);
  }

  MemoryDisk disk;
  JournalSettings journal_settings{.directories = {"/edits"}};
  SetClock clock;
  NoGroups groups;
  AuditSettings audit_settings;
  CountingAdministration administration;
  EventLoop loop{"test"};
  std::unique_ptr<Journal> journal;
  std::unique_ptr<GroupCommit> commit;
  std::unique_ptr<NamespaceAccess> access;
  std::unique_ptr<ClientProtocol> client;
  int32_t other_calls = 1'000'000;
  rpc::CallContext rpc{.user = {.user = "root", .real_user = ""},
                       .client_address = "10.0.0.1",
                       .client_id = std::string(16, 'c'),
                       .call_id = 1,
                       .retry_count = 0,
                       .caller_context = "",
                       .protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol"};
};

TEST_F(ExactlyOnceTest, ACallThatIsSentAgainGetsTheFirstAnswer) {
  repeat_all([] {});
}

TEST_F(ExactlyOnceTest, ACallThatIsSentAgainAfterARestartGetsTheFirstAnswer) {
  repeat_all([this] {
    stop();
    start();
  });
}

TEST_F(ExactlyOnceTest, ACallThatIsSentAgainAfterARestartFromTablesOnDiskGetsTheFirstAnswer) {
  MemoryDisk tables_disk;
  ASSERT_TRUE(tables_disk.make_directories("/tables", 0700));
  auto open = [&] {
    auto opened = open_rocksdb_on(std::make_shared<DiskFiles>(tables_disk), "/tables", 1 << 20,
                                  [](TransactionId) { return true; });
    ASSERT_TRUE(opened) << error_of(opened);
    tables = *std::move(opened);
  };
  stop();
  open();
  Batch format;
  format_namespace(settings, format);
  ASSERT_TRUE(tables->write(std::move(format), kNoTransaction));
  start();
  repeat_all([&, this] {
    stop();
    ASSERT_TRUE(tables->flush());
    tables.reset();
    open();
    start();
  });
  EXPECT_GT(answers_kept(), 10u);
  stop();
  tables = fresh_tables();  // on the disk that lives as long as the test
}

TEST_F(ExactlyOnceTest, CallsThatMayBeRepeatedLeaveNoAnswer) {
  const size_t before = answers_kept();
  SetPermissionRequestProto permission;
  permission.set_src("/d");
  permission.mutable_permission()->set_perm(0700);
  SetQuotaRequestProto quota;
  quota.set_path("/d");
  quota.set_namespacequota(100);
  quota.set_storagespacequota(1 << 30);
  SetTimesRequestProto times;
  times.set_src("/d");
  times.set_mtime(1);
  times.set_atime(1);
  EXPECT_TRUE(call("mkdirs", directory("/d")));
  EXPECT_TRUE(call("setPermission", permission));
  EXPECT_TRUE(call("setQuota", quota));
  EXPECT_TRUE(call("setTimes", times));
  EXPECT_EQ(answers_kept(), before);
  EXPECT_TRUE(call("create", create("/f")));
  EXPECT_EQ(answers_kept(), before + 1);
}

// As a NameNode takes over that has the edits alone: its answers are made of them.
TEST_F(ExactlyOnceTest, ACallThatIsSentAgainToWhoReplaysTheEditsGetsTheFirstAnswer) {
  // Where replicas are is in no edit: they have been reported since.
  auto replicas = [this] {
    Batch rows;
    for (Table table : {Table::kReplicas, Table::kStorageReplicas}) {
      EXPECT_TRUE(tables->scan(table, "", [&](std::string_view key, std::string_view value) {
        rows.put(table, std::string(key), std::string(value));
        return true;
      }));
    }
    return rows;
  };
  repeat_all([&, this] {
    stop();
    Batch reported = replicas();
    tables = fresh_tables();
    ASSERT_TRUE(tables->write(reported, kNoTransaction));
    start();
  });
}

TEST_F(ExactlyOnceTest, HDFS_16322_ATruncateThatIsSentAgainSparesWhatOthersAppended) {
  write("/cut", 600);
  TruncateRequestProto truncate;
  truncate.set_src("/cut");
  truncate.set_clientname("c1");
  truncate.set_newlength(0);
  rpc.call_id = 7;
  Result<std::string> first = call("truncate", truncate);
  ASSERT_TRUE(first) << error_of(first);
  EXPECT_EQ(length_of("/cut"), 0);
  AppendRequestProto append;
  append.set_src("/cut");
  append.set_clientname("c1");
  AppendResponseProto appended;
  ASSERT_TRUE(appended.ParseFromString(once("append", append)));
  ExtendedBlockProto block = add_block("/cut", appended.stat().fileid());
  block.set_numbytes(99);
  complete("/cut", appended.stat().fileid(), block);
  stop();
  start();
  EXPECT_EQ(call("truncate", truncate).value(), *first);
  EXPECT_EQ(length_of("/cut"), 99);
}

TEST_F(ExactlyOnceTest, SaveNamespaceIsCarriedOutOnceToo) {
  rpc.call_id = 7;
  ASSERT_TRUE(call("saveNamespace", SaveNamespaceRequestProto()));
  stop();
  start();
  SaveNamespaceResponseProto response;
  ASSERT_TRUE(response.ParseFromString(call("saveNamespace", SaveNamespaceRequestProto()).value()));
  EXPECT_TRUE(response.saved());
  EXPECT_EQ(administration.saves, 1);
  rpc.call_id = 8;
  ASSERT_TRUE(call("saveNamespace", SaveNamespaceRequestProto()));
  EXPECT_EQ(administration.saves, 2);
}

TEST_F(ExactlyOnceTest, ARepeatedCallThatArrivesWhileTheFirstIsInFlightIsAnsweredOnce) {
  write("/removed");
  DeleteRequestProto remove;
  remove.set_src("/removed");
  remove.set_recursive(true);
  // The namespace thread is held, so that both wait before it.
  std::promise<void> held, release;
  auto holder = boost::asio::co_spawn(
      loop.executor(), as_task(commit->run<Done>([&](const NamespaceThread::Unjournaled&) -> Result<Done> {
        held.set_value();
        release.get_future().get();
        return Done{};
      })),
      boost::asio::use_future);
  held.get_future().get();
  const TransactionId before = commit->published().applied;
  auto first = send("delete", remove.SerializeAsString());
  auto second = send("delete", remove.SerializeAsString());
  release.set_value();
  EXPECT_TRUE(holder.get());
  for (auto* answer : {&first, &second}) {
    DeleteResponseProto response;
    ASSERT_TRUE(response.ParseFromString(answer->get().value()));
    EXPECT_TRUE(response.result());
  }
  EXPECT_EQ(raw(commit->published().applied), raw(before) + 1);
}

TEST_F(ExactlyOnceTest, WhatFailedIsTriedAgain) {
  DeleteRequestProto remove;
  remove.set_src("/f");
  remove.set_recursive(true);
  DeleteResponseProto response;
  ASSERT_TRUE(response.ParseFromString(call("delete", remove).value()));
  EXPECT_FALSE(response.result());
  write("/f");
  ASSERT_TRUE(response.ParseFromString(call("delete", remove).value()));
  EXPECT_TRUE(response.result());
}

TEST_F(ExactlyOnceTest, CallsAreToldApartByClientCallAndOperation) {
  write("/f");
  DeleteRequestProto remove;
  remove.set_src("/f");
  remove.set_recursive(true);
  rpc.call_id = 3;
  ASSERT_TRUE(call("delete", remove));
  auto removed = [&] {
    write("/f");
    DeleteResponseProto response;
    EXPECT_TRUE(response.ParseFromString(call("delete", remove).value()));
    const bool there = length_of("/f") > 0;
    EXPECT_TRUE(response.result());
    if (there) once("delete", remove);
    return !there;
  };
  EXPECT_FALSE(removed());  // the answer of the first
  rpc.call_id = 4;
  EXPECT_TRUE(removed());
  rpc.call_id = 3;
  rpc.client_id[0] = 'd';
  EXPECT_TRUE(removed());
  // A client that counts anew under its old id: another operation is another call.
  write("/f");
  RenameRequestProto rename;
  rename.set_src("/f");
  rename.set_dst("/g");
  ASSERT_TRUE(call("rename", rename));
  EXPECT_EQ(length_of("/g"), 600);
  // Calls that nobody repeats: without a client id, and the RPC layer's own.
  rpc.client_id.clear();
  EXPECT_TRUE(removed());
  EXPECT_TRUE(removed());
  rpc.client_id = std::string(16, 'c');
  rpc.call_id = -3;
  EXPECT_TRUE(removed());
  EXPECT_TRUE(removed());
}

TEST_F(ExactlyOnceTest, AnAnswerIsKeptForTenMinutesAndThenForgotten) {
  DeleteRequestProto remove;
  remove.set_src("/f");
  remove.set_recursive(true);
  auto removed = [&] {
    write("/f");
    DeleteResponseProto response;
    EXPECT_TRUE(response.ParseFromString(call("delete", remove).value()));
    EXPECT_TRUE(response.result());
    const bool there = length_of("/f") > 0;
    if (there) once("delete", remove);
    return !there;
  };
  // From every part of a period.
  for (int part = 0; part < 5; ++part) {
    rpc.call_id = 50 + part;
    EXPECT_TRUE(removed());
    clock.wall_ms += 10 * 60 * 1000 - 1;
    EXPECT_FALSE(removed()) << part;
    clock.wall_ms += 1;
    EXPECT_TRUE(removed()) << part;
    clock.wall_ms += 7 * 60 * 1000;
  }
}

TEST_F(ExactlyOnceTest, WhatIsForgottenLeavesTheTables) {
  auto rows = [this] {
    size_t count = 0;
    EXPECT_TRUE(commit->published().view->scan(Table::kRetries, "", [&](auto, auto) { return ++count > 0; }));
    return count;
  };
  for (int i = 0; i < 20; ++i) once("create", create("/f" + std::to_string(i)));
  EXPECT_EQ(rows(), 20u);
  clock.wall_ms += 2 * settings.retry_expiry.count();
  for (int i = 0; rows() >= 20; ++i) {
    ASSERT_LT(i, 1000);
    DeleteRequestProto remove;
    remove.set_src("/none");
    remove.set_recursive(true);
    once("delete", remove);
    clock.wall_ms += 500;
  }
  EXPECT_EQ(rows(), 0u);
}

TEST_F(ExactlyOnceTest, NothingIsKeptWhereTheCacheIsOff) {
  stop();
  settings.retry_expiry = 0ms;
  start();
  write("/f");
  DeleteRequestProto remove;
  remove.set_src("/f");
  remove.set_recursive(true);
  DeleteResponseProto response;
  ASSERT_TRUE(response.ParseFromString(call("delete", remove).value()));
  EXPECT_TRUE(response.result());
  ASSERT_TRUE(response.ParseFromString(call("delete", remove).value()));
  EXPECT_FALSE(response.result());
}

}  // namespace
}  // namespace dfs::namenode
