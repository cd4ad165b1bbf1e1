#include "client/core/path.h"

#include <gtest/gtest.h>

namespace dfs::client {
namespace {

TEST(NormalPath, DropsWhatSaysNothing) {
  EXPECT_EQ(normal_path("/a//./b/", "/user/x"), "/a/b");
  EXPECT_EQ(normal_path("/", "/user/x"), "/");
  EXPECT_EQ(normal_path("//", "/user/x"), "/");
}

TEST(NormalPath, ARelativePathBeginsAtHome) {
  EXPECT_EQ(normal_path("a/b", "/user/x"), "/user/x/a/b");
  EXPECT_EQ(normal_path(".", "/user/x"), "/user/x");
}

TEST(NormalPath, ClimbsNoHigherThanTheRoot) {
  EXPECT_EQ(normal_path("/a/../b", "/user/x"), "/b");
  EXPECT_EQ(normal_path("/../../b", "/user/x"), "/b");
  EXPECT_EQ(normal_path("..", "/user/x"), "/user");
}

TEST(NormalPath, AnEmptyPathIsRefused) {
  EXPECT_EQ(normal_path("", "/user/x").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace dfs::client
