#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "namenode/store/tables.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// Reads of many rows at once, in order of their keys. To go on to the next row costs a tenth of looking one up, so rows
// that lie close together are read by one scan over them, and only those far apart one by one.

// Calls `visit(index, value)` for each of `keys` that has a row. They are in order, none twice.
Result<void> find_rows(const View& view, Table table, std::span<const std::string> keys,
                       const std::function<Result<void>(size_t, std::string_view)>& visit);

// Calls `visit(index, key, value)` for each row whose key starts with one of `prefixes`. These are in order, and none
// is the beginning of another.
Result<void> find_rows_below(const View& view, Table table, std::span<const std::string> prefixes,
                             const std::function<Result<void>(size_t, std::string_view, std::string_view)>& visit);

}  // namespace dfs::namenode
