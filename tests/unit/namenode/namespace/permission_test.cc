#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace operations;

class NamespacePermission : public NamespaceFixture {
 protected:
  NamespacePermission() {
    make_directory("/home", 0755).value();
    make_directory("/home/alice", 0750).value();
    run(set_owner, SetOwner{.path = "/home/alice", .user = "alice", .group = "staff"}).value();
  }
};

TEST_F(NamespacePermission, ARefusalNamesUserAccessAndInodeAsHadoopDoes) {
  EXPECT_EQ(error_of(make_directory("/x", 0755, &alice)),
            "AccessControlException: Permission denied: user=alice, access=WRITE, "
            "inode=\"/\":root:supergroup:drwxr-xr-x");
  EXPECT_TRUE(make_directory("/home/alice/x", 0755, &alice));
  EXPECT_EQ(status("/home/alice/x")->inode->owner, "alice");
  EXPECT_EQ(status("/home/alice/x")->inode->group, "staff");
}

TEST_F(NamespacePermission, OnlyTheFirstClassThatMatchesCounts) {
  run(set_permission, SetPermission{.path = "/home/alice", .permission = 0077}).value();
  EXPECT_EQ(make_directory("/home/alice/x", 0755, &alice).error().code(), ErrorCode::kAccessControl);
  EXPECT_TRUE(make_directory("/home/alice/x", 0755, &bob));
}

TEST_F(NamespacePermission, ADirectoryOnTheWayMustBeEnterable) {
  make_directory("/home/alice/deep", 0777).value();
  run(set_permission, SetPermission{.path = "/home/alice", .permission = 0700}).value();
  auto seen = file_status(query(bob), "/home/alice/deep", FollowLink::kYes, WithLocations::kNo);
  EXPECT_EQ(error_of(seen),
            "AccessControlException: Permission denied: user=bob, access=EXECUTE, "
            "inode=\"/home/alice\":alice:staff:drwx------");
  EXPECT_EQ(list(query(bob), "/home/alice", "", WithLocations::kNo).error().code(), ErrorCode::kAccessControl);
}

TEST_F(NamespacePermission, AFileInTheMiddleOfAPathReadsAsNoAccess) {
  write_file("/file");
  auto seen = file_status(query(alice), "/file/x", FollowLink::kYes, WithLocations::kNo);
  EXPECT_EQ(error_of(seen), "AccessControlException: /file (is not a directory)");
  // To the superuser nothing is there.
  EXPECT_FALSE(file_status(query(root), "/file/x", FollowLink::kYes, WithLocations::kNo).value());
}

TEST_F(NamespacePermission, TheStickyBitKeepsOthersFromDeleting) {
  make_directory("/tmp").value();
  run(set_permission, SetPermission{.path = "/tmp", .permission = 01777}).value();
  ASSERT_TRUE(make_directory("/tmp/a", 0755, &alice));
  EXPECT_EQ(error_of(run(remove, Delete{.path = "/tmp/a"}, bob)),
            "AccessControlException: Permission denied by sticky bit: user=bob, "
            "path=\"/tmp/a\":alice:supergroup:drwxr-xr-x, parent=\"/tmp\":root:supergroup:drwxrwxrwt");
  EXPECT_EQ(run(rename_old, Rename{"/tmp/a", "/tmp/b"}, bob).error().code(), ErrorCode::kAccessControl);
  EXPECT_TRUE(run(remove, Delete{.path = "/tmp/a"}, alice).value());
}

TEST_F(NamespacePermission, DeletingATreeNeedsAllOfIt) {
  run(set_permission, SetPermission{.path = "/home/alice", .permission = 0770}).value();
  ASSERT_TRUE(make_directory("/home/alice/mine/inner", 0700, &alice));
  EXPECT_EQ(run(remove, Delete{.path = "/home/alice/mine", .recursive = true}, bob).error().code(),
            ErrorCode::kAccessControl);
  EXPECT_TRUE(run(remove, Delete{.path = "/home/alice/mine/inner", .recursive = true}, alice).value());
  // An empty directory of somebody else may go with its parent's permission.
  EXPECT_TRUE(run(remove, Delete{.path = "/home/alice/mine", .recursive = true}, bob).value());
}

TEST_F(NamespacePermission, OnlyTheOwnerChangesModesAndOnlyTheSuperuserOwners) {
  EXPECT_EQ(error_of(run(set_permission, SetPermission{.path = "/home/alice", .permission = 0777}, bob)),
            "AccessControlException: Permission denied. user=bob is not the owner of inode=/home/alice");
  EXPECT_TRUE(run(set_permission, SetPermission{.path = "/home/alice", .permission = 0711}, alice));
  EXPECT_EQ(error_of(run(set_owner, SetOwner{.path = "/home/alice", .user = "bob"}, alice)),
            "AccessControlException: User alice is not a super user (non-super user cannot change owner).");
  EXPECT_EQ(error_of(run(set_owner, SetOwner{.path = "/home/alice", .group = "wheel"}, alice)),
            "AccessControlException: User alice does not belong to wheel");
  EXPECT_TRUE(run(set_owner, SetOwner{.path = "/home/alice", .group = "staff"}, alice));
  EXPECT_EQ(error_of(run(set_permission, SetPermission{.path = "/missing"}, alice)),
            "FileNotFoundException: Directory/File does not exist /missing");
}

TEST_F(NamespacePermission, AnAclOfAStockLogIsEnforced) {
  auto entry = [](AclType type, std::string name, uint8_t permission) {
    return AclEntry{.scope = AclScope::kAccess, .type = type, .name = std::move(name), .permission = permission};
  };
  SetAclOp op;
  op.source = "/home/alice";
  op.acl_entries = {entry(AclType::kUser, "", 7), entry(AclType::kUser, "bob", 7), entry(AclType::kGroup, "", 0),
                    entry(AclType::kMask, "", 5), entry(AclType::kOther, "", 0)};
  ASSERT_TRUE(apply_to(*tables, op, true));
  EXPECT_EQ(status("/home/alice")->inode->permission, 0750);
  EXPECT_TRUE(list(query(bob), "/home/alice", "", WithLocations::kNo));
  // The mask takes the right to write from what the entry gives.
  EXPECT_EQ(make_directory("/home/alice/x", 0755, &bob).error().code(), ErrorCode::kAccessControl);
  op.acl_entries.clear();
  ASSERT_TRUE(apply_to(*tables, op, true));
  EXPECT_EQ(status("/home/alice")->inode->permission, 0700);
  op.acl_entries = {entry(AclType::kUser, "", 7)};
  EXPECT_EQ(apply_to(*tables, op, true).error().code(), ErrorCode::kAcl);
}

TEST_F(NamespacePermission, NothingIsCheckedWhereAnAdministratorSwitchedItOff) {
  settings.permissions_enabled = false;
  EXPECT_TRUE(make_directory("/x", 0755, &bob));
}

TEST_F(NamespacePermission, PermissionsReadAsLsShowsThem) {
  EXPECT_EQ(permission_text(0755), "rwxr-xr-x");
  EXPECT_EQ(permission_text(01777), "rwxrwxrwt");
  EXPECT_EQ(permission_text(01776), "rwxrwxrwT");
}

TEST_F(NamespacePermission, OnlyTheSuperuserChangesByReservedRawAndIsToldWhat) {
  auto denied = [](const std::string& operation) {
    return "AccessControlException: Access denied for user alice. Superuser privilege is required for operation " +
           operation;
  };
  EXPECT_EQ(error_of(make_directory("/.reserved/raw/home/alice/x", 0755, &alice)), denied("mkdirs"));
  for (const std::string raw : {"/.reserved/raw", "//.reserved/raw", "/.reserved//raw", "/.reserved/raw/"}) {
    EXPECT_EQ(error_of(run(remove, Delete{.path = raw + "/home/alice", .recursive = true}, alice)), denied("delete"));
  }
  EXPECT_EQ(error_of(run(truncate, Truncate{.path = "/.reserved/raw/home/f", .holder = "c"}, alice)),
            denied("truncate"));
}

TEST_F(NamespacePermission, WhatIsThereIsNotSaidToWhoMayNotGoThere) {
  write_file("/home/alice/f", {1});
  EXPECT_EQ(error_of(block_locations(query(bob), "/home/alice/none", 0, 1)),
            "FileNotFoundException: File does not exist: /home/alice/none");
  run(set_permission, SetPermission{.path = "/home/alice", .permission = 0700}).value();
  for (const std::string path : {"/home/alice/none", "/home/alice/f"}) {
    EXPECT_EQ(error_of(block_locations(query(bob), path, 0, 1)),
              "AccessControlException: Permission denied: user=bob, access=EXECUTE, "
              "inode=\"/home/alice\":alice:staff:drwx------");
  }
}

}  // namespace
}  // namespace dfs::namenode
