#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "namenode/namespace/queries.h"

namespace dfs::namenode {

// First pages of listings as they were answered: a directory that is listed again, unchanged, costs a copy of its
// bytes. Thread-safe.
class ListingCache {
 public:
  struct Page {
    FirstPage of;
    std::string bytes;  // GetListingResponseProto
    size_t entries = 0;
  };

  explicit ListingCache(size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}

  // Null: it is not there, or not as it is now.
  std::shared_ptr<const Page> find(const FirstPage& of);
  // Instead of what is there of the directory. Large pages are not kept.
  void put(Page page);

 private:
  static constexpr size_t kShards = 16;
  using Pages = boost::unordered_flat_map<InodeId, std::shared_ptr<const Page>>;
  // Two generations: what is used moves to the young one, and when that is full the old one goes.
  struct Shard {
    std::mutex mutex;
    Pages young, old;
    size_t young_bytes = 0;
  };
  Shard& shard_of(InodeId directory) { return shards_[raw(directory) % kShards]; }
  void keep(Shard& shard, std::shared_ptr<const Page> page);

  const size_t shard_bytes_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace dfs::namenode
