#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "namenode/store/tables.h"

namespace dfs::namenode {

// View::scan() of `below` with changed rows over it: a changed row hides what `below` has, and one without a value is
// not there. `row` to `end`: those from where the scan begins, with the scan's prefix, in order of keys; `key_of` and
// `value_of` take such an iterator.
template <class Iterator, class KeyOf, class ValueOf>
Result<void> scan_merged(const View& below, Table table, std::string_view prefix, std::string_view from, Iterator row,
                         Iterator end, const KeyOf& key_of, const ValueOf& value_of,
                         const std::function<bool(std::string_view, std::string_view)>& visit) {
  auto is_own = [&] { return row != end && std::string_view(key_of(row)).starts_with(prefix); };
  if (!is_own()) return below.scan(table, prefix, from, visit);
  bool go_on = true;
  // Own rows up to `key`, which they hide if it is among them.
  auto visit_own_before = [&](std::optional<std::string_view> key) {
    bool hidden = false;
    for (; go_on && !hidden && is_own() && (!key || key_of(row) <= *key); ++row) {
      hidden = key && key_of(row) == *key;
      if (const std::optional<std::string> value = value_of(row)) go_on = visit(key_of(row), *value);
    }
    return hidden;
  };
  DFS_TRY_OK(below.scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
    if (!visit_own_before(key) && go_on) go_on = visit(key, value);
    return go_on;
  }));
  visit_own_before(std::nullopt);
  return {};
}

}  // namespace dfs::namenode
