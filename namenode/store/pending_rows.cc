#include "namenode/store/pending_rows.h"

#include <algorithm>
#include <utility>

#include "namenode/store/merged_scan.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

std::optional<std::string> PendingRows::Row::bytes() const {
  return inode ? encode(*inode) : value;
}
size_t PendingRows::Row::size() const {
  return inode ? memory_bytes(*inode) : value ? value->size() : 0;
}

Result<std::optional<std::string>> PendingRows::get(Table table, std::string_view key) const {
  const Rows& rows = rows_[size_t(table)];
  if (auto found = rows.find(key); found != rows.end()) return found->second.bytes();
  return tables_.get(table, key);
}

Result<InodePtr> PendingRows::inode(std::string_view entry_key) const {
  const Rows& rows = rows_[size_t(Table::kEntries)];
  auto found = rows.find(entry_key);
  if (found == rows.end()) return tables_.inode(entry_key);
  const Row& row = found->second;
  if (row.inode || !row.value) return row.inode;
  return decode_inode(*row.value);
}

Result<std::vector<std::optional<std::string>>> PendingRows::get_many(Table table,
                                                                      const std::vector<std::string>& keys) const {
  DFS_TRY(std::vector<std::optional<std::string>> values, tables_.get_many(table, keys));
  const Rows& rows = rows_[size_t(table)];
  if (rows.empty()) return values;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (auto found = rows.find(keys[i]); found != rows.end()) values[i] = found->second.bytes();
  }
  return values;
}

Result<void> PendingRows::scan(Table table, std::string_view prefix, std::string_view from,
                               const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const Rows& rows = rows_[size_t(table)];
  return scan_merged(
      tables_, table, prefix, from, rows.lower_bound(std::max(prefix, from)), rows.end(),
      [](Rows::const_iterator row) -> const std::string& { return row->first; },
      [](Rows::const_iterator row) { return row->second.bytes(); }, visit);
}

Result<void> PendingRows::write(Batch batch, TransactionId applied) {
  if (!batch.cuts().empty()) {
    // A cut comes before the changes of its own batch and after all others.
    DFS_TRY_OK(settle());
    return tables_.write(batch, applied);
  }
  if (applied != kNoTransaction) applied_ = applied;
  bytes_ += batch.bytes();
  for (Batch::Change& change : batch.take_changes()) {
    Rows& rows = rows_[size_t(change.table)];
    auto [row, is_new] = rows.try_emplace(std::move(change.key));
    if (!is_new) bytes_ -= std::min(bytes_, row->first.size() + row->second.size());
    row->second = {std::move(change.value), std::move(change.inode)};
  }
  return {};
}

Result<void> PendingRows::settle() {
  Batch batch;
  for (size_t table = 0; table < kTableCount; ++table) {
    Rows& rows = rows_[table];
    while (!rows.empty()) {
      auto row = rows.extract(rows.begin());
      if (row.mapped().inode) {
        batch.put(std::move(row.key()), std::move(row.mapped().inode));
      } else if (row.mapped().value) {
        batch.put(Table(table), std::move(row.key()), *std::move(row.mapped().value));
      } else {
        batch.erase(Table(table), std::move(row.key()));
      }
    }
  }
  bytes_ = 0;
  const TransactionId applied = std::exchange(applied_, kNoTransaction);
  if (batch.empty() && applied == kNoTransaction) return {};
  return tables_.write(batch, applied);
}

}  // namespace dfs::namenode
