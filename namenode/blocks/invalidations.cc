#include "namenode/blocks/invalidations.h"

#include <algorithm>

namespace dfs::namenode {

void Invalidations::add(StorageNumber storage, BlockId block, GenerationStamp stamp) {
  OfStorage& of = storages_[storage];
  auto [entry, is_new] = of.entries.try_emplace(block, Entry{stamp});
  if (is_new) {
    ++of.unsent;
  } else if (entry->second.stamp != stamp) {
    if (entry->second.sends > 0) ++of.unsent;
    entry->second = Entry{stamp};
  }
}

void Invalidations::remove(StorageNumber storage, BlockId block) {
  auto of = storages_.find(storage);
  if (of == storages_.end()) return;
  auto entry = of->second.entries.find(block);
  if (entry == of->second.entries.end()) return;
  if (entry->second.sends == 0) --of->second.unsent;
  of->second.entries.erase(entry);
  if (of->second.entries.empty()) storages_.erase(of);
}

bool Invalidations::contains(StorageNumber storage, BlockId block) const {
  auto of = storages_.find(storage);
  return of != storages_.end() && of->second.entries.contains(block);
}

void Invalidations::keep_only(StorageNumber storage, const std::function<bool(BlockId, GenerationStamp)>& is_present) {
  auto of = storages_.find(storage);
  if (of == storages_.end()) return;
  std::vector<BlockId> gone;
  for (const auto& [block, entry] : of->second.entries) {
    if (!is_present(block, entry.stamp)) gone.push_back(block);
  }
  for (BlockId block : gone) remove(storage, block);
}

void Invalidations::drop_earlier(StorageNumber storage, BlockId block, GenerationStamp stamp) {
  auto of = storages_.find(storage);
  if (of == storages_.end()) return;
  auto entry = of->second.entries.find(block);
  if (entry != of->second.entries.end() && entry->second.stamp < stamp) remove(storage, block);
}

std::vector<InvalidateCommand> Invalidations::take(StorageNumber storage, size_t count_max, TimePoint now) {
  std::vector<InvalidateCommand> taken;
  auto of = storages_.find(storage);
  if (of == storages_.end() || (of->second.unsent == 0 && now < of->second.resend_at)) return taken;
  for (auto& [block, entry] : of->second.entries) {
    if (taken.size() >= count_max) return taken;
    if (!entry.due(now) || entry.sends >= kSendsMax) continue;
    if (entry.sends == 0) --of->second.unsent;
    ++entry.sends;
    entry.sent_at = now;
    taken.push_back({block, entry.stamp});
  }
  of->second.resend_at = now + kResendAfter;
  for (const auto& [block, entry] : of->second.entries) {
    if (entry.sends < kSendsMax) of->second.resend_at = std::min(of->second.resend_at, entry.sent_at + kResendAfter);
  }
  return taken;
}

void Invalidations::send_again(StorageNumber storage) {
  auto of = storages_.find(storage);
  if (of == storages_.end()) return;
  for (auto& [block, entry] : of->second.entries) entry = Entry{entry.stamp};
  of->second.unsent = of->second.entries.size();
}

std::vector<BlockId> Invalidations::give_up(TimePoint now) {
  std::vector<BlockId> given_up;
  if (now < next_give_up_) return given_up;
  next_give_up_ = now + kGiveUpInterval;
  for (auto& [storage, of] : storages_) {
    std::erase_if(of.entries, [&](const auto& item) {
      if (item.second.sends < kSendsMax || !item.second.due(now)) return false;
      given_up.push_back(item.first);
      return true;
    });
  }
  std::erase_if(storages_, [](const auto& item) { return item.second.entries.empty(); });
  return given_up;
}

size_t Invalidations::count() const {
  size_t count = 0;
  for (const auto& [storage, of] : storages_) count += of.entries.size();
  return count;
}

}  // namespace dfs::namenode
