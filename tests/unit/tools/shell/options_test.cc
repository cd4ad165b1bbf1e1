#include "tools/shell/options.h"

#include <gtest/gtest.h>

namespace dfs::tools {
namespace {

TEST(Options, EndAtTheFirstOtherWord) {
  std::vector<std::string> words = {"-f", "a", "-p"};
  auto options = Options::parse(words, {.flags = {"f", "p"}});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->has("f"));
  EXPECT_FALSE(options->has("p"));
  EXPECT_EQ(words, (std::vector<std::string>{"a", "-p"}));
}

TEST(Options, TwoDashesEndThemAndOneIsAnArgument) {
  std::vector<std::string> words = {"--", "-f"};
  ASSERT_TRUE(Options::parse(words, {.flags = {"f"}}));
  EXPECT_EQ(words, (std::vector<std::string>{"-f"}));
  words = {"-", "x"};
  ASSERT_TRUE(Options::parse(words, {.flags = {"f"}}));
  EXPECT_EQ(words.size(), 2u);
}

TEST(Options, AnUnknownOneIsAUsageError) {
  std::vector<std::string> words = {"-z"};
  auto options = Options::parse(words, {.flags = {"f"}});
  ASSERT_FALSE(options);
  EXPECT_TRUE(options.error().usage);
  EXPECT_EQ(options.error().message, "Illegal option -z");
}

TEST(Options, TooFewAndTooManyArgumentsAreCounted) {
  std::vector<std::string> words = {"a"};
  EXPECT_EQ(Options::parse(words, {.arguments_min = 2}).error().message, "Not enough arguments: expected 2 but got 1");
  words = {"a", "b"};
  EXPECT_EQ(Options::parse(words, {.arguments_max = 1}).error().message, "Too many arguments: expected 1 but got 2");
}

TEST(Options, AModeThatBeginsWithADashIsLeftToChmod) {
  std::vector<std::string> words = {"-w", "-R", "f"};
  auto options = Options::parse(words, {.flags = {"R"}, .arguments_min = 2, .leave_unknown = true});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->has("R"));
  EXPECT_EQ(words, (std::vector<std::string>{"-w", "f"}));
}

}  // namespace
}  // namespace dfs::tools
