#include "namenode/migration.h"

#include <stdlib.h>

#include <filesystem>

#include "namenode/image/image_folder.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/storage_folders.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

const StorageVersion kVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};
const auto kNoGate = [](TransactionId) { return true; };

// Folders of NameNodes as they lie on the disk.
class FoldersTest : public NamespaceFixture {
 protected:
  FoldersTest() {
    char name[] = "/tmp/folders-test-XXXXXX";
    root_directory = mkdtemp(name);
  }
  ~FoldersTest() override { std::filesystem::remove_all(root_directory); }

  NameNodeSettings at(const std::string& name) const {
    NameNodeSettings made;
    made.name_directories = made.edits_directories = {root_directory + "/" + name};
    made.name_space = settings;
    return made;
  }
  std::string current(const std::string& name) const { return root_directory + "/" + name + "/current"; }
  // As Hadoop formats: a folder with the image of what is there before the first edit.
  void format_as_hadoop(const std::string& name) {
    ASSERT_TRUE(Journal::format(disk, journal_settings(at(name)), kVersion, Journal::Existing::kRefuse));
    ASSERT_TRUE(write_image(disk, current(name), *fresh_tables(), kNoTransaction, kVersion));
  }
  // One segment with a directory made in each edit, in the log of the folder and in `tables`.
  void write_segment(const std::string& name, const std::vector<std::string>& directories) {
    auto journal = open_journal(at(name));
    ASSERT_TRUE(journal) << error_of(journal);
    ASSERT_TRUE((*journal)->start_segment());
    ASSERT_TRUE(tables->write(Batch(), (*journal)->last()));
    for (const std::string& path : directories) {
      const MkdirOp op{.inode_id = InodeId(count(Counter::kLastInodeId) + 1), .path = path, .timestamp_ms = 7};
      ASSERT_TRUE(apply_to(*tables, op, true));
      std::string bytes;
      const TransactionId id = tables->last_applied();
      ASSERT_TRUE(encode_edit({id, op}, bytes));
      ASSERT_TRUE((*journal)->append(bytes, id, id));
    }
    ASSERT_TRUE((*journal)->sync());
    ASSERT_TRUE((*journal)->close());
    ASSERT_TRUE(tables->write(Batch(), (*journal)->last()));
  }
  void write_image_of_now(const std::string& name) {
    auto image = write_image(disk, current(name), *tables, tables->last_applied(), kVersion);
    ASSERT_TRUE(image) << error_of(image);
  }
  void remove_edits_before(const std::string& name, uint64_t first) {
    auto segments = list_segments(disk, current(name)).value();
    for (const SegmentName& segment : segments) {
      if (raw(segment.first) < first) ASSERT_TRUE(disk.remove(current(name) + "/" + segment.to_string()));
    }
  }
  Result<std::unique_ptr<Tables>> open(const std::string& name) {
    DFS_TRY(auto journal, open_journal(at(name)));
    DFS_TRY(std::string directory, tables_directory(at(name)));
    return open_tables(at(name), directory, *journal, kNoGate);
  }
  static bool has(const View& view, const std::string& path) { return resolve(view, path).value().last() != nullptr; }

  Disk& disk = Disk::posix();
  std::string root_directory;
};

TEST_F(FoldersTest, WithoutTablesTheyAreMadeOfTheNewestImage) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});  // 1 to 3
  write_image_of_now("a");
  write_segment("a", {"/y"});  // 4 to 6
  remove_edits_before("a", 4);
  auto opened = open("a");
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->last_applied(), TransactionId{3});
  EXPECT_TRUE(has(**opened, "/x"));
  EXPECT_FALSE(has(**opened, "/y"));  // the replay brings it
}

TEST_F(FoldersTest, AnImageMayStandAlone) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  write_image_of_now("a");
  remove_edits_before("a", 100);
  auto journal = open_journal(at("a"));
  ASSERT_TRUE(journal) << error_of(journal);
  EXPECT_EQ((*journal)->last(), TransactionId{3});
  journal->reset();
  EXPECT_TRUE(has(**open("a"), "/x"));
}

TEST_F(FoldersTest, ADamagedImageIsPassedOverForTheOneBefore) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  write_image_of_now("a");
  const std::string newest = current("a") + "/fsimage_0000000000000000003";
  std::filesystem::resize_file(newest, std::filesystem::file_size(newest) - 1);
  auto opened = open("a");
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->last_applied(), kNoTransaction);
}

TEST_F(FoldersTest, TablesAreKeptWhileTheLogReachesBackToThem) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  {
    auto opened = open("a");
    ASSERT_TRUE(opened) << error_of(opened);
    Batch mark;
    mark.put(Table::kMeta, "mark", "1");
    ASSERT_TRUE((*opened)->write(mark, kNoTransaction));
    ASSERT_TRUE((*opened)->flush());
  }
  write_image_of_now("a");  // newer than the tables
  EXPECT_TRUE((*open("a"))->get(Table::kMeta, "mark").value());
  // A stock NameNode worked here: its image holds what its purged edits did.
  write_segment("a", {"/y"});
  remove_edits_before("a", 4);
  auto remade = open("a");
  ASSERT_TRUE(remade) << error_of(remade);
  EXPECT_FALSE((*remade)->get(Table::kMeta, "mark").value());
  EXPECT_TRUE(has(**remade, "/x"));
}

TEST_F(FoldersTest, AGapThatNoImageFillsIsLeftToTheReplayToName) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  write_segment("a", {"/y"});
  {
    auto opened = open("a");
    ASSERT_TRUE(opened) << error_of(opened);
    ASSERT_TRUE((*opened)->write(Batch(), TransactionId{1}));
    ASSERT_TRUE((*opened)->flush());
  }
  remove_edits_before("a", 4);
  auto opened = open("a");
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->last_applied(), TransactionId{1});
}

TEST_F(FoldersTest, TablesOfAnotherClusterAreRefused) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  ASSERT_TRUE(open("a"));
  {
    auto opened = open("a");
    ASSERT_TRUE((*opened)->flush());
  }
  StorageVersion other = kVersion;
  other.cluster_id = "CID-2";
  ASSERT_TRUE(disk.write_file_atomically(current("a") + "/VERSION", other.to_text()));
  EXPECT_EQ(open("a").error().code(), ErrorCode::kIllegalState);
}

TEST_F(FoldersTest, WhatIsExportedIsImportedAgain) {
  format_as_hadoop("a");
  write_segment("a", {"/x", "/x/y"});
  auto exported = export_name_folder(at("a"), root_directory + "/out");
  ASSERT_TRUE(exported) << error_of(exported);
  EXPECT_THAT(exported->front(), testing::HasSubstr("fsimage_0000000000000000004"));
  EXPECT_EQ(disk.read_file(root_directory + "/out/current/seen_txid").value(), "4\n");
  EXPECT_EQ(disk.read_file(root_directory + "/out/current/VERSION").value(), kVersion.to_text());
  EXPECT_EQ(export_name_folder(at("a"), root_directory + "/out").error().code(), ErrorCode::kIllegalState);

  auto imported = import_name_folder(at("b"), root_directory + "/out");
  ASSERT_TRUE(imported) << error_of(imported);
  EXPECT_THAT(imported->front(), testing::HasSubstr("3 directories"));
  EXPECT_TRUE(has(**open("b"), "/x/y"));
  EXPECT_EQ(import_name_folder(at("b"), root_directory + "/out").error().code(), ErrorCode::kIllegalState);
}

TEST_F(FoldersTest, EditsAfterTheImageAreImportedWithIt) {
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  write_image_of_now("a");
  write_segment("a", {"/y"});
  auto imported = import_name_folder(at("b"), root_directory + "/a");
  ASSERT_TRUE(imported) << error_of(imported);
  EXPECT_THAT(imported->front(), testing::HasSubstr("transaction 6"));
  EXPECT_TRUE(has(**open("b"), "/y"));
  EXPECT_FALSE(disk.exists(current("b") + "/edits_0000000000000000001-0000000000000000003").value());
}

TEST_F(FoldersTest, AnImportThatFailsLeavesNoNamespace) {
  EXPECT_FALSE(import_name_folder(at("b"), root_directory + "/none"));
  format_as_hadoop("a");
  write_segment("a", {"/x"});
  write_image_of_now("a");
  write_segment("a", {"/y"});
  write_segment("a", {"/z"});
  ASSERT_TRUE(disk.remove(current("a") + "/edits_0000000000000000004-0000000000000000006"));
  auto imported = import_name_folder(at("b"), root_directory + "/a");
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().message(), testing::HasSubstr("transaction 4"));
  EXPECT_FALSE(disk.exists(current("b")).value());
  for (const ImageFile& image : list_images(disk, {root_directory + "/a"}).value()) {
    ASSERT_TRUE(disk.remove(image.path));
  }
  EXPECT_EQ(import_name_folder(at("b"), root_directory + "/a").error().code(), ErrorCode::kFileNotFound);
}

}  // namespace
}  // namespace dfs::namenode
