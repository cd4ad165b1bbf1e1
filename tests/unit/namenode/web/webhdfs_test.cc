#include "namenode/web/webhdfs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>

#include "proto/base/task.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/rpc/server.h"
#include "proto/security/identity.h"
#include "tests/unit/namenode/web/exchange.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

class NoGroups final : public security::GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string&) const override { return {}; }
  void refresh() override {}
};

// Answers each method with what the test prepared and keeps what it was asked.
class FakeProtocol final : public rpc::Protocol {
 public:
  std::string_view name() const override { return "ClientProtocol"; }
  uint64_t version() const override { return 1; }
  rpc::Reply call(std::string_view method, ByteView request, const rpc::CallContext& context) override {
    asked.emplace_back(method);
    requests[std::string(method)] = as_text(request);
    callers.push_back(context.user);
    protocol = context.protocol;
    auto found = answers.find(std::string(method));
    if (found == answers.end()) return Result<std::string>(fail(ErrorCode::kNoSuchMethod, std::string(method)));
    return later(found->second());
  }
  template <class Message>
  void answer(std::string method, const Message& message) {
    answers[std::move(method)] = [bytes = message.SerializeAsString()] { return Result<std::string>(bytes); };
  }
  template <class Message>
  Message request(const std::string& method) {
    Message message;
    EXPECT_TRUE(message.ParseFromString(requests[method])) << method;
    return message;
  }

  std::vector<std::string> asked;
  std::map<std::string, std::string> requests;
  std::vector<security::Identity> callers;
  std::string protocol;
  std::map<std::string, std::function<Result<std::string>()>> answers;

 private:
  static Task<Result<std::string>> later(Result<std::string> answer) { co_return answer; }
};

HdfsFileStatusProto file_status(const std::string& name, uint64_t length) {
  HdfsFileStatusProto status;
  status.set_filetype(HdfsFileStatusProto::IS_FILE);
  status.set_path(name);
  status.set_length(length);
  status.mutable_permission()->set_perm(0644);
  status.set_owner("root");
  status.set_group("supergroup");
  status.set_modification_time(1795344808934);
  status.set_access_time(1795344807475);
  status.set_block_replication(1);
  status.set_blocksize(67108864);
  status.set_fileid(16388);
  status.set_childrennum(0);
  return status;
}

DatanodeInfoProto datanode(const std::string& host, const std::string& address) {
  DatanodeInfoProto node;
  node.mutable_id()->set_ipaddr(address);
  node.mutable_id()->set_hostname(host);
  node.mutable_id()->set_datanodeuuid("uuid-" + host);
  node.mutable_id()->set_xferport(9866);
  node.mutable_id()->set_infoport(9864);
  node.mutable_id()->set_ipcport(9867);
  node.set_location("/default-rack");
  return node;
}

LocatedBlocksProto located(uint64_t length, const std::vector<DatanodeInfoProto>& nodes) {
  LocatedBlocksProto blocks;
  blocks.set_filelength(length);
  blocks.set_underconstruction(false);
  blocks.set_islastblockcomplete(true);
  auto* block = blocks.add_blocks();
  block->mutable_b()->set_poolid("BP-1");
  block->mutable_b()->set_blockid(1073741825);
  block->mutable_b()->set_generationstamp(1002);
  block->mutable_b()->set_numbytes(length);
  block->set_offset(0);
  block->set_corrupt(false);
  for (const char* empty : {""}) {
    block->mutable_blocktoken()->set_identifier(empty);
    block->mutable_blocktoken()->set_password(empty);
    block->mutable_blocktoken()->set_kind(empty);
    block->mutable_blocktoken()->set_service(empty);
  }
  for (const auto& node : nodes) {
    *block->add_locs() = node;
    block->add_storagetypes(DISK);
  }
  return blocks;
}

struct WebHdfsTest : testing::Test {
  NoGroups groups;
  security::ProxyUsers proxies{{{"hadoop.proxyuser.knox.hosts", "*"}, {"hadoop.proxyuser.knox.users", "bob"}}, groups};
  FakeProtocol protocol;
  WebHdfs web{{.rpc_address = "127.0.0.1:8020", .superuser = "hdfs", .version = "1"}, protocol, proxies};

  http::Response send(std::string method, std::string target) {
    http::Request request;
    request.method = std::move(method);
    request.client_address = "10.0.0.9";
    EXPECT_TRUE(http::parse_target(target, request).has_value()) << target;
    NoBody body;
    Recorder recorder;
    asio::io_context io;
    asio::co_spawn(io, web.handle(request, body, recorder), asio::detached);
    io.run();
    finished = recorder.finished;
    return recorder.response;
  }
  std::string location(const http::Response& response) {
    return std::string(response.headers.find("Location").value_or(""));
  }
  bool finished = false;
};

TEST_F(WebHdfsTest, AFileStatusHasHadoopsMembersInHadoopsOrder) {
  GetFileInfoResponseProto info;
  *info.mutable_fs() = file_status("", 1270);
  protocol.answer("getFileInfo", info);
  auto response = send("GET", "/webhdfs/v1/d/f?op=GETFILESTATUS&user.name=root");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(response.headers.find("content-type"), "application/json");
  EXPECT_EQ(response.body,
            R"({"FileStatus":{"accessTime":1795344807475,"blockSize":67108864,"childrenNum":0,"fileId":16388,)"
            R"("group":"supergroup","length":1270,"modificationTime":1795344808934,"owner":"root","pathSuffix":"",)"
            R"("permission":"644","replication":1,"storagePolicy":0,"type":"FILE"}})");
  EXPECT_EQ(protocol.request<GetFileInfoRequestProto>("getFileInfo").src(), "/d/f");
  EXPECT_EQ(protocol.callers.back(), (security::Identity{"root", ""}));
  EXPECT_EQ(protocol.protocol, "webhdfs");
}

TEST_F(WebHdfsTest, AMissingFileIs404WithTheJavaException) {
  protocol.answer("getFileInfo", GetFileInfoResponseProto());
  auto response = send("GET", "/webhdfs/v1/nope?op=GETFILESTATUS");
  EXPECT_EQ(response.status, 404u);
  EXPECT_NE(response.body.find("File does not exist: /nope"), std::string::npos);
}

TEST_F(WebHdfsTest, AListingGoesOnFromPageToPage) {
  int page = 0;
  protocol.answers["getListing"] = [&]() -> Result<std::string> {
    GetListingResponseProto listing;
    *listing.mutable_dirlist()->add_partiallisting() = file_status(page == 0 ? "a" : "b", 1);
    listing.mutable_dirlist()->set_remainingentries(page++ == 0 ? 1 : 0);
    return listing.SerializeAsString();
  };
  auto response = send("GET", "/webhdfs/v1/d?op=LISTSTATUS");
  EXPECT_EQ(page, 2);
  EXPECT_TRUE(finished);
  EXPECT_TRUE(response.body.starts_with("{\"FileStatuses\":{\"FileStatus\":[\n{\"accessTime\"")) << response.body;
  EXPECT_TRUE(response.body.ends_with("\n]}}\n"));
  EXPECT_EQ(protocol.request<GetListingRequestProto>("getListing").startafter(), "a");
}

TEST_F(WebHdfsTest, AListingThatBreaksOffIsLeftUnfinished) {
  int page = 0;
  protocol.answers["getListing"] = [&]() -> Result<std::string> {
    if (page++ == 1) return fail(ErrorCode::kIo, "the journal is gone");
    GetListingResponseProto listing;
    *listing.mutable_dirlist()->add_partiallisting() = file_status("a", 1);
    listing.mutable_dirlist()->set_remainingentries(1);
    return listing.SerializeAsString();
  };
  send("GET", "/webhdfs/v1/d?op=LISTSTATUS");
  EXPECT_FALSE(finished);
  page = 1;
  EXPECT_EQ(send("GET", "/webhdfs/v1/d?op=LISTSTATUS").status, 403u);
}

TEST_F(WebHdfsTest, AnEmptyDirectoryAndAMissingOneDiffer) {
  GetListingResponseProto listing;
  listing.mutable_dirlist()->set_remainingentries(0);
  protocol.answer("getListing", listing);
  EXPECT_EQ(send("GET", "/webhdfs/v1/d?op=LISTSTATUS").body, "{\"FileStatuses\":{\"FileStatus\":[\n\n]}}\n");
  protocol.answer("getListing", GetListingResponseProto());
  EXPECT_EQ(send("GET", "/webhdfs/v1/d?op=LISTSTATUS").status, 404u);
}

TEST_F(WebHdfsTest, OpenRedirectsToADatanodeWithTheBlock) {
  GetFileInfoResponseProto info;
  *info.mutable_fs() = file_status("", 1270);
  protocol.answer("getFileInfo", info);
  GetBlockLocationsResponseProto blocks;
  *blocks.mutable_locations() = located(1270, {datanode("one", "10.0.0.1"), datanode("two", "10.0.0.2")});
  protocol.answer("getBlockLocations", blocks);
  auto response = send("GET", "/webhdfs/v1/d/a%20b%26?op=OPEN&user.name=root&offset=5&length=10");
  EXPECT_EQ(response.status, 307u);
  EXPECT_EQ(location(response),
            "http://one:9864/webhdfs/v1/d/a%20b%26?op=OPEN&user.name=root&namenoderpcaddress=127.0.0.1:8020"
            "&length=10&offset=5");
  EXPECT_EQ(protocol.request<GetBlockLocationsRequestProto>("getBlockLocations").offset(), 5u);
  EXPECT_TRUE(location(send("GET", "/webhdfs/v1/f?op=OPEN&excludedatanodes=one:9866")).starts_with("http://two:"));
  auto told = send("GET", "/webhdfs/v1/f?op=OPEN&noredirect=true");
  EXPECT_EQ(told.status, 200u);
  EXPECT_TRUE(told.body.starts_with("{\"Location\":\"http://one:9864/webhdfs/v1/f?op=OPEN&")) << told.body;
  auto beyond = send("GET", "/webhdfs/v1/d/f?op=OPEN&offset=500000");
  EXPECT_EQ(beyond.status, 403u);
  EXPECT_NE(beyond.body.find("Offset=500000 out of the range [0, 1270); OPEN, path=/d/f"), std::string::npos);
}

TEST_F(WebHdfsTest, CreateRedirectsToTheDatanodeOnTheClientsMachine) {
  GetDatanodeReportResponseProto report;
  *report.add_di() = datanode("far", "10.0.0.1");
  *report.add_di() = datanode("near", "10.0.0.9");
  protocol.answer("getDatanodeReport", report);
  auto response = send("PUT", "/webhdfs/v1/d/f?op=CREATE&user.name=root&replication=1&permission=600&overwrite=true");
  EXPECT_EQ(response.status, 307u);
  EXPECT_EQ(location(response),
            "http://near:9864/webhdfs/v1/d/f?op=CREATE&user.name=root&namenoderpcaddress=127.0.0.1:8020&createflag="
            "&createparent=true&overwrite=true&permission=600&replication=1");
  EXPECT_EQ(protocol.callers.back(), (security::Identity{"hdfs", ""}));
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d/f?op=CREATE&replication=0").status, 400u);
  EXPECT_EQ(send("PUT", "/webhdfs/v1/a/../f?op=CREATE").status, 400u);
}

TEST_F(WebHdfsTest, WithoutADatanodeTheAnswerSaysSo) {
  protocol.answer("getDatanodeReport", GetDatanodeReportResponseProto());
  auto response = send("PUT", "/webhdfs/v1/d/f?op=CREATE");
  EXPECT_EQ(response.status, 403u);
  EXPECT_NE(response.body.find("Failed to find datanode"), std::string::npos);
}

TEST_F(WebHdfsTest, BlockLocationsAreWrittenInBothForms) {
  GetBlockLocationsResponseProto blocks;
  *blocks.mutable_locations() = located(7, {datanode("one", "10.0.0.1")});
  protocol.answer("getBlockLocations", blocks);
  EXPECT_EQ(
      send("GET", "/webhdfs/v1/f?op=GETFILEBLOCKLOCATIONS").body,
      R"({"BlockLocations":{"BlockLocation":[{"topologyPaths":["/default-rack/10.0.0.1:9866"],"corrupt":false,)"
      R"("cachedHosts":[],"names":["10.0.0.1:9866"],"offset":0,"hosts":["one"],"length":7,"storageTypes":["DISK"]}]}})");
  std::string body = send("GET", "/webhdfs/v1/f?op=GET_BLOCK_LOCATIONS").body;
  EXPECT_NE(body.find(R"("blockToken":{"urlString":"AAAAAA"})"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("lastLocatedBlock":null)"), std::string::npos);
}

TEST_F(WebHdfsTest, ChangesAreTheCallsOfClientProtocol) {
  MkdirsResponseProto made;
  made.set_result(true);
  protocol.answer("mkdirs", made);
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=mkdirs&permission=1777").body, "{\"boolean\":true}");
  EXPECT_EQ(protocol.request<MkdirsRequestProto>("mkdirs").masked().perm(), 01777u);
  RenameResponseProto renamed;
  renamed.set_result(false);
  protocol.answer("rename", renamed);
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=RENAME&destination=/e").body, "{\"boolean\":false}");
  protocol.answer("rename2", Rename2ResponseProto());
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=RENAME&destination=/e&renameoptions=overwrite").status, 200u);
  EXPECT_TRUE(protocol.request<Rename2RequestProto>("rename2").overwritedest());
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=RENAME&destination=/e&renameoptions=BOTH").status, 400u);
  protocol.answer("setTimes", SetTimesResponseProto());
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=SETTIMES&modificationtime=1000").status, 200u);
  EXPECT_EQ(protocol.request<SetTimesRequestProto>("setTimes").mtime(), 1000u);
  EXPECT_EQ(int64_t(protocol.request<SetTimesRequestProto>("setTimes").atime()), -1);
  protocol.answer("concat", ConcatResponseProto());
  EXPECT_EQ(send("POST", "/webhdfs/v1/d?op=CONCAT&sources=/a,/b").status, 200u);
  EXPECT_EQ(protocol.request<ConcatRequestProto>("concat").srcs_size(), 2);
  EXPECT_EQ(send("POST", "/webhdfs/v1/d?op=TRUNCATE").status, 400u);
  EXPECT_EQ(send("PUT", "/webhdfs/v1/d?op=SETOWNER").status, 400u);
  DeleteResponseProto deleted;
  deleted.set_result(true);
  protocol.answer("delete", deleted);
  EXPECT_EQ(send("DELETE", "/webhdfs/v1/d?op=DELETE&recursive=true").body, "{\"boolean\":true}");
  EXPECT_TRUE(protocol.request<DeleteRequestProto>("delete").recursive());
}

TEST_F(WebHdfsTest, TheNamedUserActsAndProxiesOnlyAsTheRulesAllow) {
  EXPECT_EQ(send("GET", "/webhdfs/v1/?op=GETHOMEDIRECTORY").body, "{\"Path\":\"/user/dr.who\"}");
  EXPECT_EQ(send("GET", "/webhdfs/v1/?op=GETHOMEDIRECTORY&user.name=knox&doas=bob").body, "{\"Path\":\"/user/bob\"}");
  auto refused = send("GET", "/webhdfs/v1/?op=GETHOMEDIRECTORY&user.name=root&doas=bob");
  EXPECT_EQ(refused.status, 403u);
  EXPECT_NE(refused.body.find("User: root is not allowed to impersonate bob"), std::string::npos) << refused.body;
}

TEST_F(WebHdfsTest, WithoutSecurityThereAreNoTokens) {
  EXPECT_EQ(send("GET", "/webhdfs/v1/?op=GETDELEGATIONTOKEN").body, "{\"Token\":null}");
}

TEST_F(WebHdfsTest, AccessIsCheckedWithTheActionsBits) {
  protocol.answer("checkAccess", CheckAccessResponseProto());
  EXPECT_EQ(send("GET", "/webhdfs/v1/f?op=CHECKACCESS&fsaction=r-x").status, 200u);
  EXPECT_EQ(protocol.request<CheckAccessRequestProto>("checkAccess").mode(), AclEntryProto::READ_EXECUTE);
  EXPECT_EQ(send("GET", "/webhdfs/v1/f?op=CHECKACCESS&fsaction=rx").status, 400u);
  EXPECT_EQ(send("GET", "/webhdfs/v1/f?op=CHECKACCESS").status, 400u);
}

TEST_F(WebHdfsTest, OperationsThatAreNotThereAreRefusedByName) {
  auto unknown = send("GET", "/webhdfs/v1/f?op=BOGUS");
  EXPECT_EQ(unknown.status, 400u);
  EXPECT_NE(unknown.body.find("BOGUS is not a valid GET operation."), std::string::npos);
  EXPECT_EQ(send("PUT", "/webhdfs/v1/f?op=GETFILESTATUS").status, 400u);
  EXPECT_EQ(send("GET", "/webhdfs/v1/f").status, 400u);
  EXPECT_EQ(send("PATCH", "/webhdfs/v1/f?op=OPEN").status, 405u);
  EXPECT_EQ(send("GET", "/webhdfs/v1/a%00b?op=GETFILESTATUS").status, 400u);
  EXPECT_EQ(send("GET", "/webhdfs/v1/a%C0%AF?op=GETFILESTATUS").status, 400u);
  EXPECT_TRUE(protocol.asked.empty());
}

TEST_F(WebHdfsTest, OtherPagesArePlain) {
  EXPECT_EQ(send("GET", "/").status, 200u);
  EXPECT_EQ(send("GET", "/nonsense").status, 404u);
  EXPECT_EQ(send("DELETE", "/").status, 405u);
}

}  // namespace
}  // namespace dfs::namenode
