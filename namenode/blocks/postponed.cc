#include "namenode/blocks/postponed.h"

#include <utility>

namespace dfs::namenode {

void Postponed::until_confirmed(BlockId block, StorageNumber storage) {
  if (by_storage_[storage].insert(block).second) waiting_for_[block].push_back(storage);
}

void Postponed::remove(BlockId block) {
  unsettled_.erase(block);
  auto entry = waiting_for_.find(block);
  if (entry == waiting_for_.end()) return;
  for (StorageNumber storage : entry->second) {
    auto of = by_storage_.find(storage);
    of->second.erase(block);
    if (of->second.empty()) by_storage_.erase(of);
  }
  waiting_for_.erase(entry);
}

std::vector<BlockId> Postponed::take(StorageNumber storage) {
  auto of = by_storage_.find(storage);
  if (of == by_storage_.end()) return {};
  const std::vector<BlockId> taken(of->second.begin(), of->second.end());
  for (BlockId block : taken) remove(block);
  return taken;
}

std::vector<BlockId> Postponed::take_settled() {
  const std::set<BlockId> taken = std::exchange(unsettled_, {});
  return {taken.begin(), taken.end()};
}

}  // namespace dfs::namenode
