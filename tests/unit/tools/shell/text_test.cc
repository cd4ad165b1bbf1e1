#include "tools/shell/text.h"

#include <gtest/gtest.h>

namespace dfs::tools {
namespace {

TEST(Text, PermissionsLookAsInHadoop) {
  EXPECT_EQ(permission_text(0755), "rwxr-xr-x");
  EXPECT_EQ(permission_text(01777), "rwxrwxrwt");
  EXPECT_EQ(permission_text(01776), "rwxrwxrwT");
}

TEST(Text, SizesForPeopleHaveOneDecimalWhereTheyAreNotWhole) {
  EXPECT_EQ(size_text(1023, true), "1023");
  EXPECT_EQ(size_text(1024, true), "1 K");
  EXPECT_EQ(size_text(1536, true), "1.5 K");
  EXPECT_EQ(size_text(64ull << 20, true), "64 M");
  EXPECT_EQ(size_text((1ull << 20) - 1, true), "1.0 M");
  EXPECT_EQ(size_text(123456, false), "123456");
}

TEST(Text, TimesAreUtcOrLocal) {
  EXPECT_EQ(time_text(fs::Time(std::chrono::milliseconds(0)), "%Y-%m-%d %H:%M:%S", true), "1970-01-01 00:00:00");
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({false, true, false});
  table.add({"a", "1", "x"});
  table.add({"bbb", "22", "y"});
  EXPECT_EQ(table.text(), "a     1  x\nbbb  22  y\n");
}

}  // namespace
}  // namespace dfs::tools
