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
  // What of the storage is not present has been deleted.
  void keep_only(StorageNumber storage, const std::function<bool(BlockId)>& is_present);
  // Commands that its DataNode was sent are lost with the process that had them: they are sent anew.
  void send_anew(StorageNumber storage);

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
