#include "namenode/store/recent_rows.h"

#include <algorithm>
#include <utility>

namespace dfs::namenode {
namespace {

// What a row takes beside its key and value: its node in the map.
constexpr size_t kNodeBytes = 136;

// The bits of the first sixteen bytes of its keys that tell a group. Ids are given in order, and what is changed
// together mostly has neighbouring ones: some dozen rows are a group.
struct GroupBits {
  uint64_t high, low;
};
constexpr uint64_t kAll = UINT64_MAX, kBy8 = ~uint64_t(7), kBy32 = ~uint64_t(31);
constexpr uint64_t kUpperHalf = ~uint64_t(UINT32_MAX);

constexpr GroupBits group_bits(Table table) {
  switch (table) {
    case Table::kEntries:
    case Table::kSnapshots:
    case Table::kVersions:
      return {kAll, 0};  // a directory
    case Table::kInodeIndex:
    case Table::kFileBlocks:
    case Table::kBlockIndex:
    case Table::kOpenFiles:
    case Table::kQuotaUsage:
    case Table::kVersionsOfInode:
    case Table::kBlockVersions:
      return {kBy32, 0};  // neighbouring inodes or blocks
    case Table::kReplicas:
      return {kBy8, 0};  // neighbouring blocks, each with some replicas
    case Table::kStorageReplicas:
      return {kAll, kUpperHalf & (kBy32 << 32)};  // four bytes of a storage, then the block
    case Table::kVersionsOfSnapshot:
      return {kAll, kUpperHalf};  // four bytes of a snapshot, then the directory
    case Table::kRetries:
      return {kAll, kAll};  // the period, then the client
    case Table::kStorages:
    case Table::kMeta:
      break;
  }
  return {0, 0};
}

uint64_t eight_bytes(std::string_view key) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | (i < key.size() ? uint8_t(key[i]) : 0);
  return value;
}

}  // namespace

void PinnedVersions::add(uint64_t version) {
  std::lock_guard lock(mutex_);
  versions_.insert(versions_.end(), version);
}
void PinnedVersions::remove(uint64_t version) {
  std::lock_guard lock(mutex_);
  versions_.erase(versions_.find(version));
}
bool PinnedVersions::any_in(uint64_t from, uint64_t before) const {
  std::lock_guard lock(mutex_);
  const auto first = versions_.lower_bound(from);
  return first != versions_.end() && *first < before;
}

size_t RecentRows::Hash::operator()(const GroupName& name) const {
  // Ids are dense: each bit of them has to reach those that choose the shard and the bucket.
  uint64_t mixed = (name.group.high ^ uint64_t(name.table) << 56) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ mixed >> 32 ^ name.group.low) * 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 32;
}

RecentRows::Group RecentRows::group_of(Table table, std::string_view key) {
  const GroupBits bits = group_bits(table);
  Group group;
  if (bits.high != 0) group.high = eight_bytes(key) & bits.high;
  if (bits.low != 0 && key.size() > 8) group.low = eight_bytes(key.substr(8)) & bits.low;
  return group;
}

const RowContent* RecentRows::at(const Version& newest, uint64_t version) {
  const Version* found = &newest;
  while (found != nullptr && found->number > version) found = found->older.get();
  return found != nullptr ? &found->value : nullptr;
}

// Of the versions from `older` on, those that nobody reads: that is who reads from one on up to the next. So there are
// never more than readers. Returns what they took.
size_t RecentRows::drop_unread(std::unique_ptr<Version>& older, uint64_t newer) const {
  size_t dropped = 0;
  for (std::unique_ptr<Version>* link = &older; *link;) {
    Version& version = **link;
    if (pins_->any_in(version.number, newer)) {
      newer = version.number;
      link = &version.older;
    } else {
      dropped += sizeof(Version) + version.value.size();
      *link = std::move(version.older);
    }
  }
  return dropped;
}

void RecentRows::put(Rows& rows, std::string key, RowContent value, uint64_t version) {
  size_t more = value.size(), less = 0;
  auto [row, is_new] = rows.try_emplace(std::move(key));
  Version& newest = row->second;
  if (is_new) {
    more += kNodeBytes + row->first.size();
  } else {
    if (pins_->any_in(newest.number, version)) {
      more += sizeof(Version);
      newest.older = std::make_unique<Version>(std::move(newest));
      less += drop_unread(newest.older->older, newest.older->number);
    } else {
      less += newest.value.size();
      less += drop_unread(newest.older, version);
    }
  }
  newest.number = rows.newest = version;
  newest.value = std::move(value);
  bytes_.fetch_add(more - less, std::memory_order_relaxed);
}

void RecentRows::write(Table table, std::string key, RowContent value, uint64_t version) {
  const GroupName name{table, group_of(table, key)};
  bool new_group = false;
  {
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    auto [group, inserted] = shard.groups.try_emplace(name);
    new_group = inserted;
    put(group->second, std::move(key), std::move(value), version);
  }
  if (!new_group) return;
  OfTable& of_table = table_of(table);
  std::lock_guard lock(of_table.mutex);
  of_table.order.insert(name.group);
  of_table.has_any.store(true, std::memory_order_release);
}

void RecentRows::cut(Table table, std::string end, uint64_t version) {
  // Those that are here are cut off one by one: some may have been written at this very version.
  std::optional<Group> group = group_from(table, Group{}, false);
  for (; group && *group <= group_of(table, end); group = group_from(table, *group, true)) {
    const GroupName name{table, *group};
    Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    Rows& rows = shard.groups.find(name)->second;
    for (auto row = rows.begin(); row != rows.end() && row->first < end; ++row) put(rows, row->first, {}, version);
  }
  OfTable& of_table = table_of(table);
  std::lock_guard lock(of_table.mutex);
  of_table.cuts.push_back({version, std::move(end)});
  of_table.has_any.store(true, std::memory_order_release);
  of_table.has_cuts.store(true, std::memory_order_release);
}

bool RecentRows::is_cut(Table table, std::string_view key, uint64_t version) const {
  const OfTable& of_table = table_of(table);
  if (!of_table.has_cuts.load(std::memory_order_acquire)) return false;
  std::lock_guard lock(of_table.mutex);
  return std::ranges::any_of(of_table.cuts, [&](const Cut& cut) { return cut.version <= version && key < cut.end; });
}

std::optional<RowContent> RecentRows::find(Table table, std::string_view key, uint64_t version) const {
  if (!has(table)) return std::nullopt;
  const GroupName name{table, group_of(table, key)};
  {
    const Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    if (auto group = shard.groups.find(name); group != shard.groups.end()) {
      if (auto row = group->second.find(key); row != group->second.end()) {
        if (const RowContent* value = at(row->second, version)) return *value;
      }
    }
  }
  if (is_cut(table, key, version)) return RowContent();
  return std::nullopt;
}

uint64_t RecentRows::newest_child(std::string_view directory) const {
  const GroupName name{Table::kEntries, group_of(Table::kEntries, directory)};
  const Shard& shard = shard_of(name);
  std::lock_guard lock(shard.mutex);
  auto group = shard.groups.find(name);
  return group == shard.groups.end() ? 0 : group->second.newest;
}

std::optional<RecentRows::Group> RecentRows::group_from(Table table, const Group& from, bool after) const {
  const OfTable& of_table = table_of(table);
  std::lock_guard lock(of_table.mutex);
  auto found = after ? of_table.order.upper_bound(from) : of_table.order.lower_bound(from);
  return found != of_table.order.end() ? std::optional(*found) : std::nullopt;
}

bool RecentRows::rows_from(Table table, std::string_view prefix, std::string_view from, bool after, uint64_t version,
                           size_t count_max, std::vector<Row>& rows) const {
  if (!has(table)) return false;
  size_t left = count_max;
  std::optional<Group> group = group_from(table, group_of(table, from), false);
  for (; group; group = group_from(table, *group, true)) {
    const GroupName name{table, *group};
    const Shard& shard = shard_of(name);
    std::lock_guard lock(shard.mutex);
    const auto there = shard.groups.find(name);
    if (there == shard.groups.end()) continue;
    const Rows& own = there->second;
    for (auto row = after ? own.upper_bound(from) : own.lower_bound(from); row != own.end(); ++row) {
      if (!std::string_view(row->first).starts_with(prefix)) return false;
      const RowContent* value = at(row->second, version);
      if (value == nullptr) continue;
      if (left == 0) return true;
      --left;
      rows.push_back({row->first, *value});
    }
  }
  return false;
}

void RecentRows::for_each(Table table,
                          const std::function<void(const std::string& key, const RowContent& value)>& visit) const {
  for (const Group& group : table_of(table).order) {
    const GroupName name{table, group};
    for (const auto& [key, newest] : shard_of(name).groups.find(name)->second) visit(key, newest.value);
  }
}

std::string RecentRows::cut_end(Table table) const {
  const std::vector<Cut>& cuts = table_of(table).cuts;
  return cuts.empty() ? std::string() : cuts.back().end;
}

}  // namespace dfs::namenode
