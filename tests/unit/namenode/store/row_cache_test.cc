#include "namenode/store/row_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

using Rows = RowCache<std::optional<std::string>>;
using Found = std::optional<std::optional<std::string>>;
const Found kUnknown;
const Found kAbsent = std::optional<std::string>();
Found found(std::string value) {
  return std::optional<std::string>(std::move(value));
}

TEST(RowCache, KnowsWhatWasReadAndThatItIsGone) {
  Rows cache(1 << 20);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 1), kUnknown);
  cache.offer(Table::kEntries, "a", "1", 1);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 1), found("1"));
  EXPECT_EQ(cache.find(Table::kMeta, "a", 1), kUnknown);
  cache.forget(Table::kEntries, "a", 2);
  cache.offer(Table::kEntries, "a", std::nullopt, 2);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 2), kAbsent);
}

TEST(RowCache, AnOlderViewPassesByWhatIsYounger) {
  Rows cache(1 << 20);
  cache.offer(Table::kEntries, "a", "1", 5);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 4), kUnknown);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 6), found("1"));
}

TEST(RowCache, AnOfferThatMayHaveBeenOverwrittenIsRefused) {
  Rows cache(1 << 20);
  cache.forget(Table::kEntries, "a", 5);
  cache.offer(Table::kEntries, "a", "new", 5);
  cache.offer(Table::kEntries, "a", "old", 4);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 5), found("new"));
  cache.offer(Table::kInodeIndex, "b", std::nullopt, 7);
  EXPECT_EQ(cache.find(Table::kInodeIndex, "b", 7), kAbsent);
  EXPECT_EQ(cache.find(Table::kInodeIndex, "b", 6), kUnknown);
}

TEST(RowCache, KeepsWhatIsUsedWithinItsBound) {
  Rows cache(256 * 4096);
  const std::string value(100, 'v');
  cache.offer(Table::kEntries, "used", value, 1);
  size_t known = 0;
  constexpr int kRows = 20'000;  // about four times what fits
  for (int i = 0; i < kRows; ++i) {
    cache.offer(Table::kEntries, "row" + std::to_string(i), value, 1);
    ASSERT_EQ(cache.find(Table::kEntries, "used", 1), found(value)) << i;
  }
  for (int i = 0; i < kRows; ++i) known += cache.find(Table::kEntries, "row" + std::to_string(i), 1) != kUnknown;
  EXPECT_GT(known, 1000u);
  EXPECT_LT(known, size_t(256 * 4096 / 200));
}

TEST(RowCache, WhatHasChangedIsForgottenAndNoOfferFromBeforeIsTaken) {
  Rows cache(1 << 20);
  cache.offer(Table::kMeta, "a", "1", 1);
  cache.forget(Table::kMeta, "a", 2);
  EXPECT_EQ(cache.find(Table::kMeta, "a", 2), kUnknown);
  cache.offer(Table::kMeta, "a", "1", 1);
  EXPECT_EQ(cache.find(Table::kMeta, "a", 2), kUnknown);
  cache.offer(Table::kMeta, "a", "2", 2);
  EXPECT_EQ(cache.find(Table::kMeta, "a", 2), found("2"));
}

TEST(RowCache, InodesAreShared) {
  RowCache<InodePtr> cache(1 << 20);
  const auto inode = std::make_shared<const InodeRow>(InodeRow{.id = InodeId(7)});
  cache.offer(Table::kEntries, "a", inode, 1);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 1), inode);
  cache.offer(Table::kEntries, "a", nullptr, 2);
  EXPECT_EQ(cache.find(Table::kEntries, "a", 2), std::optional<InodePtr>(nullptr));
}

TEST(RowCache, LongKeysAreKeysToo) {
  Rows cache(1 << 20);
  const std::string key(5000, 'k');
  cache.offer(Table::kEntries, key, "1", 1);
  EXPECT_EQ(cache.find(Table::kEntries, key, 1), found("1"));
}

// Against a plain history: whatever is found at a version is what the rows were at that version.
TEST(RowCache, NeverTellsAnythingButTheStateOfTheVersion) {
  std::mt19937_64 random(7);
  Rows cache(256 * 600);
  std::vector<std::map<std::string, std::string>> versions(1);
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "k" + std::to_string(random() % 300);
    if (random() % 4 == 0) {
      auto now = versions.back();
      std::optional<std::string> value;
      if (random() % 3 != 0) value = std::to_string(step);
      if (value) {
        now[key] = *value;
      } else {
        now.erase(key);
      }
      versions.push_back(std::move(now));
      if (versions.size() > 2000) break;
      cache.forget(Table::kEntries, key, versions.size() - 1);
      continue;
    }
    const uint64_t at = versions.size() - 1 - std::min<uint64_t>(random() % 5, versions.size() - 1);
    auto row = versions[at].find(key);
    const Found truth = row == versions[at].end() ? kAbsent : found(row->second);
    Found told = cache.find(Table::kEntries, key, at);
    if (told == kUnknown) {
      cache.offer(Table::kEntries, key, *truth, at);
    } else {
      ASSERT_EQ(told, truth) << key << " at " << at;
    }
  }
}

}  // namespace
}  // namespace dfs::namenode
