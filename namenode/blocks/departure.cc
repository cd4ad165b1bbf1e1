#include "namenode/blocks/departure.h"

#include <utility>

namespace dfs::namenode {

Departure::Departure(std::vector<StorageNumber> storages, TimePoint now) : storages_(std::move(storages)), due_(now) {
  status_.since_monotonic_ms =
      uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  begin_pass(true);
}

void Departure::begin_pass(bool over_all) {
  over_all_ = over_all;
  position_ = 0;
  from_.clear();
  previous_ = std::exchange(kept_, {});
  counting_ = LeavingStatus{};
  counting_.since_monotonic_ms = status_.since_monotonic_ms;
  open_files_.clear();
}

Result<std::vector<BlockId>> Departure::next(const View& view, size_t count_max) {
  std::vector<BlockId> blocks;
  if (!over_all_) {
    while (position_ < previous_.size() && blocks.size() < count_max) blocks.push_back(previous_[position_++]);
    return blocks;
  }
  while (position_ < storages_.size() && blocks.size() < count_max) {
    const std::string prefix = storage_key(storages_[position_]);
    bool more = false;
    DFS_TRY_OK(view.scan(Table::kStorageReplicas, prefix, from_.empty() ? prefix : from_,
                         [&](std::string_view key, std::string_view) {
                           if (blocks.size() >= count_max) {
                             from_ = std::string(key);
                             more = true;
                             return false;
                           }
                           blocks.push_back(block_of_storage_replica_key(key));
                           return true;
                         }));
    if (more) break;
    ++position_;
    from_.clear();
  }
  return blocks;
}

void Departure::keep(BlockId block, Kept why) {
  kept_.push_back(block);
  ++counting_.low_redundancy;
  if (why.only_out_of_service) ++counting_.only_out_of_service;
  if (why.open_file != kNoInode) {
    ++counting_.in_open_files;
    open_files_.insert(why.open_file);
  }
}

bool Departure::end_pass(TimePoint now, TimePoint::duration interval) {
  counting_.open_files.assign(open_files_.begin(), open_files_.end());
  status_ = counting_;
  const bool nothing = kept_.empty();
  if (nothing && over_all_) {
    due_ = now + interval;
    begin_pass(true);
    return true;
  }
  if (!nothing) due_ = now + interval;
  begin_pass(nothing);
  return false;
}

}  // namespace dfs::namenode
