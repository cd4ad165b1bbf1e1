#include "proto/security/system_groups.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dfs::security {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<SystemGroups> made(std::string_view overrides) {
  auto groups = SystemGroups::create({.overrides = std::string(overrides)}, Clock::system());
  EXPECT_TRUE(groups);
  return std::move(*groups);
}

TEST(SystemGroups, TheMachinesGroupsComeWithThePrimaryFirst) {
  auto groups = made("");
  std::vector<std::string> root = groups->groups_of("root");
  ASSERT_FALSE(root.empty());
  EXPECT_EQ(root[0], "root");
  EXPECT_EQ(groups->groups_of("root"), root);
  groups->refresh();
  EXPECT_EQ(groups->groups_of("root"), root);
}

TEST(SystemGroups, AnUnknownUserHasNone) {
  auto groups = made("");
  EXPECT_TRUE(groups->groups_of("no-such-user-here").empty());
  EXPECT_TRUE(groups->groups_of("").empty());
  EXPECT_TRUE(groups->groups_of("$(reboot)").empty());
}

TEST(SystemGroups, OverridesComeBeforeTheMachine) {
  auto groups = made(" root=a, b ;dr.who=;x; ");
  EXPECT_EQ(groups->groups_of("root"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(groups->groups_of("dr.who").empty());
  EXPECT_TRUE(groups->groups_of("x").empty());
}

TEST(SystemGroups, ABrokenOverrideIsAnErrorThatQuotesIt) {
  for (const char* text : {"a=b=c", "=b", "="}) {
    auto groups = SystemGroups::create({.overrides = text}, Clock::system());
    ASSERT_FALSE(groups) << text;
    EXPECT_EQ(groups.error().code(), ErrorCode::kConfiguration);
    EXPECT_NE(groups.error().message().find(text), std::string::npos);
  }
}

class GroupFile : public testing::Test {
 protected:
  class SteppedClock final : public Clock {
   public:
    WallTime wall() const override { return {}; }
    TimePoint now() const override { return at; }
    TimePoint at{};
  };
  void write(std::string_view text) {
    // Another file each time, as an editor or a configuration tool would replace it.
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }
  void TearDown() override { std::filesystem::remove(path); }

  SteppedClock clock;
  std::string path = testing::TempDir() + "groups-" + std::to_string(getpid());
};

TEST_F(GroupFile, ComesBeforeTheMachineAndAfterTheOverrides) {
  write("# comment\nroot: a , b\nalice:staff\nnobody-else:\nbroken line\ntoo:many:colons\n");
  auto groups = SystemGroups::create({.overrides = "alice=x", .file = path}, clock);
  ASSERT_TRUE(groups) << groups.error().to_string();
  EXPECT_EQ((*groups)->groups_of("root"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((*groups)->groups_of("alice"), (std::vector<std::string>{"x"}));
  EXPECT_TRUE((*groups)->groups_of("nobody-else").empty());
  EXPECT_TRUE((*groups)->groups_of("broken line").empty());
}

TEST_F(GroupFile, IsReadAgainWhenItChanges) {
  write("alice:one\n");
  auto groups = SystemGroups::create({.file = path}, clock);
  ASSERT_TRUE(groups);
  EXPECT_EQ((*groups)->groups_of("alice"), (std::vector<std::string>{"one"}));
  write("alice:two,three\n");
  clock.at += 2s;
  EXPECT_EQ((*groups)->groups_of("alice"), (std::vector<std::string>{"two", "three"}));
  write("alice:four\n");
  (*groups)->refresh();
  EXPECT_EQ((*groups)->groups_of("alice"), (std::vector<std::string>{"four"}));
  std::filesystem::remove(path);
  clock.at += 2s;
  EXPECT_EQ((*groups)->groups_of("alice"), (std::vector<std::string>{"four"})) << "what it said stays";
}

TEST_F(GroupFile, MustBeThereAtTheStart) {
  auto groups = SystemGroups::create({.file = path}, clock);
  ASSERT_FALSE(groups);
  EXPECT_EQ(groups.error().code(), ErrorCode::kConfiguration);
}

}  // namespace
}  // namespace dfs::security
