#include "datanode/replicas/replica_rows.h"

#include <utility>

namespace dfs::datanode {

ReplicaRow* ReplicaRows::find(BlockId id) {
  if (places_ == 0) return nullptr;
  for (size_t i = home(id);; i = (i + 1) & (places_ - 1)) {
    if (rows_[i].volume == ReplicaRow::kNoVolume) return nullptr;
    if (rows_[i].id == id) return &rows_[i];
  }
}

void ReplicaRows::put(const ReplicaRow& row) {
  if (ReplicaRow* present = find(row.id)) {
    *present = row;
    return;
  }
  if (places_ == 0 || (count_ + 1) * 8 > places_ * 7) resize(places_ == 0 ? 16 : places_ * 2);
  size_t i = home(row.id);
  while (rows_[i].volume != ReplicaRow::kNoVolume) i = (i + 1) & (places_ - 1);
  rows_[i] = row;
  ++count_;
}

bool ReplicaRows::erase(BlockId id) {
  ReplicaRow* found = find(id);
  if (!found) return false;
  // Whatever would no longer be found across the hole moves into it.
  size_t hole = size_t(found - rows_.get());
  for (size_t i = (hole + 1) & (places_ - 1); rows_[i].volume != ReplicaRow::kNoVolume; i = (i + 1) & (places_ - 1)) {
    const size_t from_home = (i - home(rows_[i].id)) & (places_ - 1);
    const size_t from_hole = (i - hole) & (places_ - 1);
    if (from_home < from_hole) continue;
    rows_[hole] = rows_[i];
    hole = i;
  }
  rows_[hole] = ReplicaRow{};
  --count_;
  if (places_ > 16 && count_ * 8 < places_ * 2) resize(places_ / 2);
  return true;
}

void ReplicaRows::resize(size_t places) {
  auto old = std::exchange(rows_, std::make_unique<ReplicaRow[]>(places));
  const size_t old_places = std::exchange(places_, places);
  for (size_t from = 0; from < old_places; ++from) {
    if (old[from].volume == ReplicaRow::kNoVolume) continue;
    size_t i = home(old[from].id);
    while (rows_[i].volume != ReplicaRow::kNoVolume) i = (i + 1) & (places_ - 1);
    rows_[i] = old[from];
  }
}

}  // namespace dfs::datanode
