#include "namenode/blocks/storage_policy.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using operations::CreateSymlink;
using operations::SetStoragePolicy;

class StoragePolicyTest : public NamespaceFixture {
 protected:
  StoragePolicyTest() {
    EXPECT_TRUE(make_directory("/d", 0777));
    write_file("/d/f");
  }
  Result<Done> set(const std::string& path, const std::string& policy, const Caller& who) {
    return run(operations::set_storage_policy, SetStoragePolicy{.path = path, .policy = policy}, who);
  }
};

TEST_F(StoragePolicyTest, IsSetByNameInheritedAndUnset) {
  ASSERT_TRUE(set("/d", "cold", root));
  EXPECT_EQ(storage_policy(query(root), "/d/f").value(), 2);
  ASSERT_TRUE(set("/d/f", "HOT", root));
  EXPECT_EQ(storage_policy(query(root), "/d/f").value(), kDefaultPolicy);
  ASSERT_TRUE(set("/d/f", "", root));
  EXPECT_EQ(storage_policy(query(root), "/d/f").value(), 2);
  expect_replay_equals_live();
}

TEST_F(StoragePolicyTest, RefusalsAreHadoops) {
  EXPECT_EQ(error_of(set("/d", "LUKEWARM", root)),
            "HadoopIllegalArgumentException: Cannot find a block policy with the name LUKEWARM");
  EXPECT_EQ(error_of(set("/none", "HOT", root)), "FileNotFoundException: File/Directory does not exist: /none");
  EXPECT_EQ(error_of(set("/d/f", "LAZY_PERSIST", root)),
            "HadoopIllegalArgumentException: Policy BlockStoragePolicy{LAZY_PERSIST:15, storageTypes=[RAM_DISK, DISK], "
            "creationFallbacks=[DISK], replicationFallbacks=[DISK]} cannot be set after file creation.");
  EXPECT_EQ(set("/d/f", "HOT", alice).error().code(), ErrorCode::kAccessControl);
  settings.policies_by_superuser_only = true;
  EXPECT_EQ(error_of(set("/d", "HOT", alice)),
            "AccessControlException: Access denied for user alice. Superuser privilege is required for operation "
            "setStoragePolicy");
  settings.storage_policies_enabled = false;
  EXPECT_EQ(error_of(set("/d", "", root)),
            "IOException: Failed to unset storage policy since dfs.storage.policy.enabled is set to false.");
}

TEST_F(StoragePolicyTest, AFileThatIsKeptInMemoryKeepsThatPolicy) {
  ASSERT_TRUE(set("/d", "LAZY_PERSIST", root));
  write_file("/d/lazy");
  EXPECT_EQ(status("/d/lazy")->inode->storage_policy, kLazyPersistPolicy);
  EXPECT_EQ(error_of(set("/d/lazy", "HOT", root)),
            "HadoopIllegalArgumentException: Existing policy LAZY_PERSIST cannot be changed after file creation.");
}

class SymlinkTest : public NamespaceFixture {
 protected:
  SymlinkTest() {
    settings.symlinks_enabled = true;
    EXPECT_TRUE(make_directory("/d"));
  }
  Result<Done> link(const std::string& target, const std::string& path, bool create_parent = false) {
    return run(operations::create_symlink,
               CreateSymlink{.target = target, .link = path, .create_parent = create_parent});
  }
};

TEST_F(SymlinkTest, IsResolvedByClients) {
  ASSERT_TRUE(link("/d", "/l"));
  EXPECT_EQ(link_target(query(root), "/l").value(), "/d");
  EXPECT_EQ(error_of(file_status(query(root), "/l/x", FollowLink::kYes, WithLocations::kNo)),
            "UnresolvedPathException: /d/x");
  ASSERT_TRUE(link("../d", "/made/on/the/way", true));
  EXPECT_EQ(status("/made/on/the")->inode->child_count, 1);
  expect_replay_equals_live();
}

TEST_F(SymlinkTest, RefusalsAreHadoops) {
  EXPECT_EQ(error_of(link("/d", "/d")),
            "IOException: failed to create link /d either because the filename is invalid or the file exists");
  EXPECT_EQ(link("/.reserved/x", "/l").error().code(), ErrorCode::kInvalidPath);
  EXPECT_EQ(link("", "/l").error().code(), ErrorCode::kInvalidPath);
  EXPECT_EQ(link("/d", "/a:b").error().code(), ErrorCode::kInvalidPath);
  EXPECT_EQ(error_of(link("/d", "/none/l")), "FileNotFoundException: Parent directory doesn't exist: /none");
  EXPECT_EQ(link("/d", "/" + std::string(8000, 'x')).error().code(), ErrorCode::kIo);
  settings.symlinks_enabled = false;
  EXPECT_EQ(error_of(link("/d", "/l")), "UnsupportedOperationException: Symlinks not supported");
}

}  // namespace
}  // namespace dfs::namenode
