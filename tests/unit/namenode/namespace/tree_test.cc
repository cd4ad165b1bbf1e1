#include <string_view>

#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

using namespace operations;
using namespace std::string_view_literals;

class NamespaceTree : public NamespaceFixture {};

TEST_F(NamespaceTree, MkdirsMakesEachMissingDirectoryWithARecordOfItsOwn) {
  EXPECT_TRUE(make_directory("/a/b/c", 0500).value());
  ASSERT_EQ(log.size(), 3);
  EXPECT_EQ(std::get<MkdirOp>(log[0]).path, "/a");
  EXPECT_EQ(std::get<MkdirOp>(log[0]).inode_id, next(kRootInode));
  EXPECT_EQ(status("/a")->inode->permission, 0700);  // the owner of an ancestor can enter and write
  EXPECT_EQ(status("/a/b/c")->inode->permission, 0500);
  EXPECT_EQ(status("/a")->inode->group, "supergroup");
  EXPECT_EQ(status("/")->inode->child_count, 1);
  EXPECT_EQ(status("/")->inode->modification_time_ms, wall_ms);
  EXPECT_TRUE(make_directory("/a/b/c").value());
  EXPECT_EQ(log.size(), 3);
}

TEST_F(NamespaceTree, MkdirsRefusesAFileInTheWayAndAMissingParent) {
  write_file("/f");
  EXPECT_EQ(error_of(make_directory("/f")), "FileAlreadyExistsException: Path is not a directory: /f");
  EXPECT_EQ(error_of(make_directory("/f/x")), "ParentNotDirectoryException: /f (is not a directory)");
  EXPECT_EQ(error_of(run(mkdirs, Mkdirs{.path = "/x/y", .create_parent = false})),
            "FileNotFoundException: Parent directory doesn't exist: /x");
  EXPECT_EQ(error_of(make_directory("/a:b")), "InvalidPathException: Invalid path name Invalid file name: /a:b");
  EXPECT_EQ(error_of(make_directory("/.reserved")).substr(0, 60),
            "HadoopIllegalArgumentException: File name \".reserved\" is reserved"sv.substr(0, 60));
  EXPECT_EQ(error_of(make_directory("/" + std::string(256, 'x'))).substr(0, 48),
            "PathComponentTooLongException: The maximum path ");
}

TEST_F(NamespaceTree, DeleteTakesBlocksAndLeasesWithTheTree) {
  make_directory("/d/e").value();
  write_file("/d/e/f", {10, 20});
  ASSERT_TRUE(create_file("/d/open", "holder"));
  EXPECT_EQ(leases.file_count(), 1);
  EXPECT_EQ(error_of(run(remove, Delete{.path = "/d"})),
            "PathIsNotEmptyDirectoryException: `/d is non empty': Directory is not empty");
  EXPECT_TRUE(run(remove, Delete{.path = "/d", .recursive = true}).value());
  EXPECT_EQ(count(Counter::kBlockCount), 0);
  EXPECT_EQ(count(Counter::kFileCount), 0);
  EXPECT_EQ(count(Counter::kDirectoryCount), 1);
  EXPECT_EQ(leases.file_count(), 0);
  EXPECT_FALSE(run(remove, Delete{.path = "/d"}).value());
  EXPECT_FALSE(run(remove, Delete{.path = "/", .recursive = true}).value());
  expect_replay_equals_live();
}

TEST_F(NamespaceTree, TheFirstRenameMovesIntoADirectoryAndSaysFalseOtherwise) {
  make_directory("/d").value();
  write_file("/f", {5});
  EXPECT_TRUE(run(rename_old, Rename{"/f", "/d"}).value());
  EXPECT_TRUE(status("/d/f"));
  EXPECT_FALSE(status("/f"));
  EXPECT_FALSE(run(rename_old, Rename{"/missing", "/x"}).value());
  EXPECT_FALSE(run(rename_old, Rename{"/d", "/d/below"}).value());
  EXPECT_FALSE(run(rename_old, Rename{"/d", "/no/parent"}).value());
  EXPECT_FALSE(run(rename_old, Rename{"/", "/x"}).value());
  EXPECT_TRUE(run(rename_old, Rename{"/d/f", "/d/f"}).value());
  expect_replay_equals_live();
}

TEST_F(NamespaceTree, TheSecondRenameNamesItsReason) {
  make_directory("/d/e").value();
  write_file("/f", {5});
  write_file("/g", {6, 7});
  auto reason = [&](const std::string& from, const std::string& to, bool overwrite = false) {
    return error_of(run(rename, RenameWithOptions{.source = from, .destination = to, .overwrite = overwrite}));
  };
  EXPECT_EQ(reason("/x", "/y"), "FileNotFoundException: rename source /x is not found.");
  EXPECT_EQ(reason("/f", "/f"), "FileAlreadyExistsException: The source /f and destination /f are the same");
  EXPECT_EQ(reason("/f", "/g"), "FileAlreadyExistsException: rename destination /g already exists");
  EXPECT_EQ(reason("/f", "/d", true), "IOException: Source /f and destination /d must both be directories");
  EXPECT_EQ(reason("/d", "/d/e/x"), "IOException: Rename destination /d/e/x is a directory or file under source /d");
  EXPECT_EQ(reason("/f", "/no/x"), "FileNotFoundException: rename destination parent /no/x not found.");
  EXPECT_EQ(reason("/", "/x"), "IOException: rename source cannot be the root");
  make_directory("/other").value();
  EXPECT_EQ(reason("/other", "/d", true), "IOException: rename destination directory is not empty: /d");
  EXPECT_EQ(reason("/f", "/g", true), "no error");
  EXPECT_EQ(status("/g")->inode->length, 5);
  EXPECT_EQ(count(Counter::kBlockCount), 1);
  expect_replay_equals_live();
}

TEST_F(NamespaceTree, ConcatMovesTheBlocksOfItsSources) {
  write_file("/a", {10});
  write_file("/b", {20, 30});
  write_file("/c", {40});
  make_directory("/d").value();
  write_file("/d/far", {1});
  auto refused = [&](std::vector<std::string> sources) {
    return error_of(run(concat, Concat{.target = "/a", .sources = std::move(sources)}));
  };
  EXPECT_EQ(refused({}), "IllegalArgumentException: No sources given");
  EXPECT_EQ(refused({"/a"}),
            "HadoopIllegalArgumentException: concat: the src file /a is the same with the target file /a");
  EXPECT_EQ(refused({"/b", "/b"}),
            "HadoopIllegalArgumentException: concat: at least two of the source files are the same");
  EXPECT_EQ(refused({"/d/far"}),
            "HadoopIllegalArgumentException: Source file /d/far is not in the same directory "
            "with the target /a");
  EXPECT_EQ(refused({"/b", "/c"}), "no error");
  EXPECT_EQ(status("/a")->inode->length, 100);
  EXPECT_EQ(status("/a")->inode->block_count, 4);
  EXPECT_FALSE(status("/b"));
  EXPECT_EQ(status("/")->inode->child_count, 2);
  auto opened = block_locations(query(root), "/a", 0, 1000);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->blocks.blocks.size(), 4);
  EXPECT_EQ(opened->blocks.blocks[3].offset, 60);
  EXPECT_EQ(find_owner(*tables, opened->blocks.blocks[3].id).value()->index, 3);
  expect_replay_equals_live();
}

TEST_F(NamespaceTree, NothingChangesInSafeMode) {
  blocks.safe_mode = true;
  EXPECT_EQ(error_of(make_directory("/a")),
            "SafeModeException: Cannot create directory /a. Name node is in safe mode.\n NamenodeHostName:nn");
  EXPECT_EQ(run(remove, Delete{.path = "/a"}).error().code(), ErrorCode::kSafeMode);
  EXPECT_EQ(create_file("/f").error().code(), ErrorCode::kSafeMode);
  EXPECT_TRUE(log.empty());
}

}  // namespace
}  // namespace dfs::namenode
