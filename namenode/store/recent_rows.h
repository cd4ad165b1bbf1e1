#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namenode/store/tables.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {

// The versions of the tables that somebody reads. Thread-safe.
class PinnedVersions {
 public:
  void add(uint64_t version);
  void remove(uint64_t version);
  // Whether one is in [from, before).
  bool any_in(uint64_t from, uint64_t before) const;

 private:
  mutable std::mutex mutex_;
  std::multiset<uint64_t> versions_;
};

// Rows that were changed lately, in memory, with what they were at each version that is still read: what lies over
// tables on disk until it is written there. One thread writes, any thread reads.
//
// Rows whose keys begin alike (the children of a directory, the blocks of neighbouring files) lie together in a small
// ordered group, which is found by hash: a lookup touches few cache lines however many rows there are, and a scan has
// them in order.
class RecentRows {
 public:
  explicit RecentRows(std::shared_ptr<const PinnedVersions> pins) : pins_(std::move(pins)) {}
  RecentRows(const RecentRows&) = delete;
  RecentRows& operator=(const RecentRows&) = delete;

  // The row holds `value` from `version` on, which is the newest. What it was before is kept while it is read.
  void write(Table table, std::string key, RowContent value, uint64_t version);
  // All rows before `end`, here and below, are gone from `version` on.
  void cut(Table table, std::string end, uint64_t version);

  // What the row was at `version`; nothing where that has to be asked of what lies below.
  std::optional<RowContent> find(Table table, std::string_view key, uint64_t version) const;
  // Whether what lies below has the row no more: it was cut off.
  bool is_cut(Table table, std::string_view key, uint64_t version) const;

  struct Row {
    std::string key;
    RowContent value;
  };
  // Appends up to `count_max` rows as they were at `version`, also those that were not there, in order from `from` on
  // (after it where `after` is set), while they start with `prefix`. True if it ended at the count.
  bool rows_from(Table table, std::string_view prefix, std::string_view from, bool after, uint64_t version,
                 size_t count_max, std::vector<Row>& rows) const;

  // Which version last changed a row of kEntries that begins with `directory`, an id; 0: none did.
  uint64_t newest_child(std::string_view directory) const;
  // Whether anything was changed, rows or what is cut off.
  bool has(Table table) const { return table_of(table).has_any.load(std::memory_order_acquire); }
  // What it takes in memory, about.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // These are of rows that are no longer written.
  bool has_rows(Table table) const { return !table_of(table).order.empty(); }
  // The newest of each row in order of keys.
  void for_each(Table table, const std::function<void(const std::string& key, const RowContent& value)>& visit) const;
  // Where the last cut ended. Empty: there was none.
  std::string cut_end(Table table) const;

 private:
  struct Version {
    uint64_t number = 0;
    RowContent value;
    std::unique_ptr<Version> older;
  };
  // The order of bytes, eight at once: the first of keys in a group are mostly the same.
  struct Less {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
      const size_t shared = std::min(a.size(), b.size());
      for (size_t at = 0; at + 8 <= shared; at += 8) {
        if (const auto [x, y] = words(a, b, at); x != y) return x < y;
      }
      if (shared >= 8) {
        if (const auto [x, y] = words(a, b, shared - 8); x != y) return x < y;
        return a.size() < b.size();
      }
      return a < b;
    }
    static std::pair<uint64_t, uint64_t> words(std::string_view a, std::string_view b, size_t at) {
      return {load_big_endian<uint64_t>(a.data() + at), load_big_endian<uint64_t>(b.data() + at)};
    }
  };
  struct Rows : std::map<std::string, Version, Less> {
    uint64_t newest = 0;  // version of any of them
  };
  struct Group {
    uint64_t high = 0, low = 0;
    auto operator<=>(const Group&) const = default;
  };
  struct GroupName {
    Table table;
    Group group;
    bool operator==(const GroupName&) const = default;
  };
  struct Hash {
    size_t operator()(const GroupName& name) const;
  };
  struct Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<GroupName, Rows, Hash> groups;
  };
  struct Cut {
    uint64_t version;
    std::string end;
  };
  struct OfTable {
    std::atomic<bool> has_any = false;
    mutable std::mutex mutex;
    std::set<Group> order;
    std::vector<Cut> cuts;
    std::atomic<bool> has_cuts = false;
  };
  static constexpr size_t kShards = 64;

  static Group group_of(Table table, std::string_view key);
  Shard& shard_of(const GroupName& name) const { return shards_[Hash()(name) >> 32 & (kShards - 1)]; }
  OfTable& table_of(Table table) const { return tables_[size_t(table)]; }
  static const RowContent* at(const Version& newest, uint64_t version);
  void put(Rows& rows, std::string key, RowContent value, uint64_t version);
  size_t drop_unread(std::unique_ptr<Version>& older, uint64_t newer) const;
  // The first group from `from` on; nothing behind the last.
  std::optional<Group> group_from(Table table, const Group& from, bool after) const;

  const std::shared_ptr<const PinnedVersions> pins_;
  mutable std::array<Shard, kShards> shards_;
  mutable std::array<OfTable, kTableCount> tables_;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace dfs::namenode
