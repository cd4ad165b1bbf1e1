#include "namenode/store/tables.h"

#include "namenode/store/rows.h"

namespace dfs::namenode {

Result<InodePtr> View::inode(std::string_view entry_key) const {
  DFS_TRY(std::optional<std::string> bytes, get(Table::kEntries, entry_key));
  if (!bytes) return InodePtr();
  return decode_inode(*bytes);
}

std::optional<std::string> Batch::Change::bytes() const {
  return inode ? encode(*inode) : value;
}

void Batch::put(std::string entry_key, InodePtr inode) {
  bytes_ += entry_key.size() + memory_bytes(*inode);
  changes_.push_back({Table::kEntries, std::move(entry_key), std::nullopt, std::move(inode)});
}

Result<void> View::scan_inodes(std::string_view prefix, std::string_view from,
                               const std::function<bool(std::string_view, const InodePtr&)>& visit) const {
  Result<void> outcome;
  DFS_TRY_OK(scan(Table::kEntries, prefix, from, [&](std::string_view key, std::string_view value) {
    Result<InodePtr> inode = decode_inode(value);
    if (!inode) outcome = std::unexpected(std::move(inode).error());
    return inode && visit(key, *inode);
  }));
  return outcome;
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
