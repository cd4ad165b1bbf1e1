#include "namenode/leases/lease_table.h"

#include <algorithm>

namespace dfs::namenode {

void LeaseTable::renewed(Holders::value_type& holder, TimePoint now) {
  auto [first, last] = by_age_.equal_range(holder.second.renewed);
  auto old = std::find_if(first, last, [&](const auto& entry) { return entry.second == holder.first; });
  if (old != last) by_age_.erase(old);
  holder.second.renewed = now;
  by_age_.emplace(now, holder.first);
}

void LeaseTable::drop(Holders::iterator holder, InodeId file) {
  auto& files = holder->second.files;
  if (auto found = std::find(files.begin(), files.end(), file); found != files.end()) {
    *found = files.back();
    files.pop_back();
  }
  if (!files.empty()) return;
  auto [first, last] = by_age_.equal_range(holder->second.renewed);
  by_age_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == holder->first; }));
  holders_.erase(holder);
}

void LeaseTable::assign(std::string_view holder, InodeId file, TimePoint now) {
  auto found = holders_.find(holder);
  if (found == holders_.end()) found = holders_.emplace(std::string(holder), Holder{}).first;
  renewed(*found, now);
  auto [entry, added] = files_.try_emplace(raw(file), found);
  if (!added) {
    if (entry->second == found) return;
    drop(entry->second, file);
    entry->second = found;
  }
  found->second.files.push_back(file);
}

bool LeaseTable::renew(std::string_view holder, TimePoint now) {
  auto found = holders_.find(holder);
  if (found == holders_.end()) return false;
  renewed(*found, now);
  return true;
}

void LeaseTable::release(InodeId file) {
  auto found = files_.find(raw(file));
  if (found == files_.end()) return;
  drop(found->second, file);
  files_.erase(found);
}

std::optional<std::string> LeaseTable::holder_of(InodeId file) const {
  auto found = files_.find(raw(file));
  if (found == files_.end()) return std::nullopt;
  return found->second->first;
}

size_t LeaseTable::files_of(std::string_view holder) const {
  auto found = holders_.find(holder);
  return found == holders_.end() ? 0 : found->second.files.size();
}

bool LeaseTable::past_soft_limit(std::string_view holder, TimePoint now) const {
  auto found = holders_.find(holder);
  return found == holders_.end() || now - found->second.renewed > limits_.soft;
}

std::vector<LeaseTable::Expired> LeaseTable::expired(TimePoint now, size_t count_max) const {
  std::vector<Expired> result;
  for (const auto& [renewed_at, name] : by_age_) {
    if (now - renewed_at <= limits_.hard) break;
    for (InodeId file : holders_.find(name)->second.files) {
      if (result.size() == count_max) return result;
      result.push_back({file, name});
    }
  }
  return result;
}

}  // namespace dfs::namenode
