#include "namenode/web/fsck_page.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/unit/namenode/fsck/fsck_fixture.h"
#include "tests/unit/namenode/web/exchange.h"

namespace dfs::namenode {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};

class Deleter final : public rpc::Protocol {
 public:
  std::string_view name() const override { return "ClientProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override {
    asked.push_back(std::string(method) + " by " + context.user.user);
    if (request.empty() || fails) return Result<std::string>(fail(ErrorCode::kSafeMode, "safe"));
    return Result<std::string>(std::string("\x08\x01"));
  }
  std::vector<std::string> asked;
  bool fails = false;
};

class FsckPageTest : public FsckFixture {
 protected:
  // Plans where it is submitted.
  class DirectThread final : public NamespaceThread {
   public:
    explicit DirectThread(FsckPageTest& test) : test_(test) {}
    Moment published() const override { return {test_.tables->snapshot(), test_.tables->last_applied()}; }

   private:
    bool submit(Step& step, Suspended) override {
      std::vector<EditRecord> records;
      Batch locations;
      step.plan(test_.context(step.caller), records, locations);
      return false;
    }
    void submit_unawaited(std::unique_ptr<Step>) override {}
    FsckPageTest& test_;
  };

  Recorder get(const std::string& query, bool gone = false, const std::string& method = "GET") {
    http::Request request;
    EXPECT_TRUE(http::parse_target("/fsck?" + query, request));
    request.method = method;
    request.client_address = "10.0.0.9";
    Recorder recorder;
    recorder.gone = gone;
    NoBody body;
    boost::asio::io_context loop;
    boost::asio::co_spawn(loop, page.handle(request, body, recorder), boost::asio::detached);
    loop.run();
    return recorder;
  }
  std::string text(const std::string& query) {
    Recorder got = get(query);
    EXPECT_EQ(got.response.status, 200u);
    EXPECT_TRUE(got.finished);
    return got.response.body;
  }

  NoGroups groups;
  security::ProxyUsers proxy_users{{{"hadoop.proxyuser.knox.users", "alice"}, {"hadoop.proxyuser.knox.hosts", "*"}},
                                   groups};
  DirectThread thread{*this};
  Deleter deleter;
  std::vector<BlockId> missing;
  std::vector<std::string> audited;
  FsckPage page{{.thread = thread,
                 .settings = settings,
                 .clients = deleter,
                 .proxy_users = proxy_users,
                 .caller = [](const security::Identity& who,
                              const std::string&) { return caller(who.user, {}, who.user == "root"); },
                 .datanodes = [this] { return std::make_shared<DatanodeView>(datanodes); },
                 .audit = [this](const rpc::CallContext& context,
                                 const std::string& source) { audited.push_back(context.user.user + " " + source); },
                 .missing =
                     [this](BlockId from, size_t count) {
                       std::vector<BlockId> found;
                       for (BlockId block : missing) {
                         if (block > from && found.size() < count) found.push_back(block);
                       }
                       return found;
                     },
                 .recheck = [this](const std::vector<BlockId>& misplaced) { rechecked = misplaced; }}};
  std::vector<BlockId> rechecked;
};

TEST_F(FsckPageTest, AHealthyTreeEndsWithTheWordThatTheClientLooksFor) {
  write_file("/f", {10});
  place("/f", 3);
  const std::string out = text("ugi=root&path=/");
  EXPECT_THAT(out, MatchesRegex("FSCK started by root \\(auth:SIMPLE\\) from /10.0.0.9 for path / at [^\n]*\n"
                                "\n\nStatus: HEALTHY\n Number of data-nodes:\t4\n(.|\n)*"));
  EXPECT_THAT(out, HasSubstr("\nErasure Coded Block Groups:\n Total size:\t0 B\n"));
  EXPECT_THAT(out, EndsWith(" milliseconds\n\n\nThe filesystem under path '/' is HEALTHY"));
}

TEST_F(FsckPageTest, WhoAsksIsTheUserOrNobody) {
  EXPECT_THAT(text("ugi=bob,staff&path=/none"), HasSubstr("by bob (auth:SIMPLE) from"));
  EXPECT_THAT(text("user.name=alice&ugi=bob"), HasSubstr("by alice (auth:SIMPLE) from"));
  EXPECT_THAT(text("path=/"), HasSubstr("by dr.who (auth:SIMPLE) from"));
  EXPECT_THAT(text("user.name=knox&doas=alice"), HasSubstr("by alice (auth:PROXY) via knox (auth:SIMPLE) from"));
  EXPECT_EQ(get("user.name=knox&doas=bob").response.status, 403u);
  EXPECT_EQ(get("path=/", false, "POST").response.status, 405u);
}

TEST_F(FsckPageTest, APathThatIsNotThereIsNoFailure) {
  EXPECT_THAT(text("ugi=root&path=/none"), EndsWith("\n\n\nPath '/none' does not exist"));
  EXPECT_THAT(text("ugi=root&path=/none&listcorruptfileblocks=1"), EndsWith("\n\n\nPath '/none' does not exist"));
  EXPECT_THAT(text("ugi=root&path=relative"), EndsWith("Fsck on path 'relative' FAILED"));
}

TEST_F(FsckPageTest, WhatTheUserMayNotReadFailsTheCheck) {
  write_file("/closed/f");
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/closed", .permission = 0700}));
  EXPECT_THAT(text("ugi=alice&path=/"), testing::AllOf(HasSubstr(" milliseconds\nPermission denied: user=alice"),
                                                       EndsWith("\n\n\nFsck on path '/' FAILED")));
}

TEST_F(FsckPageTest, MovingIsRefusedAndDeletingIsTheUsers) {
  write_file("/lost", {10});
  place("/lost", 0);
  EXPECT_THAT(text("ugi=root&path=/&move=1"), testing::AllOf(HasSubstr("-move is not supported"), EndsWith("FAILED")));
  EXPECT_THAT(text("ugi=root&path=/"), EndsWith("is CORRUPT"));
  EXPECT_TRUE(deleter.asked.empty());
  EXPECT_THAT(text("ugi=root&path=/&delete=1"), EndsWith("is CORRUPT"));
  EXPECT_THAT(deleter.asked, ElementsAre("delete by root"));
  deleter.fails = true;
  EXPECT_THAT(text("ugi=root&path=/&delete=1"),
              testing::AllOf(HasSubstr("fsck encountered internal errors!"), EndsWith("FAILED")));
}

TEST_F(FsckPageTest, CorruptFilesArePagedByHowManyWereShown) {
  write_file("/a/lost", {10, 10, 10});
  write_file("/b", {10});
  for (const char* path : {"/a/lost", "/b"}) {
    for (const BlockRow& block : blocks_of_file(*tables, status(path)->inode->id).value()) missing.push_back(block.id);
  }
  missing.push_back(BlockId{1999999999});  // of no file
  EXPECT_THAT(
      text("ugi=root&path=/a&listcorruptfileblocks=1"),
      EndsWith("Cookie:\t5\nblk_1073741825\t3\t/a/lost\nblk_1073741826\t3\t/a/lost\nblk_1073741827\t3\t/a/lost\n"
               "\n\nThe filesystem under path '/a' has 3 CORRUPT files\n\n"));
  EXPECT_THAT(text("ugi=root&path=/&listcorruptfileblocks=1&startblockafter=3"),
              EndsWith("Cookie:\t5\nblk_1073741828\t3\t/b\n\n\nThe filesystem under path '/' has 1 CORRUPT files\n\n"));
  EXPECT_THAT(text("ugi=root&path=/&listcorruptfileblocks=1&startblockafter=9"),
              EndsWith("Cookie:\t5\n\n\nThe filesystem under path '/' has no more CORRUPT files\n\n"));
  missing.clear();
  EXPECT_THAT(text("ugi=root&path=/&listcorruptfileblocks=1"),
              EndsWith("Cookie:\t0\n\n\nThe filesystem under path '/' has no CORRUPT files\n\n"));
  EXPECT_THAT(text("ugi=alice&path=/&listcorruptfileblocks=1"),
              HasSubstr("Access denied for user alice. Superuser privilege is required for operation "
                        "listCorruptFileBlocks\n\n\nFsck on path '/' FAILED"));
}

TEST_F(FsckPageTest, BlocksByIdAreForTheSuperuser) {
  write_file("/f", {10});
  place("/f", 1);
  EXPECT_THAT(text("ugi=root&blockId=blk_1073741825%20blk_1%20x%20"),
              testing::AllOf(HasSubstr("from /10.0.0.9 at "), HasSubstr("\n\nBlock Id: blk_1073741825\n"),
                             EndsWith("is HEALTHY\n\nBlock blk_1 does not exist\nIncorrect blockId format: x\n")));
  EXPECT_THAT(text("ugi=alice&blockId=blk_1073741825"),
              HasSubstr("Access denied for user alice. Superuser privilege is required for operation fsck\n"));
}

TEST_F(FsckPageTest, BlocksThatLieWrongAreLookedAtAgain) {
  write_file("/f", {10});
  place("/f", 3);
  datanodes.datanodes.change(3).network_location = "/other";
  EXPECT_THAT(text("ugi=root"), HasSubstr("\n Blocks queued for replication:\t0\n"));
  EXPECT_TRUE(rechecked.empty());
  EXPECT_THAT(text("ugi=root&replicate=1"), HasSubstr("\n Blocks queued for replication:\t1\n"));
  EXPECT_THAT(rechecked, ElementsAre(BlockId{1073741825}));
  EXPECT_THAT(audited, ElementsAre("root /", "root /"));
}

TEST_F(FsckPageTest, OldOptionsAreNamed) {
  EXPECT_THAT(text("ugi=root&showprogress=1"), testing::StartsWith("The fsck switch -showprogress is deprecated"));
}

TEST_F(FsckPageTest, AClientThatGoesAwayEndsTheCheck) {
  EXPECT_FALSE(get("ugi=root", true).finished);
}

}  // namespace
}  // namespace dfs::namenode
