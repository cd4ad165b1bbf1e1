#include "namenode/namespace/batched_listing.h"

#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {
namespace {

class BatchedListingTest : public NamespaceFixture {
 protected:
  BatchedListingTest() {
    for (const char* path : {"/a", "/b", "/empty"}) EXPECT_TRUE(make_directory(path));
    for (const char* path : {"/a/1", "/a/2", "/a/3", "/b/4", "/file"}) write_file(path);
  }
  // "0:1,2 1!FileNotFoundException ..." for each page.
  std::vector<std::string> pages(const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    std::optional<BatchedListing::Place> start;
    do {
      auto page = list_batched(query(root), paths, start, WithLocations::kNo);
      EXPECT_TRUE(page) << error_of(page);
      if (!page) return all;
      std::string text;
      for (const BatchedListing::Part& part : page->parts) {
        text += (text.empty() ? "" : " ") + std::to_string(part.path_index);
        if (!part.entries) {
          text += "!" + part.entries.error().to_string();
          continue;
        }
        text += ":";
        for (const FileStatus& entry : *part.entries) text += "[" + entry.name + "]";
      }
      all.push_back(text);
      start = page->end;
    } while (start && all.size() < 20);
    return all;
  }
};

TEST_F(BatchedListingTest, SeveralPathsComeWithTheirErrorsInPlace) {
  EXPECT_EQ(pages({"/a", "/none", "/file", "/empty", "/b"}),
            std::vector<std::string>{"0:[1][2][3] 1!FileNotFoundException: Path /none does not exist 2:[] 3: 4:[4]"});
}

TEST_F(BatchedListingTest, APageEndsWhereAListingWouldAndTheNextGoesOnThere) {
  settings.listing_max = 2;
  EXPECT_EQ(pages({"/a", "/file", "/b"}), (std::vector<std::string>{"0:[1][2]", "0:[3] 1:[]", "2:[4]"}));
  EXPECT_EQ(pages({"/b", "/a"}), (std::vector<std::string>{"0:[4] 1:[1][2]", "1:[3]"}));
  settings.listing_max = 3;
  EXPECT_EQ(pages({"/a"}), (std::vector<std::string>{"0:[1][2][3]"}));
}

TEST_F(BatchedListingTest, TooManyPathsAndAPlaceOfOthersAreRefused) {
  settings.batched_listing_max = 1;
  EXPECT_EQ(error_of(list_batched(query(root), std::vector<std::string>{"/a", "/b"}, std::nullopt, WithLocations::kNo)),
            "IllegalArgumentException: Too many source paths (2 > 1)");
  const BatchedListing::Place other{.paths_hash = 1, .path_index = 0};
  EXPECT_EQ(list_batched(query(root), std::vector<std::string>{"/a"}, other, WithLocations::kNo).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(BatchedListingTest, APageCanBeginBehindAnInode) {
  const std::string two = "/.reserved/.inodes/" + std::to_string(raw(status("/a/2")->inode->id));
  auto listing = list(query(root), "/a", two, WithLocations::kNo);
  ASSERT_TRUE(listing) << error_of(listing);
  ASSERT_EQ((*listing)->entries.size(), 1);
  EXPECT_EQ((*listing)->entries[0].name, "3");
  EXPECT_EQ(error_of(list(query(root), "/a", "/.reserved/.inodes/1", WithLocations::kNo)),
            "DirectoryListingStartAfterNotFoundException: Can't find startAfter /.reserved/.inodes/1");
}

}  // namespace
}  // namespace dfs::namenode
