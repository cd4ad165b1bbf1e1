#include "namenode/blocks/ordered_reads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "namenode/blocks/stored_block.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

// Counts what is asked of it; fails after so many questions.
class AskedView final : public View {
 public:
  explicit AskedView(const View& of) : of_(of) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    ++gets;
    return of_.get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    if (fails) return fail(ErrorCode::kIo, "no disk");
    gets += keys.size();
    return of_.get_many(table, keys);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    ++scans;
    return of_.scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
      ++rows;
      return visit(key, value);
    });
  }
  using View::scan;
  mutable size_t gets = 0, scans = 0, rows = 0;
  bool fails = false;

 private:
  const View& of_;
};

struct OrderedReads : testing::Test {
  void put(uint64_t id) {
    Batch batch;
    batch.put(Table::kBlockIndex, block_key(BlockId(id)), "value" + std::to_string(id));
    ASSERT_TRUE(tables->write(batch, kNoTransaction));
  }
  static std::vector<std::string> keys_of(const std::vector<uint64_t>& ids) {
    std::vector<std::string> keys;
    for (uint64_t id : ids) keys.push_back(block_key(BlockId(id)));
    return keys;
  }
  Result<std::map<uint64_t, std::string>> found(const View& view, const std::vector<uint64_t>& ids) {
    std::map<uint64_t, std::string> values;
    DFS_TRY_OK(find_rows(view, Table::kBlockIndex, keys_of(ids), [&](size_t i, std::string_view value) -> Result<void> {
      EXPECT_TRUE(values.emplace(ids[i], value).second);
      return {};
    }));
    return values;
  }
  std::unique_ptr<Tables> tables = Tables::in_memory();
};

TEST_F(OrderedReads, find_what_single_lookups_find) {
  std::mt19937 random(7);
  for (uint64_t id = 0; id < 4000; ++id) {
    // Close together, far apart, and in groups.
    const bool there = id < 1000 ? random() % 8 != 0 : id < 2000 ? id % 97 == 0 : id % 300 < 40;
    if (there) put(id);
  }
  for (int round = 0; round < 50; ++round) {
    const uint64_t one_of = 1 + random() % (round % 2 == 0 ? 3 : 200);
    std::vector<uint64_t> ids;
    for (uint64_t id = random() % 4000; id < 4200; id += 1 + random() % one_of) ids.push_back(id);
    Result<std::map<uint64_t, std::string>> values = found(*tables, ids);
    ASSERT_TRUE(values);
    for (uint64_t id : ids) {
      const std::optional<std::string> single = tables->get(Table::kBlockIndex, block_key(BlockId(id))).value();
      ASSERT_EQ(values->contains(id), single.has_value()) << id;
      if (single) ASSERT_EQ(values->at(id), *single);
    }
  }
  EXPECT_TRUE(found(*tables, {})->empty());
}

TEST_F(OrderedReads, scan_over_rows_that_lie_together_and_look_up_those_far_apart) {
  for (uint64_t id = 0; id < 20'000; ++id) put(id);
  std::vector<uint64_t> together, apart;
  for (uint64_t i = 0; i < 200; ++i) {
    together.push_back(500 + 2 * i);
    apart.push_back(100 * i);
  }
  AskedView close(*tables), far(*tables);
  EXPECT_EQ(found(close, together)->size(), 200u);
  EXPECT_EQ(close.scans, 1u);
  EXPECT_EQ(close.gets, 0u);
  EXPECT_EQ(found(far, apart)->size(), 200u);
  EXPECT_LE(far.scans, 5u);
  EXPECT_GE(far.gets, 190u);
  EXPECT_LT(far.rows, 100u);
}

TEST_F(OrderedReads, find_the_rows_below_each_prefix) {
  std::mt19937 random(11);
  Batch batch;
  for (uint64_t id = 0; id < 5000; ++id) {
    const uint32_t count = id < 2500 ? uint32_t(random() % 4) : uint32_t(id % 250 == 0 ? 3 : 1);
    for (uint32_t storage = 1; storage <= count; ++storage) {
      put_replica(batch, BlockId(id), StorageNumber(storage), {GenerationStamp(id), storage, {}});
    }
  }
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  for (int round = 0; round < 200; ++round) {
    const uint64_t one_of = 1 + random() % (round % 2 == 0 ? 3 : 300);
    std::vector<BlockId> ids;
    for (uint64_t id = random() % 5000; id < 5100; id += 1 + random() % one_of) ids.push_back(BlockId(id));
    Result<std::vector<std::vector<LocatedReplica>>> all = replicas_of_all(*tables, ids);
    ASSERT_TRUE(all);
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::vector<LocatedReplica> single = replicas_of(*tables, ids[i]).value();
      ASSERT_EQ((*all)[i].size(), single.size()) << raw(ids[i]);
      for (size_t k = 0; k < single.size(); ++k) {
        ASSERT_EQ((*all)[i][k].storage, single[k].storage);
        ASSERT_EQ((*all)[i][k].replica, single[k].replica);
      }
    }
  }
}

TEST_F(OrderedReads, end_with_the_first_error) {
  for (uint64_t id = 0; id < 2000; ++id) put(id);
  size_t visited = 0;
  Result<void> ended = find_rows(*tables, Table::kBlockIndex, keys_of({1, 2, 3}), [&](size_t, std::string_view) {
    ++visited;
    return Result<void>(fail(ErrorCode::kCorruptFormat, "this one"));
  });
  EXPECT_EQ(ended.error().message(), "this one");
  EXPECT_EQ(visited, 1u);
  ended =
      find_rows_below(*tables, Table::kBlockIndex, keys_of({1, 2, 3}), [&](size_t, std::string_view, std::string_view) {
        return Result<void>(fail(ErrorCode::kCorruptFormat, "this one"));
      });
  EXPECT_EQ(ended.error().message(), "this one");
  AskedView view(*tables);
  view.fails = true;
  EXPECT_EQ(found(view, {1, 500, 1000}).error().message(), "no disk");
}

TEST_F(OrderedReads, a_damaged_row_is_an_error_whoever_reads_it) {
  Batch batch;
  batch.put(Table::kReplicas, block_key(BlockId(1)), "x");
  ASSERT_TRUE(tables->write(batch, kNoTransaction));
  EXPECT_FALSE(replicas_of(*tables, BlockId(1)));
  const std::vector one{BlockId(1)};
  EXPECT_FALSE(replicas_of_all(*tables, one));
}

}  // namespace
}  // namespace dfs::namenode
