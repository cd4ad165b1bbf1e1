#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/tables.h"

namespace dfs::namenode {

// A row of a directory.
struct Child {
  std::string key;
  InodePtr inode;
};
using ChildrenPtr = std::shared_ptr<const std::vector<Child>>;

// Rows that were read lately, in front of tables on disk: the newest state of each, with the version of the tables
// since when it is known to be that. A view of an older version passes by what is younger.
//
// Value: std::optional<std::string>, the bytes of a row, or InodePtr, an inode of kEntries; nothing or null: there is
// no such row. Or ChildrenPtr: all rows of a directory, in order; null: they are too many. Versions count what was
// added to the tables. One thread writes; reading and offering may be done on any thread.
template <class Value>
class RowCache {
 public:
  explicit RowCache(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}

  // Nothing: not known here. Otherwise what the row is at `version`.
  std::optional<Value> find(Table table, std::string_view key, uint64_t version);
  // The row has changed, and is what it is now from `version` on, which is the newest.
  void forget(Table table, std::string_view key, uint64_t version);
  // The row was found to have this value at `version`. Taken only if it cannot have changed since.
  void offer(Table table, std::string_view key, Value value, uint64_t version);

 private:
  static constexpr size_t kShards = 256;
  struct Row {
    Value value{};
    uint64_t since = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  // By table and key in one string.
  using Rows = boost::unordered_flat_map<std::string, Row, Hash, std::equal_to<>>;

  // Two generations: what is used moves to the young one, and when that is full the old one goes.
  struct Shard {
    std::mutex mutex;
    Rows young, old;
    size_t young_bytes = 0;
    uint64_t last_change = 0;
  };

  // The map takes the low bits of the hash.
  Shard& shard_of(std::string_view name) { return shards_[(Hash()(name) >> 48) % kShards]; }
  Row* look_up(Shard& shard, std::string_view name);
  void put(Shard& shard, std::string_view name, Row row);
  void make_room(Shard& shard);

  const size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

extern template class RowCache<std::optional<std::string>>;
extern template class RowCache<InodePtr>;
extern template class RowCache<ChildrenPtr>;

}  // namespace dfs::namenode
