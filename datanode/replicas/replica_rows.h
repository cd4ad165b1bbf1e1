#pragma once

#include <cstdint>
#include <memory>

#include "datanode/replicas/block.h"

namespace dfs::datanode {

// A finalized replica in the place where its id says.
struct ReplicaRow {
  static constexpr uint64_t kLengthMax = (uint64_t(1) << 48) - 1;
  static constexpr uint16_t kNoVolume = 0xffff;

  BlockId id{};
  GenerationStamp generation{};
  uint64_t length_bytes : 48 = 0;
  uint64_t volume : 16 = kNoVolume;  // kNoVolume: nothing is here
};
static_assert(sizeof(ReplicaRow) == 24);

// Ids come one after the other; rows of a shard and their places in it use different bits of this.
inline uint64_t hash_of(BlockId id) {
  uint64_t x = raw(id);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A hash table of rows by id: open addressing, no holes, three to seven eighths full. Pointers hold until the next
// change. Not thread-safe.
class ReplicaRows {
 public:
  ReplicaRow* find(BlockId id);
  const ReplicaRow* find(BlockId id) const { return const_cast<ReplicaRows*>(this)->find(id); }
  // Takes the place of a row of the same id.
  void put(const ReplicaRow& row);
  // Whether there was one.
  bool erase(BlockId id);
  size_t size() const { return count_; }

  template <class F>
  void for_each(F visit) const {
    for (size_t i = 0; i < places_; ++i) {
      if (rows_[i].volume != ReplicaRow::kNoVolume) visit(rows_[i]);
    }
  }
  // `is_unwanted` must depend on the row alone.
  template <class F>
  void erase_if(F is_unwanted) {
    ReplicaRows kept;
    for_each([&](const ReplicaRow& row) {
      if (!is_unwanted(row)) kept.put(row);
    });
    *this = std::move(kept);
  }

 private:
  size_t home(BlockId id) const { return size_t(hash_of(id)) & (places_ - 1); }
  void resize(size_t places);

  std::unique_ptr<ReplicaRow[]> rows_;
  size_t places_ = 0;  // a power of two
  size_t count_ = 0;
};

}  // namespace dfs::datanode
