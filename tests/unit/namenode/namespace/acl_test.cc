#include "namenode/namespace/acl.h"

#include <sstream>

#include "namenode/namespace/operations/acls.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

uint8_t bits(const std::string& symbols) {
  return uint8_t((symbols[0] == 'r' ? 4 : 0) | (symbols[1] == 'w' ? 2 : 0) | (symbols[2] == 'x' ? 1 : 0));
}

// "user::rwx,default:group:sales:r-x"
Acl acl(const std::string& text) {
  Acl entries;
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, ',');) {
    AclEntry entry;
    if (item.starts_with("default:")) {
      entry.scope = AclScope::kDefault;
      item.erase(0, 8);
    }
    size_t first = item.find(':'), second = item.rfind(':');
    const std::string type = item.substr(0, first);
    entry.type = type == "user"    ? AclType::kUser
                 : type == "group" ? AclType::kGroup
                 : type == "mask"  ? AclType::kMask
                                   : AclType::kOther;
    entry.name = item.substr(first + 1, second - first - 1);
    entry.permission = bits(item.substr(second + 1));
    entries.push_back(entry);
  }
  return entries;
}

std::string text(const Acl& entries) {
  std::string joined;
  for (const AclEntry& entry : entries) joined += (joined.empty() ? "" : ",") + to_string(entry);
  return joined;
}
std::string text(const Result<Acl>& result) {
  return result ? text(*result) : result.error().message();
}

constexpr const char* kMinimal = "user::rwx,group::r-x,other::r--";
constexpr const char* kExtended = "user::rwx,user:bruce:rw-,group::r-x,mask::rwx,other::r--";

TEST(AclRules, MergingComputesTheMaskUnlessOneIsGiven) {
  EXPECT_EQ(text(merge_acl(acl(kMinimal), acl("user:bruce:rw-"))), kExtended);
  EXPECT_EQ(text(merge_acl(acl(kMinimal), acl("mask::--x,user:bruce:rw-"))),
            "user::rwx,user:bruce:rw-,group::r-x,mask::--x,other::r--");
  EXPECT_EQ(text(merge_acl(acl(kExtended), acl("user:bruce:r--,group:sales:-w-"))),
            "user::rwx,user:bruce:r--,group::r-x,group:sales:-w-,mask::rwx,other::r--");
  EXPECT_EQ(text(merge_acl(acl(kMinimal), acl("mask::rwx"))), "user::rwx,group::r-x,mask::rwx,other::r--");
  // An unchanged scope keeps its mask.
  EXPECT_EQ(text(merge_acl(acl("user::rwx,user:bruce:rwx,group::r-x,mask::--x,other::r--"), acl("default:user::r--"))),
            "user::rwx,user:bruce:rwx,group::r-x,mask::--x,other::r--,default:user::r--,default:group::r-x,"
            "default:other::r--");
}

TEST(AclRules, DefaultEntriesThatAreMissingAreThoseOfTheAccessAcl) {
  EXPECT_EQ(text(merge_acl(acl(kMinimal), acl("default:user:bruce:rw-"))),
            "user::rwx,group::r-x,other::r--,default:user::rwx,default:user:bruce:rw-,default:group::r-x,"
            "default:mask::rwx,default:other::r--");
}

TEST(AclRules, RemovingTheLastNamedEntryKeepsAMask) {
  EXPECT_EQ(text(filter_acl(acl(kExtended), acl("user:bruce:---"))), "user::rwx,group::r-x,mask::r-x,other::r--");
  EXPECT_EQ(text(filter_acl(acl(kExtended), acl("user:bruce:---,mask::---"))), kMinimal);
  EXPECT_EQ(text(filter_acl(acl(kExtended), acl("mask::---"))), "Invalid ACL: mask is required and cannot be deleted.");
  EXPECT_EQ(text(filter_acl(acl(kExtended), acl("user::---"))),
            "Invalid ACL: the user, group and other entries are required.");
  EXPECT_EQ(text(filter_acl(acl(kMinimal), acl("user:nobody:---"))), kMinimal);
  EXPECT_EQ(text(without_default_acl(acl("user::rwx,group::r-x,other::r--,default:user::rwx,default:group::r-x,"
                                         "default:other::r--"))),
            kMinimal);
}

TEST(AclRules, ReplacingIsByScope) {
  const std::string defaults =
      "default:user::rwx,default:user:diana:r--,default:group::r-x,default:mask::r-x,"
      "default:other::---";
  EXPECT_EQ(text(replace_acl(acl(std::string(kExtended) + "," + defaults), acl(kMinimal))),
            std::string(kMinimal) + "," + defaults);
  EXPECT_EQ(text(replace_acl(acl(kMinimal), acl("user:bruce:rw-"))),
            "Invalid ACL: the user, group and other entries are required.");
}

TEST(AclRules, WhatIsNotValidIsRefusedWithItsReason) {
  EXPECT_EQ(text(replace_acl({}, acl("user::rwx,user::r--,group::r-x,other::r--"))),
            "Invalid ACL: multiple entries with same scope, type and name.");
  EXPECT_EQ(text(merge_acl(acl(kMinimal), acl("other:bruce:r--"))),
            "Invalid ACL: this entry type must not have a name: other:bruce:r--.");
  Acl many = acl(kMinimal);
  for (int i = 0; i < 30; ++i) many.push_back({.name = "u" + std::to_string(i)});
  EXPECT_EQ(text(replace_acl({}, many)), "Invalid ACL: ACL has 33 access entries, which exceeds maximum of 32.");
  many.pop_back();
  // The mask counts too.
  EXPECT_EQ(text(replace_acl({}, many)), "Invalid ACL: ACL has 33 access entries, which exceeds maximum of 32.");
  for (AclEntry& entry : many) entry.scope = AclScope::kDefault;
  many.push_back({.scope = AclScope::kDefault, .name = "one more"});
  EXPECT_EQ(text(merge_acl(acl(kMinimal), many)),
            "Invalid ACL: ACL has 33 default entries, which exceeds maximum of 32.");
}

class AclTest : public NamespaceFixture {
 protected:
  AclTest() {
    EXPECT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/", .permission = 0777}));
    write_file("/f", {}, &alice);
    EXPECT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/f", .permission = 0640}));
    EXPECT_TRUE(make_directory("/d", 0750, &alice));
  }
  Result<Done> modify(const std::string& path, const std::string& entries, const Caller& who) {
    return run(operations::modify_acl_entries, operations::ModifyAclEntries{.path = path, .entries = acl(entries)},
               who);
  }
  std::string acl_of(const std::string& path) {
    std::optional<FileStatus> found = status(path);
    return found ? text(logical_acl(*found->inode)) : "nothing there";
  }
  bool may(const Caller& who, Access access, const std::string& path = "/f") {
    return check_access(query(who), path, access).has_value();
  }
};

TEST_F(AclTest, ANamedUserMayWhatTheMaskLeaves) {
  Caller carol = caller("carol", {"others"}, false);
  EXPECT_FALSE(may(carol, Access::kRead));
  ASSERT_TRUE(modify("/f", "user:carol:rw-", alice));
  EXPECT_EQ(acl_of("/f"), "user::rw-,user:carol:rw-,group::r--,mask::rw-,other::---");
  EXPECT_TRUE(may(carol, Access::kWrite));
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/f", .permission = 0640}, alice));
  EXPECT_TRUE(may(carol, Access::kRead));
  EXPECT_FALSE(may(carol, Access::kWrite));
  // A group that allows is enough, and one that matches without allowing keeps from the bits of others.
  ASSERT_TRUE(modify("/f", "group:others:---,user:carol:---,other::r--", alice));
  EXPECT_FALSE(may(carol, Access::kRead));
  ASSERT_TRUE(run(operations::remove_acl_entries,
                  operations::RemoveAclEntries{.path = "/f", .entries = acl("user:carol:---")}, alice));
  EXPECT_FALSE(may(carol, Access::kRead));
  EXPECT_TRUE(may(caller("dave", {"none"}, false), Access::kRead));
  EXPECT_TRUE(may(caller("erin", {"others", status("/f")->inode->group}, false), Access::kRead));
  expect_replay_equals_live();
}

TEST_F(AclTest, TheDefaultAclIsInheritedInPlaceOfTheUmask) {
  ASSERT_TRUE(modify("/d", "default:user:carol:rwx,default:group::rwx", alice));
  ASSERT_TRUE(
      run(operations::mkdirs, operations::Mkdirs{.path = "/d/a/b", .permission = 0755, .unmasked = 0777}, alice));
  const std::string inherited =
      "user::rwx,user:carol:rwx,group::rwx,mask::rwx,other::---,default:user::rwx,default:user:carol:rwx,"
      "default:group::rwx,default:mask::rwx,default:other::---";
  EXPECT_EQ(acl_of("/d/a"), inherited);
  EXPECT_EQ(acl_of("/d/a/b"), inherited);
  ASSERT_TRUE(
      run(operations::create,
          operations::Create{.path = "/d/f", .permission = 0644, .unmasked = 0666, .holder = "c", .block_size = 100},
          alice));
  EXPECT_EQ(acl_of("/d/f"), "user::rw-,user:carol:rwx,group::rwx,mask::rw-,other::---");
  // A client of before Hadoop 3 masks.
  ASSERT_TRUE(run(operations::create,
                  operations::Create{.path = "/d/g", .permission = 0644, .holder = "c", .block_size = 100}, alice));
  EXPECT_EQ(acl_of("/d/g"), "user::rw-,user:carol:rwx,group::rwx,mask::r--,other::---");
  settings.posix_acl_inheritance = false;
  ASSERT_TRUE(run(operations::mkdirs, operations::Mkdirs{.path = "/d/c", .permission = 0700, .unmasked = 0777}, alice));
  EXPECT_EQ(status("/d/c")->inode->permission, 0700);
  EXPECT_NE(acl_of("/d/c").find("mask::---,other::---,default:"), std::string::npos);
  expect_replay_equals_live();
}

TEST_F(AclTest, AMinimalDefaultAclLeavesFilesWithPermissionBitsAlone) {
  ASSERT_TRUE(modify("/d", "default:other::rwx", alice));
  ASSERT_TRUE(
      run(operations::create,
          operations::Create{.path = "/d/f", .permission = 0600, .unmasked = 0666, .holder = "c", .block_size = 100},
          alice));
  EXPECT_TRUE(status("/d/f")->inode->acl.empty());
  EXPECT_EQ(status("/d/f")->inode->permission, 0646);
  // Where there is nothing to inherit, the client's mask counts.
  ASSERT_TRUE(run(operations::mkdirs, operations::Mkdirs{.path = "/e", .permission = 0700, .unmasked = 0777}, alice));
  EXPECT_EQ(status("/e")->inode->permission, 0700);
  expect_replay_equals_live();
}

TEST_F(AclTest, RemovingAnAclGivesTheGroupItsBitsBack) {
  ASSERT_TRUE(modify("/f", "user:carol:rwx", alice));
  EXPECT_EQ(status("/f")->inode->permission, 0670);
  ASSERT_TRUE(run(operations::remove_acl, operations::RemoveAcl{.path = "/f"}, alice));
  EXPECT_EQ(status("/f")->inode->permission, 0640);
  ASSERT_TRUE(modify("/d", "default:user:carol:rwx,user:carol:rwx", alice));
  ASSERT_TRUE(run(operations::remove_default_acl, operations::RemoveDefaultAcl{.path = "/d"}, alice));
  EXPECT_EQ(acl_of("/d"), "user::rwx,user:carol:rwx,group::r-x,mask::rwx,other::---");
  ASSERT_TRUE(run(operations::set_acl, operations::SetAcl{.path = "/d", .entries = {}}, alice));
  EXPECT_EQ(acl_of("/d"), "user::rwx,group::r-x,other::---");
  expect_replay_equals_live();
}

TEST_F(AclTest, OnlyTheOwnerAndTheSuperuserMayChangeThem) {
  EXPECT_EQ(modify("/f", "user:bob:rwx", bob).error().code(), ErrorCode::kAccessControl);
  EXPECT_TRUE(modify("/f", "user:bob:rwx", root));
  EXPECT_EQ(modify("/none", "user:bob:rwx", root).error().code(), ErrorCode::kFileNotFound);
}

TEST_F(AclTest, RefusalsNameThePath) {
  EXPECT_EQ(
      error_of(modify("/f", "default:user:bob:rwx", alice)),
      Error(ErrorCode::kAcl, "Invalid ACL: only directories may have a default ACL. Path: /f Path: /f").to_string());
  auto set = run(operations::set_acl, operations::SetAcl{.path = "/f", .entries = acl("user:bob:rwx")}, alice);
  EXPECT_EQ(set.error().message(), "Invalid ACL: the user, group and other entries are required. Path: /f");
  settings.acls_enabled = false;
  EXPECT_EQ(modify("/f", "user:bob:rwx", alice).error().message(),
            "The ACL operation has been rejected.  Support for ACLs has been disabled by setting "
            "dfs.namenode.acls.enabled to false.");
  blocks.safe_mode = true;
  EXPECT_EQ(modify("/f", "user:bob:rwx", alice).error().code(), ErrorCode::kSafeMode);
}

}  // namespace
}  // namespace dfs::namenode
