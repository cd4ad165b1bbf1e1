#include "namenode/service/audit.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

TEST(AuditLine, HasHadoopsFieldsInHadoopsOrder) {
  rpc::CallContext context;
  context.user = {.user = "alice", .real_user = ""};
  context.client_address = "10.0.0.1";
  EXPECT_EQ(audit_line(context, true, "rename", "/a", "/b"),
            "allowed=true\tugi=alice (auth:SIMPLE)\tip=/10.0.0.1\tcmd=rename\tsrc=/a\tdst=/b\tperm=null\tproto=rpc");
}

TEST(AuditLine, CannotBeForgedByAPathOrAContext) {
  rpc::CallContext context;
  context.user = {.user = "eve", .real_user = ""};
  context.caller_context = "x\ny";
  EXPECT_EQ(audit_line(context, false, "open", "/a\nallowed=true\tugi=root", "null"),
            "allowed=false\tugi=eve (auth:SIMPLE)\tip=/\tcmd=open\tsrc=/a\\x0aallowed=true\\x09ugi=root\tdst=null\t"
            "perm=null\tproto=rpc\tcallerContext=x\\x0ay");
}

}  // namespace
}  // namespace dfs::namenode
