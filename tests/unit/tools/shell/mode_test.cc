#include "tools/shell/mode.h"

#include <gtest/gtest.h>

namespace dfs::tools {
namespace {

int applied(const std::string& mode, uint16_t permission, bool directory = false) {
  auto change = ModeChange::parse(mode);
  return change ? change->apply(permission, directory) : -1;
}

TEST(ModeChange, OctalReplacesEverythingButTheStickyBit) {
  EXPECT_EQ(applied("750", 0644), 0750);
  EXPECT_EQ(applied("755", 01777), 01755);
  EXPECT_EQ(applied("0755", 01777), 0755);
  EXPECT_EQ(applied("1777", 0755), 01777);
}

TEST(ModeChange, SymbolsAddTakeAndSet) {
  EXPECT_EQ(applied("u+x", 0644), 0744);
  EXPECT_EQ(applied("go-r", 0644), 0600);
  EXPECT_EQ(applied("a=r", 0777), 0444);
  EXPECT_EQ(applied("+w", 0444), 0666);
  EXPECT_EQ(applied("u=rwx,g=rx,o=r", 0), 0754);
  EXPECT_EQ(applied("+t", 0777), 01777);
  EXPECT_EQ(applied("-t", 01777), 0777);
}

TEST(ModeChange, CapitalXMeansExecuteWhereThatMakesSense) {
  EXPECT_EQ(applied("a+X", 0644, false), 0644);
  EXPECT_EQ(applied("a+X", 0744, false), 0755);
  EXPECT_EQ(applied("a+X", 0644, true), 0755);
}

TEST(ModeChange, NonsenseIsRefused) {
  for (const char* mode : {"", "8", "77", "7777", "u", "u+", "u+z", "+r,", "x"})
    EXPECT_FALSE(ModeChange::parse(mode)) << mode;
}

}  // namespace
}  // namespace dfs::tools
