#include "datanode/replicas/replica_map.h"

#include <algorithm>
#include <queue>

#include "proto/base/check.h"

namespace dfs::datanode {

void ReplicaMap::attach(Volume& volume) {
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    DFS_CHECK(shard.volumes.size() < ReplicaRow::kNoVolume);
    shard.volumes.push_back(&volume);
  }
}

std::vector<Block> ReplicaMap::detach(const Volume& volume) {
  std::vector<Block> taken;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    auto number = number_of(shard, volume);
    if (!number) continue;
    shard.rows.erase_if([&](const ReplicaRow& row) {
      if (row.volume != *number) return false;
      taken.push_back({.id = row.id, .generation = row.generation, .length_bytes = row.length_bytes});
      return true;
    });
    std::erase_if(shard.live, [&](const auto& one) {
      auto replica = one.second.replica.lock();
      if (!replica || &replica->volume() != &volume) return !replica;
      if (one.second.pinned) taken.push_back(replica->view().block);
      return true;
    });
    shard.volumes[*number] = nullptr;
  }
  return taken;
}

std::shared_ptr<Replica> ReplicaMap::find(BlockId id) {
  Shard& shard = this->shard(id);
  std::lock_guard lock(shard.mutex);
  if (auto live = shard.live.find(raw(id)); live != shard.live.end()) {
    if (auto replica = live->second.replica.lock()) return replica;
  }
  const ReplicaRow* row = shard.rows.find(id);
  return row ? make(shard, *shard.volumes[row->volume], view_of(shard, *row)) : nullptr;
}

std::shared_ptr<Replica> ReplicaMap::make(Shard& shard, Volume& volume, Replica::View view) {
  const uint64_t id = raw(view.block.id);
  // What is left of those that were let go is swept out now and then, so that letting go needs no lock.
  if (shard.live.size() >= shard.sweep_at) {
    std::erase_if(shard.live, [](const auto& one) { return one.second.replica.expired(); });
    shard.sweep_at = std::max<size_t>(2 * shard.live.size(), 16);
  }
  std::shared_ptr<Replica> replica(new Replica(volume, std::move(view), weak_from_this()));
  shard.live[id] = {.replica = replica, .pinned = nullptr};
  return replica;
}

ReplicaMap::Inserted ReplicaMap::insert(Volume& volume, Replica::View view, std::function<void()> stop) {
  const BlockId id = view.block.id;
  while (true) {
    if (auto there = find(id)) return {there, {}};
    Shard& shard = this->shard(id);
    std::lock_guard lock(shard.mutex);
    if (present(shard, id)) continue;
    if (!number_of(shard, volume)) return {};
    auto replica = make(shard, volume, std::move(view));
    ReplicaClaim claim = ReplicaClaim::attempt(replica, std::move(stop));
    shard.live[raw(id)].pinned = replica;
    return {std::move(replica), std::move(claim)};
  }
}

std::optional<std::pair<Volume*, Replica::View>> ReplicaMap::add(Volume& volume, const Replica::View& view) {
  Shard& shard = this->shard(view.block.id);
  std::lock_guard lock(shard.mutex);
  if (auto there = present(shard, view.block.id)) return there;
  if (auto row = row_of(shard, volume, view)) {
    shard.rows.put(*row);
  } else {
    auto replica = make(shard, volume, view);
    shard.live[raw(view.block.id)].pinned = std::move(replica);
  }
  return std::nullopt;
}

void ReplicaMap::erase(const Replica& replica) {
  Shard& shard = this->shard(replica.id());
  std::lock_guard lock(shard.mutex);
  auto live = shard.live.find(raw(replica.id()));
  if (live == shard.live.end() || live->second.replica.lock().get() != &replica) return;
  shard.live.erase(live);
  shard.rows.erase(replica.id());
}

void ReplicaMap::settle(const Replica& replica) {
  Shard& shard = this->shard(replica.id());
  std::lock_guard lock(shard.mutex);
  auto live = shard.live.find(raw(replica.id()));
  if (live == shard.live.end()) return;
  auto known = live->second.replica.lock();
  if (known.get() != &replica) return;
  if (auto row = row_of(shard, replica.volume(), replica.view())) {
    shard.rows.put(*row);
    live->second.pinned.reset();
  } else {
    shard.rows.erase(replica.id());
    live->second.pinned = known;
  }
}

std::optional<uint16_t> ReplicaMap::number_of(const Shard& shard, const Volume& volume) {
  auto found = std::ranges::find(shard.volumes, &volume);
  if (found == shard.volumes.end()) return std::nullopt;
  return uint16_t(found - shard.volumes.begin());
}

std::optional<ReplicaRow> ReplicaMap::row_of(const Shard& shard, const Volume& volume, const Replica::View& view) {
  const Block& block = view.block;
  auto number = number_of(shard, volume);
  if (!number || view.state != ReplicaState::kFinalized || block.length_bytes > ReplicaRow::kLengthMax ||
      view.on_disk_bytes != block.length_bytes || view.directory != volume.layout().finalized_directory(block.id)) {
    return std::nullopt;
  }
  return ReplicaRow{
      .id = block.id, .generation = block.generation, .length_bytes = block.length_bytes, .volume = *number};
}

Replica::View ReplicaMap::view_of(const Shard& shard, const ReplicaRow& row) {
  Replica::View view;
  view.block = {.id = row.id, .generation = row.generation, .length_bytes = row.length_bytes};
  view.on_disk_bytes = view.acknowledged_bytes = row.length_bytes;
  view.directory = shard.volumes[row.volume]->layout().finalized_directory(row.id);
  return view;
}

std::optional<std::pair<Volume*, Replica::View>> ReplicaMap::present(const Shard& shard, BlockId id) {
  if (auto live = shard.live.find(raw(id)); live != shard.live.end()) {
    if (auto replica = live->second.replica.lock()) return std::pair(&replica->volume(), replica->view());
  }
  if (const ReplicaRow* row = shard.rows.find(id)) return std::pair(shard.volumes[row->volume], view_of(shard, *row));
  return std::nullopt;
}

void ReplicaMap::visit(const Volume& volume, const std::function<void(const Listed&)>& visit) const {
  for (const Shard& shard : shards_) {
    std::vector<std::shared_ptr<Replica>> looked_at;  // kept, so that none of them is taken for its row as well
    std::lock_guard lock(shard.mutex);
    auto number = number_of(shard, volume);
    if (!number) continue;
    for (const auto& [id, live] : shard.live) {
      auto replica = live.replica.lock();
      if (!replica) continue;
      if (&replica->volume() == &volume) {
        const Replica::View view = replica->view();
        visit({view.block, view.state == ReplicaState::kRur ? view.state_before_recovery : view.state});
      }
      looked_at.push_back(std::move(replica));
    }
    shard.rows.for_each([&](const ReplicaRow& row) {
      if (row.volume != *number) return;
      if (!looked_at.empty()) {
        auto live = shard.live.find(raw(row.id));
        if (live != shard.live.end() && !live->second.replica.expired()) return;
      }
      visit({{.id = row.id, .generation = row.generation, .length_bytes = row.length_bytes}, ReplicaState::kFinalized});
    });
  }
}

std::vector<BlockId> ReplicaMap::finalized_after(const Volume& volume, BlockId last, size_t count_max) const {
  std::priority_queue<uint64_t> lowest;
  visit(volume, [&](const Listed& listed) {
    const uint64_t id = raw(listed.block.id);
    if (listed.state != ReplicaState::kFinalized || id <= raw(last)) return;
    if (lowest.size() == count_max) {
      if (id > lowest.top()) return;
      lowest.pop();
    }
    lowest.push(id);
  });
  std::vector<BlockId> ids(lowest.size());
  for (size_t i = ids.size(); i-- > 0; lowest.pop()) ids[i] = BlockId(lowest.top());
  return ids;
}

size_t ReplicaMap::size() const {
  size_t count = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    count += shard.rows.size();
    for (const auto& [id, live] : shard.live) count += live.pinned != nullptr;
  }
  return count;
}

size_t ReplicaMap::size(const Volume& volume) const {
  size_t count = 0;
  visit(volume, [&](const Listed&) { ++count; });
  return count;
}

std::vector<std::shared_ptr<Replica>> ReplicaMap::in_use(const Volume& volume) const {
  std::vector<std::shared_ptr<Replica>> found;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [id, live] : shard.live) {
      auto replica = live.replica.lock();
      if (replica && &replica->volume() == &volume) found.push_back(std::move(replica));
    }
  }
  return found;
}

size_t ReplicaMap::live() const {
  size_t count = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [id, live] : shard.live) count += !live.replica.expired();
  }
  return count;
}

}  // namespace dfs::datanode
