#include "proto/metrics/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace dfs::metrics {
namespace {

TEST(Value, NumbersAreWrittenAsJavaWritesThem) {
  EXPECT_EQ(java_text(0.0F), "0.0");
  EXPECT_EQ(java_text(1.0), "1.0");
  EXPECT_EQ(java_text(66.666664F), "66.666664");
  EXPECT_EQ(java_text(4.555555555555557), "4.555555555555557");
  EXPECT_EQ(java_text(9.083612E-6F), "9.083612E-6");
  EXPECT_EQ(java_text(0.001), "0.001");
  EXPECT_EQ(java_text(1e7F), "1.0E7");
  EXPECT_EQ(java_text(9999999.0), "9999999.0");
  EXPECT_EQ(java_text(-1.5), "-1.5");
  EXPECT_EQ(java_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(java_text(-std::numeric_limits<float>::infinity()), "-Infinity");
  EXPECT_EQ(java_text(std::numeric_limits<float>::infinity()), "Infinity");
}

TEST(Value, CompactJsonHasNoSpace) {
  Value value = Object{{"a", 1},
                       {"b", Array{true, {}, "x"}},
                       {"c", Object{}},
                       {"d", 0.5F},
                       {"e", std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_EQ(to_json(value, JsonLayout::kCompact), R"({"a":1,"b":[true,null,"x"],"c":{},"d":0.5,"e":"NaN"})");
}

TEST(Value, PrettyJsonBreaksLinesAsJacksonDoes) {
  Value value = Object{{"beans", Array{Object{{"name", "n"}, {"list", Array{1, 2}}}, Object{}}}, {"none", Array{}}};
  EXPECT_EQ(to_json(value, JsonLayout::kPretty), R"({
  "beans" : [ {
    "name" : "n",
    "list" : [ 1, 2 ]
  }, { } ],
  "none" : [ ]
})");
}

TEST(Value, StringsAreEscaped) {
  EXPECT_EQ(to_json("a\"b\\c\n\r\t\b\f\x01ä", JsonLayout::kCompact), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001ä\"");
}

}  // namespace
}  // namespace dfs::metrics
