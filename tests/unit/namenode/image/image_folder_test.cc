#include "namenode/image/image_folder.h"

#include <stdlib.h>

#include <filesystem>

#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

const StorageVersion kVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1", .creation_time_ms = 9};

class ImageFolderTest : public NamespaceFixture {
 protected:
  ImageFolderTest() {
    EXPECT_TRUE(disk.make_directories("/name/current", 0755));
    EXPECT_TRUE(disk.sync_directory("/name"));
    EXPECT_TRUE(disk.sync_directory("/"));
  }
  ImageFile write(uint64_t last) {
    auto image = write_image(disk, "/name/current", *tables, TransactionId{last}, kVersion);
    EXPECT_TRUE(image) << error_of(image);
    return image.value_or(ImageFile());
  }
  void overwrite(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(disk.write_file_atomically(path, bytes));
  }
  MemoryDisk disk;
};

TEST_F(ImageFolderTest, AnImageHasHadoopsNameAndItsMd5BesideIt) {
  ImageFile image = write(42);
  EXPECT_EQ(image.path, "/name/current/fsimage_0000000000000000042");
  disk.lose_power();
  EXPECT_EQ(disk.read_file(image.path + ".md5").value(),
            md5_of_file(disk, image.path).value() + " *fsimage_0000000000000000042\n");
  EXPECT_EQ(disk.list("/name/current")->size(), 2u);
}

TEST_F(ImageFolderTest, TheNewestWholeImageIsTaken) {
  EXPECT_EQ(newest_whole_image(disk, {"/name", "/none"}).value(), std::nullopt);
  ImageFile old = write(9), newer = write(10);
  overwrite("/name/current/fsimage.ckpt_0000000000000000099", "");
  overwrite("/name/current/fsimage_rollback_0000000000000000099", "");
  EXPECT_EQ(list_images(disk, {"/name"}).value(), (std::vector{newer, old}));
  EXPECT_EQ(newest_whole_image(disk, {"/name"}).value(), newer);
  const std::string bytes = disk.read_file(newer.path).value();
  overwrite(newer.path, bytes + "x");
  EXPECT_EQ(newest_whole_image(disk, {"/name"}).value(), old);
  overwrite(newer.path, bytes);
  for (const char* digest : {"", "0 *fsimage_0000000000000000010\n", "fsimage_0000000000000000010\n"}) {
    overwrite(newer.path + ".md5", digest);
    EXPECT_EQ(newest_whole_image(disk, {"/name"}).value(), old) << digest;
  }
  overwrite(newer.path + ".md5", md5_of_file(disk, newer.path).value() + " *fsimage_0000000000000000009\n");
  EXPECT_EQ(newest_whole_image(disk, {"/name"}).value(), old);
  ASSERT_TRUE(disk.remove(newer.path + ".md5"));
  ASSERT_TRUE(disk.remove(old.path + ".md5"));
  auto none = newest_whole_image(disk, {"/name"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), ErrorCode::kCorruptFormat);
}

TEST_F(ImageFolderTest, AnImageThatCannotBeWrittenToItsEndIsNone) {
  FaultyDisk faulty(disk);
  for (DiskOperation operation : {DiskOperation::kOpen, DiskOperation::kWrite, DiskOperation::kSync,
                                  DiskOperation::kRename, DiskOperation::kTruncate}) {
    faulty.arm({.operation = operation, .times = UINT64_MAX});
    EXPECT_FALSE(write_image(faulty, "/name/current", *tables, TransactionId{5}, kVersion));
    faulty.disarm();
    EXPECT_EQ(newest_whole_image(disk, {"/name"}).value(), std::nullopt);
  }
}

class ImportedTablesTest : public NamespaceFixture {
 protected:
  ImportedTablesTest() {
    char name[] = "/tmp/image-test-XXXXXX";
    root_directory = mkdtemp(name);
    EXPECT_TRUE(disk.make_directories(root_directory + "/current", 0755));
  }
  ~ImportedTablesTest() override { std::filesystem::remove_all(root_directory); }
  Disk& disk = Disk::posix();
  std::string root_directory;
};

TEST_F(ImportedTablesTest, TablesAreMadeOfAnImageWholeOrNotAtAll) {
  ASSERT_TRUE(make_directory("/a/b"));
  write_file("/a/f", {5, 6});
  auto image = write_image(disk, root_directory + "/current", *tables, TransactionId{9}, kVersion);
  ASSERT_TRUE(image) << error_of(image);
  const std::string directory = root_directory + "/current/tables";
  // What an import that was killed has left.
  ASSERT_TRUE(disk.make_directories(directory + ".unfinished/x", 0755));
  ASSERT_TRUE(disk.make_directories(directory + ".scratch/x", 0755));
  auto made = make_tables(disk, *image, kVersion, directory);
  ASSERT_TRUE(made) << error_of(made);
  EXPECT_EQ(made->last, TransactionId{9});
  auto opened = Tables::open_rocksdb(directory, 8 << 20, [](TransactionId) { return true; });
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->last_applied(), TransactionId{9});
  EXPECT_EQ(blocks_of_file(**opened, status("/a/f")->inode->id).value(),
            blocks_of_file(*tables, status("/a/f")->inode->id).value());
  EXPECT_FALSE(disk.exists(directory + ".unfinished").value());
  EXPECT_FALSE(disk.exists(directory + ".scratch").value());
}

TEST_F(ImportedTablesTest, TablesTakeThePlaceOfOlderOnesAlsoWhereAnImportWasCutOffAsItRemovedSuch) {
  auto image = write_image(disk, root_directory + "/current", *tables, TransactionId{9}, kVersion);
  ASSERT_TRUE(image) << error_of(image);
  const std::string directory = root_directory + "/current/tables";
  ASSERT_TRUE(disk.make_directories(directory + "/old", 0755));
  ASSERT_TRUE(disk.make_directories(directory + ".former/older", 0755));
  auto made = make_tables(disk, *image, kVersion, directory);
  ASSERT_TRUE(made) << error_of(made);
  EXPECT_FALSE(disk.exists(directory + "/old").value());
  EXPECT_FALSE(disk.exists(directory + ".former").value());
}

TEST_F(ImportedTablesTest, AnImageThatIsNotWhatItsNameSaysMakesNone) {
  auto image = write_image(disk, root_directory + "/current", *tables, TransactionId{9}, kVersion);
  ASSERT_TRUE(image) << error_of(image);
  const std::string directory = root_directory + "/current/tables";
  image->last = TransactionId{8};
  EXPECT_EQ(make_tables(disk, *image, kVersion, directory).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_FALSE(disk.exists(directory).value());
}

}  // namespace
}  // namespace dfs::namenode
