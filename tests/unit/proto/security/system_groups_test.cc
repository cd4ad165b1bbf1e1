#include "proto/security/system_groups.h"

#include <gtest/gtest.h>

namespace dfs::security {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<SystemGroups> made(std::string_view overrides) {
  auto groups = SystemGroups::create(overrides, 300s, Clock::system());
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
    auto groups = SystemGroups::create(text, 1s, Clock::system());
    ASSERT_FALSE(groups) << text;
    EXPECT_EQ(groups.error().code(), ErrorCode::kConfiguration);
    EXPECT_NE(groups.error().message().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace dfs::security
