#include "namenode/namespace/changed_rows.h"

#include <algorithm>
#include <utility>

namespace dfs::namenode {
namespace {

constexpr size_t kRowsAtFirst = 12;
constexpr size_t kRowsWithoutIndex = 32;

}  // namespace

std::optional<size_t> ChangedRows::position_of(const Name& name) const {
  if (index_) {
    auto found = index_->find(name);
    return found == index_->end() ? std::nullopt : std::optional<size_t>(*found);
  }
  for (size_t i = rows_.size(); i-- > 0;) {
    if (rows_[i].table == name.table && rows_[i].key == name.key) return i;
  }
  return std::nullopt;
}

const RowContent* ChangedRows::find(Table table, std::string_view key) const {
  const std::optional<size_t> position = position_of({table, key});
  return position ? &rows_[*position] : nullptr;
}

void ChangedRows::put(Table table, std::string key, RowContent content) {
  auto replace = [&](size_t position, RowContent by) { static_cast<RowContent&>(rows_[position]) = std::move(by); };
  if (index_) {
    rows_.push_back({std::move(content), table, std::move(key)});
    const auto [at, is_new] = index_->insert(uint32_t(rows_.size() - 1));
    if (is_new) return;
    replace(*at, std::move(rows_.back()));
    rows_.pop_back();
    return;
  }
  if (const std::optional<size_t> position = position_of({table, key})) return replace(*position, std::move(content));
  if (rows_.empty()) rows_.reserve(kRowsAtFirst);
  rows_.push_back({std::move(content), table, std::move(key)});
  if (rows_.size() <= kRowsWithoutIndex) return;
  index_.emplace(InOrder{&rows_});
  for (uint32_t i = 0; i < rows_.size(); ++i) index_->insert(i);
}

std::vector<const Batch::Change*> ChangedRows::in_order(Table table, std::string_view prefix,
                                                        std::string_view from) const {
  std::vector<const Batch::Change*> found;
  if (index_) {
    for (auto at = index_->lower_bound(Name{table, std::max(prefix, from)}); at != index_->end(); ++at) {
      const Batch::Change& row = rows_[*at];
      if (row.table != table || !row.key.starts_with(prefix)) break;
      found.push_back(&row);
    }
    return found;
  }
  for (const Batch::Change& row : rows_) {
    if (row.table == table && row.key >= from && row.key.starts_with(prefix)) found.push_back(&row);
  }
  std::ranges::sort(found, {}, &Batch::Change::key);
  return found;
}

std::vector<Batch::Change> ChangedRows::take() {
  index_.reset();
  return std::exchange(rows_, {});
}

}  // namespace dfs::namenode
