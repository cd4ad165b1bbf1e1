#include "namenode/namespace/operations/extended_attributes.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using operations::RemoveXattr;
using operations::SetXattr;

constexpr uint8_t kUserSpace = 0, kTrustedSpace = 1, kSecuritySpace = 2;

class XattrTest : public NamespaceFixture {
 protected:
  XattrTest() { write_file("/f", {}, &alice_in_a_free_root()); }

  Result<Done> set(const std::string& name, const std::string& value, const Caller& who, uint8_t space = kUserSpace) {
    return run(operations::set_xattr, SetXattr{.path = "/f", .xattr = {space, name, value}}, who);
  }
  Result<Done> remove(const std::string& name, const Caller& who, uint8_t space = kUserSpace) {
    return run(operations::remove_xattr, RemoveXattr{.path = "/f", .xattr = {space, name, ""}}, who);
  }
  std::vector<ExtendedAttribute> stored() {
    auto path = resolve(*tables, "/f");
    return path && path->last() ? path->last()->xattrs : std::vector<ExtendedAttribute>{};
  }

 private:
  const Caller& alice_in_a_free_root() {
    EXPECT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/", .permission = 0777}));
    return alice;
  }
};

ErrorCode refusal(const Result<Done>& result) {
  return result ? ErrorCode::kCancelled : result.error().code();
}

TEST_F(XattrTest, AnAttributeIsSetReplacedAndRemoved) {
  ASSERT_TRUE(set("a", "1", alice));
  ASSERT_TRUE(set("b", "2", alice));
  ASSERT_TRUE(set("a", "3", alice));
  EXPECT_EQ(stored(), (std::vector<ExtendedAttribute>{{kUserSpace, "a", "3"}, {kUserSpace, "b", "2"}}));
  ASSERT_TRUE(remove("a", alice));
  EXPECT_EQ(stored(), (std::vector<ExtendedAttribute>{{kUserSpace, "b", "2"}}));
  expect_replay_equals_live();
}

TEST_F(XattrTest, RemovingWhatIsNotThereSaysSo) {
  Result<Done> removed = remove("a", alice);
  ASSERT_EQ(refusal(removed), ErrorCode::kIo);
  EXPECT_EQ(removed.error().message(), "No matching attributes found for remove operation");
}

TEST_F(XattrTest, FlagsSayWhetherItMayBeNewOrThere) {
  SetXattr request{.path = "/f", .xattr = {kUserSpace, "a", "1"}, .create = false, .replace = true};
  EXPECT_EQ(refusal(run(operations::set_xattr, request, alice)), ErrorCode::kIo);
  request.create = true;
  request.replace = false;
  EXPECT_TRUE(run(operations::set_xattr, request, alice));
  EXPECT_EQ(refusal(run(operations::set_xattr, request, alice)), ErrorCode::kIo);
  request.create = false;
  EXPECT_EQ(refusal(run(operations::set_xattr, request, alice)), ErrorCode::kHadoopInvalidArgument);
}

TEST_F(XattrTest, TrustedOnesAreTheSuperusersAndSecurityNobodys) {
  EXPECT_EQ(refusal(set("a", "1", alice, kTrustedSpace)), ErrorCode::kAccessControl);
  EXPECT_TRUE(set("a", "1", root, kTrustedSpace));
  EXPECT_EQ(refusal(remove("a", alice, kTrustedSpace)), ErrorCode::kAccessControl);
  EXPECT_TRUE(remove("a", root, kTrustedSpace));
  EXPECT_EQ(refusal(set("a", "1", root, kSecuritySpace)), ErrorCode::kAccessControl);
}

TEST_F(XattrTest, WhoMayNotWriteMayNotChangeThem) {
  EXPECT_EQ(refusal(set("a", "1", bob)), ErrorCode::kAccessControl);
  ASSERT_TRUE(set("a", "1", alice));
  EXPECT_EQ(refusal(remove("a", bob)), ErrorCode::kAccessControl);
}

TEST_F(XattrTest, OnAStickyDirectoryOnlyTheOwnerMay) {
  ASSERT_TRUE(run(operations::mkdirs, operations::Mkdirs{.path = "/d", .permission = 0777, .create_parent = true}));
  ASSERT_TRUE(run(operations::set_permission, operations::SetPermission{.path = "/d", .permission = 01777}));
  SetXattr request{.path = "/d", .xattr = {kUserSpace, "a", "1"}};
  EXPECT_EQ(refusal(run(operations::set_xattr, request, alice)), ErrorCode::kAccessControl);
  EXPECT_TRUE(run(operations::set_xattr, request, root));
}

TEST_F(XattrTest, SizeAndNumberAreLimited) {
  EXPECT_EQ(refusal(set("a", std::string(16384, 'x'), alice)), ErrorCode::kHadoopInvalidArgument);
  for (int i = 0; i < 32; ++i) ASSERT_TRUE(set("n" + std::to_string(i), "", alice));
  EXPECT_EQ(refusal(set("one too many", "", alice)), ErrorCode::kIo);
  EXPECT_TRUE(set("n0", "replaced", alice));
}

TEST_F(XattrTest, RawOnesGoByReservedRawPathsAlone) {
  const ExtendedAttribute raw{4, "a", "1"};
  EXPECT_EQ(refusal(run(operations::set_xattr, SetXattr{.path = "/f", .xattr = raw}, root)), ErrorCode::kAccessControl);
  ASSERT_TRUE(run(operations::set_xattr, SetXattr{.path = "/.reserved/raw/f", .xattr = raw}, root));
  EXPECT_EQ(refusal(run(operations::set_xattr, SetXattr{.path = "/.reserved/raw/f", .xattr = raw}, alice)),
            ErrorCode::kAccessControl);
  EXPECT_EQ(stored(), std::vector{raw});
  EXPECT_TRUE(operations::is_visible_xattr(alice, "/.reserved/raw/f", raw));
  EXPECT_FALSE(operations::is_visible_xattr(root, "/f", raw));
  EXPECT_FALSE(operations::is_visible_xattr(root, "/f", {3, "hdfs.block.storage.policy", ""}));
  EXPECT_FALSE(operations::is_visible_xattr(alice, "/f", {kTrustedSpace, "a", ""}));
  EXPECT_TRUE(operations::is_visible_xattr(root, "/f", {kTrustedSpace, "a", ""}));
}

TEST_F(XattrTest, AFileCanBeKeptFromTheSuperuserForGood) {
  const ExtendedAttribute mark{kSecuritySpace, "hdfs.unreadable.by.superuser", ""};
  ASSERT_TRUE(block_locations(query(root), "/f", 0, 1));
  EXPECT_EQ(
      error_of(run(operations::set_xattr, SetXattr{.path = "/f", .xattr = mark}, alice)),
      "AccessControlException: Attempt to set a value for 'security.hdfs.unreadable.by.superuser'. Values are not "
      "allowed for this xattr.");
  ASSERT_TRUE(run(operations::set_xattr, SetXattr{.path = "/f", .xattr = mark, .has_value = false}, alice));
  EXPECT_EQ(error_of(block_locations(query(root), "/f", 0, 1)),
            "AccessControlException: Access is denied for root since the superuser is not allowed to perform this "
            "operation.");
  EXPECT_TRUE(block_locations(query(alice), "/f", 0, 1));
  EXPECT_EQ(error_of(run(operations::remove_xattr, RemoveXattr{.path = "/f", .xattr = mark}, alice)),
            "AccessControlException: The xattr 'security.hdfs.unreadable.by.superuser' can not be deleted.");
  ASSERT_TRUE(make_directory("/d"));
  EXPECT_EQ(error_of(run(operations::set_xattr, SetXattr{.path = "/d", .xattr = mark, .has_value = false}, root)),
            "IOException: Can only set 'security.hdfs.unreadable.by.superuser' on a file.");
}

TEST_F(XattrTest, TheyCanBeSwitchedOff) {
  settings.xattrs_enabled = false;
  EXPECT_EQ(error_of(set("a", "1", alice)),
            "IOException: The XAttr operation has been rejected.  Support for XAttrs has been disabled by setting "
            "dfs.namenode.xattrs.enabled to false.");
  EXPECT_EQ(refusal(remove("a", alice)), ErrorCode::kIo);
}

TEST_F(XattrTest, AMissingPathIsNotFound) {
  SetXattr request{.path = "/none", .xattr = {kUserSpace, "a", "1"}};
  EXPECT_EQ(refusal(run(operations::set_xattr, request, root)), ErrorCode::kFileNotFound);
}

}  // namespace
}  // namespace dfs::namenode
