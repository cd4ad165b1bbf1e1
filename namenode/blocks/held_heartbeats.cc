#include "namenode/blocks/held_heartbeats.h"

#include <algorithm>

namespace dfs::namenode {
namespace {

// Between two answers with commands: commands that come one by one go out together, well within a tenth of a second
// where DataNodes are few.
constexpr std::chrono::microseconds kGatherMin{20'000};
// Heartbeats that nobody had anything to say to are answered together.
constexpr std::chrono::milliseconds kGrid{50};

TimePoint on_grid(TimePoint time) {
  const TimePoint before(time.time_since_epoch() / kGrid * kGrid);
  return before == time ? time : before + kGrid;
}

}  // namespace

uint64_t HeldHeartbeats::hold(const std::string& datanode_uuid, std::chrono::nanoseconds at_most, TimePoint now) {
  Held& held = held_[datanode_uuid];
  if (held.ticket != 0) due_.push_back(held.ticket);
  held.ticket = ++last_ticket_;
  held.told = false;
  held.until = on_grid(now + std::min<std::chrono::nanoseconds>(at_most, interval_));
  return held.ticket;
}

void HeldHeartbeats::release(const std::string& datanode_uuid) {
  auto held = held_.find(datanode_uuid);
  if (held == held_.end() || held->second.ticket == 0) return;
  due_.push_back(std::exchange(held->second.ticket, 0));
}

void HeldHeartbeats::forget(const std::string& datanode_uuid) {
  release(datanode_uuid);
  held_.erase(datanode_uuid);
}

void HeldHeartbeats::tell(Held& held, TimePoint now) {
  // Before its time it is looked at anyway.
  if (held.ticket == 0 || now < held.not_before || std::exchange(held.told, true)) return;
  due_.push_back(held.ticket);
}

void HeldHeartbeats::tell(const std::string& datanode_uuid, TimePoint now) {
  if (auto held = held_.find(datanode_uuid); held != held_.end()) tell(held->second, now);
}

void HeldHeartbeats::tell_all(TimePoint now) {
  for (auto& [uuid, held] : held_) tell(held, now);
}

void HeldHeartbeats::tell_deletion(const std::string& datanode_uuid, TimePoint now) {
  auto held = held_.find(datanode_uuid);
  if (held == held_.end()) return;
  if (held->second.deletions >= deletions_max_ && now < held->second.deletions_since + interval_) return;
  tell(held->second, now);
}

bool HeldHeartbeats::is_current(const std::string& datanode_uuid, uint64_t ticket) const {
  auto held = held_.find(datanode_uuid);
  return held != held_.end() && held->second.ticket == ticket;
}

TimePoint HeldHeartbeats::look(const std::string& datanode_uuid) {
  Held& held = held_.at(datanode_uuid);
  held.told = false;
  return held.not_before;
}

uint32_t HeldHeartbeats::deletions_left(const std::string& datanode_uuid, TimePoint now) {
  Held& held = held_.at(datanode_uuid);
  if (now >= held.deletions_since + interval_) {
    held.deletions_since = now;
    held.deletions = 0;
  }
  return deletions_max_ - std::min(deletions_max_, held.deletions);
}

void HeldHeartbeats::answered(const std::string& datanode_uuid, size_t deletions, size_t live_datanodes,
                              TimePoint now) {
  Held& held = held_.at(datanode_uuid);
  held.ticket = 0;
  held.deletions += uint32_t(deletions);
  held.not_before = now + std::max(kGatherMin, kGatherPerDatanode * int64_t(live_datanodes));
}

size_t HeldHeartbeats::count() const {
  return size_t(std::ranges::count_if(held_, [](const auto& item) { return item.second.ticket != 0; }));
}

}  // namespace dfs::namenode
