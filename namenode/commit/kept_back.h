#pragma once

#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namenode/blocks/patience.h"

namespace dfs::namenode {

// Calls whose answer waits: each until what it awaits has come, or its time. Finding those of one arrival costs the
// same however many wait. Lives on the namespace thread.
template <class Call>
class KeptBack {
 public:
  void put(Awaited awaited, TimePoint until, Call call) {
    auto entry = by_time_.emplace(until, Entry{awaited, std::move(call)});
    by_awaited_.emplace(awaited, entry);
  }
  // Whether so many wait for it already that another one is not to: what one client asks for again and again.
  bool is_full(Awaited awaited) const { return by_awaited_.count(awaited) >= kCallsEach; }
  // Moves those that wait for it to the end of `calls`.
  void take(Awaited awaited, std::vector<Call>& calls) {
    if (by_awaited_.empty()) return;
    auto [first, last] = by_awaited_.equal_range(awaited);
    for (auto at = first; at != last; ++at) {
      calls.push_back(std::move(at->second->second.call));
      by_time_.erase(at->second);
    }
    by_awaited_.erase(first, last);
  }
  // Those whose time has come; all of them with TimePoint::max().
  void take_due(TimePoint now, std::vector<Call>& calls) {
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      auto entry = by_time_.begin();
      auto [first, last] = by_awaited_.equal_range(entry->second.awaited);
      while (first->second != entry) ++first;
      by_awaited_.erase(first);
      calls.push_back(std::move(entry->second.call));
      by_time_.erase(entry);
    }
  }
  std::optional<TimePoint> next_due() const {
    return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first);
  }
  size_t size() const { return by_time_.size(); }

 private:
  struct Entry {
    Awaited awaited;
    Call call;
  };
  struct Hash {
    size_t operator()(const Awaited& awaited) const {
      return std::hash<uint64_t>()(awaited.id * 2 + uint64_t(awaited.kind));
    }
  };
  static constexpr size_t kCallsEach = 4;
  using ByTime = std::multimap<TimePoint, Entry>;
  ByTime by_time_;
  std::unordered_multimap<Awaited, typename ByTime::iterator, Hash> by_awaited_;
};

}  // namespace dfs::namenode
