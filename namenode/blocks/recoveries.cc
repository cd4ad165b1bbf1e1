#include "namenode/blocks/recoveries.h"

namespace dfs::namenode {

Recoveries::Entry& Recoveries::put(BlockRecovery recovery) {
  Entry& entry = entries_[recovery.result()];
  entry.recovery = std::move(recovery);
  entry.sent = false;
  return entry;
}

const Recoveries::Entry* Recoveries::find(BlockId block) const {
  auto entry = entries_.find(block);
  return entry == entries_.end() ? nullptr : &entry->second;
}

std::vector<Recoveries::Entry*> Recoveries::unassigned() {
  std::vector<Entry*> found;
  for (auto& [block, entry] : entries_) {
    if (entry.primary.empty()) found.push_back(&entry);
  }
  return found;
}

std::vector<Recoveries::Entry> Recoveries::take(const std::string& primary) {
  std::vector<Entry> taken;
  for (auto& [block, entry] : entries_) {
    if (entry.sent || entry.primary != primary) continue;
    entry.sent = true;
    taken.push_back(entry);
  }
  return taken;
}

void Recoveries::drop(const std::string& primary) {
  for (auto& [block, entry] : entries_) {
    if (entry.primary != primary) continue;
    entry.primary.clear();
    entry.sent = false;
  }
}

}  // namespace dfs::namenode
