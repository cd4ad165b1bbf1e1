#include <set>

#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

class NamespaceQueries : public NamespaceFixture {};

TEST_F(NamespaceQueries, AListingComesInPagesInOrderOfNames) {
  settings.listing_max = 3;
  make_directory("/d").value();
  for (const char* name : {"b", "a", "e", "d", "c"}) make_directory(std::string("/d/") + name).value();
  make_directory("/dx").value();
  std::string names, after;
  for (int page = 0; page < 5; ++page) {
    auto listing = list(query(root), "/d", after, WithLocations::kNo).value().value();
    for (const FileStatus& status : listing.entries) names += after = status.name;
    if (page == 0) EXPECT_EQ(listing.remaining, 2);
    if (listing.remaining == 0) break;
  }
  EXPECT_EQ(names, "abcde");
  // An entry that has gone since the last page does not stop the next.
  EXPECT_EQ(list(query(root), "/d", "bb", WithLocations::kNo).value()->entries.front().name, "c");
  EXPECT_FALSE(list(query(root), "/none", "", WithLocations::kNo).value());
}

TEST_F(NamespaceQueries, AListedFileIsItself) {
  write_file("/f", {10});
  auto listing = list(query(root), "/f", "", WithLocations::kYes).value().value();
  ASSERT_EQ(listing.entries.size(), 1);
  EXPECT_EQ(listing.entries[0].name, "");
  EXPECT_EQ(listing.entries[0].locations->blocks.size(), 1);
}

TEST_F(NamespaceQueries, LocationsAreOfTheRangeThatIsAskedFor) {
  write_file("/f", {100, 100, 50});
  auto offsets = [&](uint64_t offset, uint64_t length) {
    std::vector<uint64_t> found;
    for (const LocatedBlock& block : block_locations(query(root), "/f", offset, length)->blocks.blocks) {
      found.push_back(block.offset);
    }
    return found;
  };
  using Offsets = std::vector<uint64_t>;
  EXPECT_EQ(offsets(0, 1000), (Offsets{0, 100, 200}));
  EXPECT_EQ(offsets(0, INT64_MAX), (Offsets{0, 100, 200}));
  EXPECT_EQ(offsets(99, 1), (Offsets{0}));
  EXPECT_EQ(offsets(99, 2), (Offsets{0, 100}));
  EXPECT_EQ(offsets(100, 0), (Offsets{100}));
  EXPECT_EQ(offsets(250, 10), (Offsets{}));
  auto opened = block_locations(query(root), "/f", 250, 10);
  EXPECT_EQ(opened->blocks.file_length, 250);
  EXPECT_EQ(opened->blocks.last->offset, 200);
  EXPECT_TRUE(opened->blocks.last_complete);
  EXPECT_EQ(block_locations(query(root), "/f", uint64_t(-1), 10).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of(block_locations(query(root), "/", 0, 1)), "FileNotFoundException: Path is not a file: /");
  EXPECT_EQ(error_of(block_locations(query(root), "/no", 0, 1)), "FileNotFoundException: File does not exist: /no");
}

TEST_F(NamespaceQueries, AnOpenFileShowsItsLastBlockWhereItsPipelineIs) {
  ASSERT_TRUE(create_file("/f"));
  LocatedBlock block = run(operations::add_block, operations::AddBlock{.path = "/f", .holder = "c1"}).value();
  LocatedBlocks seen = block_locations(query(root), "/f", 0, 10)->blocks;
  EXPECT_TRUE(seen.under_construction);
  EXPECT_FALSE(seen.last_complete);
  EXPECT_EQ(seen.file_length, 0);
  ASSERT_TRUE(seen.last);
  EXPECT_EQ(seen.last->storages.size(), block.storages.size());
  EXPECT_FALSE(is_file_closed(query(root), "/f").value());
}

TEST_F(NamespaceQueries, TheReplicaOnTheCallersHostComesFirst) {
  write_file("/f", {10});
  std::set<StorageNumber> second;
  for (int i = 0; i < 64; ++i) {
    alice.client_address = "10.0.0.2";
    auto found = block_locations(query(alice), "/f", 0, 1)->blocks.blocks[0].storages;
    EXPECT_EQ(found[0], StorageNumber(2));
    second.insert(found[1]);
  }
  EXPECT_EQ(second.size(), 2);
}

TEST_F(NamespaceQueries, CorruptReplicasAreShownOnlyWhereThereIsNoOther) {
  write_file("/f", {10});
  BlockRow row = find_file_block(*tables, status("/f")->inode->id, 0).value().value();
  auto set = [&](uint32_t storage, ReplicaRowState state) {
    Batch batch;
    batch.put(Table::kReplicas, replica_key(row.id, StorageNumber(storage)),
              encode(ReplicaRow{.generation_stamp = row.generation_stamp, .state = state}));
    ASSERT_TRUE(tables->write(batch, kNoTransaction));
  };
  auto seen = [&] { return block_locations(query(root), "/f", 0, 1)->blocks.blocks[0]; };
  set(1, ReplicaRowState::kFinalized);
  EXPECT_EQ(seen().storages, std::vector<StorageNumber>{StorageNumber(1)});
  set(1, ReplicaRowState::kCorrupt);
  set(2, ReplicaRowState::kCorrupt);
  EXPECT_EQ(seen().storages, std::vector<StorageNumber>{StorageNumber(3)});
  set(3, ReplicaRowState::kCorrupt);
  EXPECT_EQ(seen().storages.size(), 3);
  EXPECT_TRUE(seen().corrupt);
}

TEST_F(NamespaceQueries, AnInodeIsFoundByItsNumber) {
  make_directory("/a/b").value();
  write_file("/a/b/f", {10});
  std::string by_id = "/.reserved/.inodes/" + std::to_string(raw(status("/a/b")->inode->id));
  EXPECT_EQ(status(by_id + "/f")->inode->id, status("/a/b/f")->inode->id);
  EXPECT_EQ(status("/.reserved/.inodes/16385")->inode->id, kRootInode);
  EXPECT_EQ(error_of(file_status(query(root), "/.reserved/.inodes/1", FollowLink::kYes, WithLocations::kNo)),
            "FileNotFoundException: File for given inode path does not exist: /.reserved/.inodes/1");
  EXPECT_EQ(error_of(file_status(query(root), "/.reserved/.inodes/x", FollowLink::kYes, WithLocations::kNo)),
            "FileNotFoundException: Invalid inode path: /.reserved/.inodes/x");
  EXPECT_EQ(status("/.reserved/raw/a/b")->inode->id, status("/a/b")->inode->id);
}

TEST_F(NamespaceQueries, ASummaryCountsTheTree) {
  make_directory("/d/e").value();
  write_file("/d/f", {100, 5});
  write_file("/d/e/g", {7});
  ContentSummary summary = content_summary(query(root), "/d").value();
  EXPECT_EQ(summary.file_count, 2);
  EXPECT_EQ(summary.directory_count, 2);
  EXPECT_EQ(summary.length, 112);
  EXPECT_EQ(summary.quotas.consumed.space, 336);
  EXPECT_EQ(error_of(content_summary(query(root), "/no")), "FileNotFoundException: File does not exist: /no");
}

TEST_F(NamespaceQueries, OpenFilesAreListedByInode) {
  ASSERT_TRUE(create_file("/a", "x"));
  ASSERT_TRUE(create_file("/b", "y"));
  auto all = open_files(query(root), kNoInode, 10, "/").value();
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[1].path, "/b");
  EXPECT_EQ(all[1].holder, "y");
  EXPECT_EQ(open_files(query(root), all[0].file, 10, "/")->size(), 1);
  EXPECT_EQ(open_files(query(root), kNoInode, 1, "/")->size(), 1);
}

TEST_F(NamespaceQueries, SmallQuestionsHaveSmallAnswers) {
  write_file("/f", {10});
  EXPECT_EQ(preferred_block_size(query(root), "/f").value(), 100);
  EXPECT_EQ(error_of(link_target(query(root), "/f")), "IOException: Path /f is not a symbolic link");
  EXPECT_EQ(storage_policy(query(root), "/f").value(), 0);
  run(operations::set_storage_policy, operations::SetStoragePolicy{.path = "/", .policy = "COLD"}).value();
  EXPECT_EQ(storage_policy(query(root), "/f").value(), 2);
  EXPECT_TRUE(check_access(query(alice), "/f", Access::kRead));
  EXPECT_FALSE(check_access(query(alice), "/f", Access::kWrite));
  EXPECT_EQ(error_of(check_access(query(alice), "/x", {})), "FileNotFoundException: Path not found: /x");
}

}  // namespace
}  // namespace dfs::namenode
