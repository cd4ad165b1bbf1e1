#include "namenode/store/row_cache.h"

#include <utility>

#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

// What a row costs beside its bytes: its place in the table, which is never full, and the string of its name.
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

size_t size_of(const std::optional<std::string>& value) {
  return value ? value->size() : 0;
}
size_t size_of(const InodePtr& inode) {
  return inode ? memory_bytes(*inode) : 0;
}
size_t size_of(const ChildrenPtr& children) {
  size_t bytes = 0;
  if (children) {
    for (const Child& child : *children) bytes += sizeof(Child) + child.key.size() + size_of(child.inode);
  }
  return bytes;
}

}  // namespace

template <class Value>
auto RowCache<Value>::look_up(Shard& shard, std::string_view name) -> Row* {
  if (auto found = shard.young.find(name); found != shard.young.end()) return &found->second;
  auto found = shard.old.find(name);
  if (found == shard.old.end()) return nullptr;
  Row row = std::move(found->second);
  shard.old.erase(found);
  shard.young_bytes += kRowOverhead + name.size() + size_of(row.value);
  return &shard.young.emplace(name, std::move(row)).first->second;
}

template <class Value>
void RowCache<Value>::make_room(Shard& shard) {
  if (shard.young_bytes <= shard_bytes_max_ / 2) return;
  shard.old = std::exchange(shard.young, {});
  shard.young_bytes = 0;
}

template <class Value>
void RowCache<Value>::put(Shard& shard, std::string_view name, Row row) {
  const size_t value_bytes = size_of(row.value);
  if (Row* known = look_up(shard, name)) {
    shard.young_bytes += value_bytes;
    shard.young_bytes -= size_of(known->value);
    *known = std::move(row);
  } else {
    shard.young_bytes += kRowOverhead + name.size() + value_bytes;
    shard.young.emplace(name, std::move(row));
  }
  make_room(shard);
}

template <class Value>
std::optional<Value> RowCache<Value>::find(Table table, std::string_view key, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  Row* row = look_up(shard, name.view());
  if (row == nullptr || row->since > version) return std::nullopt;
  std::optional<Value> value = row->value;
  make_room(shard);
  return value;
}

template <class Value>
void RowCache<Value>::forget(Table table, std::string_view key, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  shard.last_change = version;
  if (Row* known = look_up(shard, name.view())) {
    shard.young_bytes -= kRowOverhead + name.view().size() + size_of(known->value);
    shard.young.erase(shard.young.find(name.view()));
  }
}

template <class Value>
void RowCache<Value>::offer(Table table, std::string_view key, Value value, uint64_t version) {
  const Name name(table, key);
  Shard& shard = shard_of(name.view());
  std::lock_guard lock(shard.mutex);
  if (shard.last_change > version) return;
  put(shard, name.view(), {std::move(value), version});
}

template class RowCache<std::optional<std::string>>;
template class RowCache<InodePtr>;
template class RowCache<ChildrenPtr>;

}  // namespace dfs::namenode
