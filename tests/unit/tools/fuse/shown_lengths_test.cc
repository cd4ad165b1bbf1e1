#include "tools/fuse/shown_lengths.h"

#include <gtest/gtest.h>

namespace dfs::fuse {
namespace {

TEST(ShownLengths, AReaderSeesWhatTheKernelWasTold) {
  ShownLengths lengths;
  auto shown = lengths.opened("/a");
  lengths.show("/a", 7);
  lengths.show("/b", 9);
  EXPECT_EQ(*shown, 7u);
}

TEST(ShownLengths, ReadersOfOneFileShare) {
  ShownLengths lengths;
  EXPECT_EQ(lengths.opened("/a"), lengths.opened("/a"));
  auto first = lengths.opened("/a"), second = lengths.opened("/a");
  EXPECT_EQ(first, second);
}

TEST(ShownLengths, AFileKeepsItsReadersWhenItOrItsFolderIsRenamed) {
  ShownLengths lengths;
  auto file = lengths.opened("/d/a"), other = lengths.opened("/dd/a");
  lengths.renamed("/d/a", "/d/b");
  lengths.renamed("/d", "/e");
  lengths.show("/e/b", 5);
  lengths.show("/dd/a", 6);
  lengths.show("/d/a", 8);
  EXPECT_EQ(*file, 5u);
  EXPECT_EQ(*other, 6u);
}

}  // namespace
}  // namespace dfs::fuse
