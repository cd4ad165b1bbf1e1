#include "namenode/store/known_names.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

std::string key_of(uint64_t directory, std::string_view name) {
  return entry_key(InodeId(directory), name);
}

TEST(KnownNames, OfADirectoryThatWasNeverEmptyNothingIsKnown) {
  KnownNames names(100);
  EXPECT_FALSE(names.lacks(key_of(7, "a")));
  names.add(key_of(7, "b"));
  EXPECT_FALSE(names.lacks(key_of(7, "a")));
}

TEST(KnownNames, WhatWasNotAddedToAnEmptyDirectoryIsNotThere) {
  KnownNames names(100);
  names.is_empty(7);
  EXPECT_TRUE(names.lacks(key_of(7, "a")));
  EXPECT_FALSE(names.lacks(key_of(8, "a")));
  names.add(key_of(7, "a"));
  names.add(key_of(7, "a"));
  EXPECT_FALSE(names.lacks(key_of(7, "a")));
  EXPECT_TRUE(names.lacks(key_of(7, "b")));
  names.is_empty(7);
  EXPECT_TRUE(names.lacks(key_of(7, "a")));
}

TEST(KnownNames, ADirectoryThatIsTooLargeIsNotKnownAnyMore) {
  KnownNames names(100);
  names.is_empty(7);
  for (int i = 0; i < 60; ++i) names.add(key_of(7, std::to_string(i)));
  EXPECT_FALSE(names.lacks(key_of(7, "new")));
}

TEST(KnownNames, KeysThatAreNoneAreNotKnown) {
  KnownNames names(100);
  names.is_empty(0);
  names.add("short");
  EXPECT_FALSE(names.lacks("short"));
}

// Beside a plain model: what is said to be lacking is, and what is used lately is remembered.
TEST(KnownNames, NeverLacksWhatIsThere) {
  std::mt19937_64 random(11);
  KnownNames names(400);
  std::map<uint64_t, std::set<std::string>> model;
  size_t known = 0;
  for (int step = 0; step < 50'000; ++step) {
    const uint64_t directory = random() % 40;
    const std::string name = std::to_string(random() % 30);
    std::set<std::string>& there = model[directory];
    if (random() % 50 == 0) {
      there.clear();
      names.is_empty(directory);
    } else if (random() % 3 == 0) {
      there.insert(name);
      names.add(key_of(directory, name));
    } else if (names.lacks(key_of(directory, name))) {
      ASSERT_FALSE(there.contains(name)) << step;
      ++known;
    }
  }
  EXPECT_GT(known, 1000u);
}

}  // namespace
}  // namespace dfs::namenode
