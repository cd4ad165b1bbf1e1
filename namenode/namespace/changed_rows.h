#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/tables.h"

namespace dfs::namenode {

// Rows that change, each once however often it does. Nearly all records change a dozen, which are found fastest by
// looking at each; a tree that goes changes as many as it has, and for those there is an index.
class ChangedRows {
 public:
  ChangedRows() = default;
  ChangedRows(const ChangedRows&) = delete;
  ChangedRows& operator=(const ChangedRows&) = delete;

  // What the row is to hold; null where it does not change. Good until the next put().
  const RowContent* find(Table table, std::string_view key) const;
  void put(Table table, std::string key, RowContent content);
  // Those whose key has this prefix, from `from` on, in order of keys. Good until the next put().
  std::vector<const Batch::Change*> in_order(Table table, std::string_view prefix, std::string_view from) const;
  // All of them, in the order in which they first changed.
  std::vector<Batch::Change> take();

 private:
  struct Name {
    Table table;
    std::string_view key;
    auto operator<=>(const Name&) const = default;
  };
  struct InOrder {
    using is_transparent = void;
    const std::vector<Batch::Change>* rows;
    Name name(uint32_t position) const { return {(*rows)[position].table, (*rows)[position].key}; }
    static Name name(const Name& of) { return of; }
    bool operator()(const auto& one, const auto& other) const { return name(one) < name(other); }
  };

  std::optional<size_t> position_of(const Name& name) const;

  std::vector<Batch::Change> rows_;
  std::optional<std::set<uint32_t, InOrder>> index_;  // positions; from kRowsWithoutIndex rows on
};

}  // namespace dfs::namenode
