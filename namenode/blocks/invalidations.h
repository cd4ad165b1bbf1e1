#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "namenode/blocks/commands.h"
#include "namenode/store/rows.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// Replicas that are to be deleted, until their DataNode says that they are. A replica in here does not count as one.
//
// A decision stands: a command that was lost is sent again, never replaced by the deletion of another replica, which
// could leave too few if both were carried out. Lives on the namespace thread.
class Invalidations {
 public:
  void add(StorageNumber storage, BlockId block, GenerationStamp stamp);
  // The replica is gone, or is not to be deleted after all.
  void remove(StorageNumber storage, BlockId block);
  // Nothing is to be deleted there any more: its DataNode is dead.
  void drop(StorageNumber storage) { storages_.erase(storage); }
  bool contains(StorageNumber storage, BlockId block) const;
  // The storage has a replica of this stamp: a deletion of an earlier one is void, its DataNode refuses it.
  void drop_earlier(StorageNumber storage, BlockId block, GenerationStamp stamp);
  // What of the storage is not present, under the stamp or an earlier one, has been deleted or is void.
  void keep_only(StorageNumber storage, const std::function<bool(BlockId, GenerationStamp)>& is_present);

  // Up to `count_max` to be sent now; they come again after `resend_after` until removed, a few times.
  std::vector<InvalidateCommand> take(StorageNumber storage, size_t count_max, TimePoint now);
  // Its DataNode may never have got what was sent.
  void send_again(StorageNumber storage);
  // Takes out what was sent in vain as often as makes sense; their blocks are to be checked again.
  std::vector<BlockId> give_up(TimePoint now);
  size_t count() const;

 private:
  static constexpr std::chrono::minutes kResendAfter{10};
  static constexpr uint8_t kSendsMax = 3;
  static constexpr std::chrono::minutes kGiveUpInterval{1};
  struct Entry {
    GenerationStamp stamp{};
    uint8_t sends = 0;
    TimePoint sent_at{};
    bool due(TimePoint now) const { return sends == 0 || now - sent_at >= kResendAfter; }
  };
  struct OfStorage {
    std::map<BlockId, Entry> entries;
    size_t unsent = 0;
    TimePoint resend_at = TimePoint::max();  // nothing that was sent is due again before
  };
  std::unordered_map<StorageNumber, OfStorage> storages_;
  TimePoint next_give_up_ = TimePoint::min();
};

}  // namespace dfs::namenode
