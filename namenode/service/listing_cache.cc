#include "namenode/service/listing_cache.h"

#include <utility>

namespace dfs::namenode {
namespace {

// What a page costs beside its bytes.
constexpr size_t kPageOverhead = sizeof(ListingCache::Page) + 64;

size_t size_of(const ListingCache::Page& page) {
  return kPageOverhead + page.bytes.size();
}

}  // namespace

void ListingCache::keep(Shard& shard, std::shared_ptr<const Page> page) {
  std::shared_ptr<const Page>& place = shard.young[page->of.directory];
  if (place) shard.young_bytes -= size_of(*place);
  shard.young_bytes += size_of(*page);
  place = std::move(page);
  if (shard.young_bytes <= shard_bytes_max_ / 2) return;
  shard.old = std::exchange(shard.young, {});
  shard.young_bytes = 0;
}

std::shared_ptr<const ListingCache::Page> ListingCache::find(const FirstPage& of) {
  Shard& shard = shard_of(of.directory);
  std::lock_guard lock(shard.mutex);
  if (auto young = shard.young.find(of.directory); young != shard.young.end()) {
    return young->second->of == of ? young->second : nullptr;
  }
  auto old = shard.old.find(of.directory);
  if (old == shard.old.end()) return nullptr;
  std::shared_ptr<const Page> page = std::move(old->second);
  shard.old.erase(old);
  if (page->of != of) return nullptr;
  keep(shard, page);
  return page;
}

void ListingCache::put(Page page) {
  if (size_of(page) > shard_bytes_max_ / 4) return;
  auto kept = std::make_shared<const Page>(std::move(page));
  Shard& shard = shard_of(kept->of.directory);
  std::lock_guard lock(shard.mutex);
  shard.old.erase(kept->of.directory);
  keep(shard, std::move(kept));
}

}  // namespace dfs::namenode
