#include "namenode/store/tables.h"

#include <algorithm>
#include <iterator>

#include "namenode/store/rows.h"

namespace dfs::namenode {

Result<InodePtr> View::inode(std::string_view entry_key) const {
  DFS_TRY(std::optional<std::string> bytes, get(Table::kEntries, entry_key));
  if (!bytes) return InodePtr();
  return decode_inode(*bytes);
}

Result<void> View::scan_inodes(std::string_view prefix, std::string_view from,
                               const std::function<bool(std::string_view key, const InodePtr& inode)>& visit) const {
  Result<void> outcome;
  DFS_TRY_OK(scan(Table::kEntries, prefix, from, [&](std::string_view key, std::string_view value) {
    Result<InodePtr> inode = decode_inode(value);
    if (inode) return visit(key, *inode);
    outcome = std::unexpected(std::move(inode).error());
    return false;
  }));
  return outcome;
}

std::optional<std::string> RowContent::bytes() const {
  return inode ? encode(*inode) : value;
}

void Batch::put(std::vector<Change> changes) {
  if (changes_.empty()) {
    changes_ = std::move(changes);
  } else {
    std::ranges::move(changes, std::back_inserter(changes_));
  }
}

size_t RowContent::size() const {
  return inode ? memory_bytes(*inode) : value ? value->size() : 0;
}

Result<InodePtr> RowContent::decoded() const {
  if (inode || !value) return inode;
  return decode_inode(*value);
}

Result<std::vector<std::optional<std::string>>> View::get_many(Table table,
                                                               const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys) {
    DFS_TRY(values.emplace_back(), get(table, key));
  }
  return values;
}

}  // namespace dfs::namenode
