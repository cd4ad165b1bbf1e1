#include "namenode/blocks/ordered_reads.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace dfs::namenode {
namespace {

constexpr size_t kPassedByMax = 16;  // rows between two that are wanted, in a scan that goes on
constexpr size_t kRunMin = 8;        // rows that a scan has to find to be worth another one
constexpr size_t kLookUps = 64;      // made at once where a scan is not worth it

Result<void> look_up(const View& view, Table table, std::span<const std::string> keys, size_t first, size_t end,
                     const std::function<Result<void>(size_t, std::string_view)>& visit) {
  const std::vector<std::string> some(keys.begin() + ptrdiff_t(first), keys.begin() + ptrdiff_t(end));
  DFS_TRY(std::vector<std::optional<std::string>> found, view.get_many(table, some));
  for (size_t i = 0; i < some.size(); ++i) {
    if (found[i]) DFS_TRY_OK(visit(first + i, *found[i]));
  }
  return {};
}

}  // namespace

Result<void> find_rows(const View& view, Table table, std::span<const std::string> keys,
                       const std::function<Result<void>(size_t, std::string_view)>& visit) {
  for (size_t next = 0; next < keys.size();) {
    const size_t begun = next;
    size_t passed_by = 0;
    Result<void> visited;
    DFS_TRY_OK(view.scan(table, "", keys[next], [&](std::string_view key, std::string_view value) {
      while (next < keys.size() && keys[next] < key) ++next;
      if (next == keys.size()) return false;
      if (keys[next] != key) return ++passed_by <= kPassedByMax;
      passed_by = 0;
      visited = visit(next++, value);
      return visited && next < keys.size();
    }));
    DFS_TRY_OK(std::move(visited));
    if (passed_by <= kPassedByMax) return {};
    if (next - begun >= kRunMin) continue;
    const size_t end = std::min(next + kLookUps, keys.size());
    DFS_TRY_OK(look_up(view, table, keys, next, end, visit));
    next = end;
  }
  return {};
}

Result<void> find_rows_below(const View& view, Table table, std::span<const std::string> prefixes,
                             const std::function<Result<void>(size_t, std::string_view, std::string_view)>& visit) {
  // Less where the last gap was not bridged: then the next one is as wide.
  size_t patience = kPassedByMax;
  for (size_t next = 0; next < prefixes.size();) {
    size_t passed_by = 0;
    bool gap = false;
    Result<void> visited;
    DFS_TRY_OK(view.scan(table, "", prefixes[next], [&](std::string_view key, std::string_view value) {
      const size_t before = next;
      while (next < prefixes.size() && prefixes[next] < key && !key.starts_with(prefixes[next])) ++next;
      if (next == prefixes.size()) return false;
      if (!key.starts_with(prefixes[next])) {
        gap = passed_by++ >= patience;
        return !gap;
      }
      if (next != before) patience = kPassedByMax;
      passed_by = 0;
      visited = visit(next, key, value);
      return visited.has_value();
    }));
    DFS_TRY_OK(std::move(visited));
    if (!gap) return {};
    patience /= 2;
  }
  return {};
}

}  // namespace dfs::namenode
