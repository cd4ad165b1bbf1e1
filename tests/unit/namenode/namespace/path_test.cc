#include "namenode/namespace/path.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

TEST(Path, SlashesAtTheEndAndSeveralInARowMakeNoComponent) {
  EXPECT_EQ(path_components("/").value(), std::vector<std::string>{});
  EXPECT_EQ(path_components("/a/b/").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(path_components("/a//b").value(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(path_components("a").error().message(), "Absolute path required, but got 'a'");
  EXPECT_FALSE(path_components(""));
}

TEST(Path, JoinIsTheInverse) {
  EXPECT_EQ(join_path({}), "/");
  EXPECT_EQ(join_path({"a", "b"}), "/a/b");
  EXPECT_EQ(join_path({"a", "b"}, 1), "/a");
}

TEST(Path, NamesThatHadoopRefusesAreNotValid) {
  for (const char* good : {"/", "/a", "/a/", "/a.b/..c", "/.reserved/.inodes/7/..", "/\xC3\xA4", "/a b\\c"}) {
    EXPECT_TRUE(is_valid_name(good)) << good;
  }
  for (const char* bad :
       {"", "a", "/a//b", "/./a", "/a/..", "/a:b", "/.reserved/.inodes/..", "/\xC3", "/\xED\xA0\x80", "/\xFF"}) {
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  }
  EXPECT_FALSE(is_valid_name(std::string_view("/a\0b", 4)));
}

TEST(Path, LengthCountsCharactersAndDepthCountsLevels) {
  EXPECT_TRUE(is_path_length_allowed("/" + std::string(7999, 'a')));
  EXPECT_FALSE(is_path_length_allowed("/" + std::string(8000, 'a')));
  std::string umlauts = "/";
  for (int i = 0; i < 7999; ++i) umlauts += "\xC3\xA4";
  EXPECT_TRUE(is_path_length_allowed(umlauts));
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "/a";
  EXPECT_TRUE(is_path_length_allowed(deep));
  EXPECT_FALSE(is_path_length_allowed(deep + "/a"));
}

TEST(Path, IsAtOrBelowAnotherByWholeNames) {
  EXPECT_TRUE(is_at_or_below("/a", "/a"));
  EXPECT_TRUE(is_at_or_below("/a/b", "/a"));
  EXPECT_TRUE(is_at_or_below("/a", "/"));
  EXPECT_FALSE(is_at_or_below("/ab", "/a"));
  EXPECT_FALSE(is_at_or_below("/", "/a"));
}

}  // namespace
}  // namespace dfs::namenode
