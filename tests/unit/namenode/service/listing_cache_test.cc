#include "namenode/service/listing_cache.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

ListingCache::Page page(uint64_t directory, uint64_t state, size_t bytes) {
  return {.of = {.directory = InodeId{directory}, .state = state}, .bytes = std::string(bytes, 'x'), .entries = 3};
}

TEST(ListingCache, APageIsFoundAsLongAsItsDirectoryIsTheSame) {
  ListingCache cache(1 << 20);
  cache.put(page(16, 1, 10));
  const auto found = cache.find({.directory = InodeId{16}, .state = 1});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes.size(), 10u);
  EXPECT_EQ(found->entries, 3u);
  EXPECT_FALSE(cache.find({.directory = InodeId{16}, .state = 2}));
  EXPECT_FALSE(cache.find({.directory = InodeId{16}, .state = 1, .storage_policy = 7}));
  EXPECT_FALSE(cache.find({.directory = InodeId{32}, .state = 1}));
  cache.put(page(16, 2, 20));
  EXPECT_FALSE(cache.find({.directory = InodeId{16}, .state = 1}));
  EXPECT_TRUE(cache.find({.directory = InodeId{16}, .state = 2}));
}

TEST(ListingCache, WhatIsUsedStaysAndTheRestMakesRoom) {
  ListingCache cache(16 * 10'000);  // 10,000 bytes for directories 0, 16, 32, ...
  cache.put(page(0, 1, 500));
  for (uint64_t i = 1; i <= 100; ++i) {
    cache.put(page(16 * i, 1, 500));
    ASSERT_TRUE(cache.find({.directory = InodeId{0}, .state = 1})) << i;
  }
  EXPECT_FALSE(cache.find({.directory = InodeId{16}, .state = 1}));
  EXPECT_TRUE(cache.find({.directory = InodeId{16 * 100}, .state = 1}));
  cache.put(page(16 * 101, 1, 5'000));
  EXPECT_FALSE(cache.find({.directory = InodeId{16 * 101}, .state = 1}));
}

}  // namespace
}  // namespace dfs::namenode
