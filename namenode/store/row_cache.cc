#include "namenode/store/row_cache.h"

#include <utility>

namespace dfs::namenode {
namespace {

// What a row costs beside its bytes: the node, two strings.
constexpr size_t kRowOverhead = 112;

// Table and key as one string, on the stack where it fits.
class Name {
 public:
  Name(Table table, std::string_view key) {
    char* to = fixed_;
    if (key.size() + 1 > sizeof(fixed_)) {
      long_.resize(key.size() + 1);
      to = long_.data();
    }
    to[0] = char(table);
    key.copy(to + 1, key.size());
    view_ = {to, key.size() + 1};
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;
  std::string_view view() const { return view_; }

 private:
  char fixed_[128];
  std::string long_;
  std::string_view view_;
};

std::optional<std::string> owned(std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  return std::string(*value);
}

}  // namespace

RowCache::Row* RowCache::look_up(Shard& shard, std::string_view name) {
  if (auto found = shard.young.find(name); found != shard.young.end()) return &found->second;
  auto found = shard.old.find(name);
  if (found == shard.old.end()) return nullptr;
  auto node = shard.old.extract(found);
  shard.young_bytes += kRowOverhead + node.key().size() + (node.mapped().value ? node.mapped().value->size() : 0);
  return &shard.young.insert(std::move(node)).position->second;
}

void RowCache::make_room(Shard& shard) {
  if (shard.young_bytes <= shard_bytes_max_ / 2) return;
  shard.old = std::exchange(shard.young, {});
  shard.young_bytes = 0;
}

void RowCache::put(Shard& shard, std::string_view name, Row row) {
  const size_t value_bytes = row.value ? row.value->size() : 0;
  if (Row* known = look_up(shard, name)) {
    shard.young_bytes += value_bytes;
    shard.young_bytes -= known->value ? known->value->size() : 0;
    *known = std::move(row);
  } else {
    shard.young_bytes += kRowOverhead + name.size() + value_bytes;
    shard.young.emplace(name, std::move(row));
  }
  make_room(shard);
}

std::optional<std::optional<std::string>> RowCache::find(Table table, std::string_view key, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  Row* row = look_up(shard, name.view());
  if (row == nullptr || row->since > version) return std::nullopt;
  std::optional<std::string> value = row->value;
  make_room(shard);
  return value;
}

void RowCache::write(Table table, std::string_view key, std::optional<std::string_view> value, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  shard.last_write = version;
  put(shard, name.view(), {owned(value), version});
}

void RowCache::offer(Table table, std::string_view key, std::optional<std::string_view> value, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  if (shard.last_write > version) return;
  put(shard, name.view(), {owned(value), version});
}

}  // namespace dfs::namenode
