#include "namenode/service/audit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

namespace dfs::namenode {
namespace {

rpc::CallContext context_of(std::string user) {
  rpc::CallContext context;
  context.user = {.user = std::move(user), .real_user = ""};
  context.client_address = "10.0.0.1";
  return context;
}

TEST(AuditLine, HasHadoopsFieldsInHadoopsOrder) {
  EXPECT_EQ(audit_line(context_of("alice"), {.command = "rename", .source = "/a", .destination = "/b"}, {}),
            "allowed=true\tugi=alice (auth:SIMPLE)\tip=/10.0.0.1\tcmd=rename\tsrc=/a\tdst=/b\tperm=null\tproto=rpc");
  EXPECT_EQ(
      audit_line(context_of("alice"), {.command = "mkdirs", .source = "/a", .permission = "alice:staff:rwxr-xr-x"}, {}),
      "allowed=true\tugi=alice (auth:SIMPLE)\tip=/10.0.0.1\tcmd=mkdirs\tsrc=/a\tdst=null\t"
      "perm=alice:staff:rwxr-xr-x\tproto=rpc");
}

TEST(AuditLine, CannotBeForgedByAPathAUserOrAContext) {
  rpc::CallContext context = context_of("eve\nallowed=true");
  context.caller_context = "x\ny";
  context.caller_signature = "s\t";
  const AuditEvent event{.allowed = false, .command = "open", .source = "/a\nallowed=true\tugi=root\r\f\b\x01\x7f\"\\"};
  EXPECT_EQ(audit_line(context, event, {.file = "", .caller_context = true}),
            "allowed=false\tugi=eve\\nallowed=true (auth:SIMPLE)\tip=/10.0.0.1\tcmd=open\t"
            "src=/a\\nallowed=true\\tugi=root\\r\\f\\b\\u0001\\u007F\\\"\\\\\tdst=null\tperm=null\tproto=rpc\t"
            "callerContext=x\\ny:s\\t");
}

TEST(AuditLine, WhatIsNotAsciiIsEscapedAsInJava) {
  EXPECT_NE(audit_line(context_of("a"), {.command = "open", .source = "/\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\xFF"}, {})
                .find("src=/\\u00E4\\u20AC\\uD83D\\uDE00\\uFFFD\t"),
            std::string::npos);
}

TEST(AuditLine, ShowsTheContextOnlyIfThatIsSwitchedOnAndOnlySoMuchOfIt) {
  rpc::CallContext context = context_of("a");
  context.caller_context = "job_0123456789";
  context.protocol = "webhdfs";
  const AuditEvent event{.command = "open", .source = "/"};
  EXPECT_TRUE(audit_line(context, event, {}).ends_with("\tproto=webhdfs"));
  EXPECT_TRUE(audit_line(context, event, {.file = "", .caller_context = true, .context_max = 5})
                  .ends_with("\tcallerContext=job_0"));
}

TEST(AuditLog, LinesReachTheFileInOrderWithTheirTime) {
  const std::string folder = testing::TempDir() + "audit-" + std::to_string(getpid());
  {
    auto log = AuditLog::open({.file = folder + "/deep/hdfs-audit.log"});
    ASSERT_TRUE(log) << log.error().to_string();
    for (int i = 0; i < 1000; ++i) (*log)->write("line {} " + std::to_string(i));
  }
  std::ifstream in(folder + "/deep/hdfs-audit.log");
  const std::regex format(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO FSNamesystem\.audit: line \{\} (\d+))");
  int expected = 0;
  for (std::string line; std::getline(in, line); ++expected) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, format)) << line;
    EXPECT_EQ(match[1], std::to_string(expected));
  }
  EXPECT_EQ(expected, 1000);
  std::filesystem::remove_all(folder);
}

TEST(AuditLog, AFileThatCannotBeWrittenIsAnErrorThatNamesTheSetting) {
  auto log = AuditLog::open({.file = "/dev/null/audit.log"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code(), ErrorCode::kConfiguration);
  EXPECT_NE(log.error().message().find("tusk.namenode.audit.file"), std::string::npos);
}

}  // namespace
}  // namespace dfs::namenode
