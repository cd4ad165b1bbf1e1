#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/base/clock.h"

namespace dfs::namenode {

// Heartbeats of our own DataNodes that are kept for commands to come, one a DataNode under a ticket, and how soon each
// may be answered: the first command after a silence goes out at once, those that follow are gathered for a while, and
// deletions keep to the bound that they have with heartbeats that come by the clock. Lives on the namespace thread.
class HeldHeartbeats {
 public:
  // So that all DataNodes together ask no more than some 2,000 times a second.
  static constexpr std::chrono::microseconds kGatherPerDatanode{500};

  explicit HeldHeartbeats(std::chrono::milliseconds interval, uint32_t deletions_max)
      : interval_(interval), deletions_max_(deletions_max) {}

  // Holds a heartbeat for at most `at_most`, and no longer than the interval. The one before it is to be answered.
  uint64_t hold(const std::string& datanode_uuid, std::chrono::nanoseconds at_most, TimePoint now);
  // The one that is held, if any, is to be answered.
  void release(const std::string& datanode_uuid);
  // What is known of the DataNode goes too.
  void forget(const std::string& datanode_uuid);

  // There is something for the DataNode, or perhaps for all.
  void tell(const std::string& datanode_uuid, TimePoint now);
  void tell_all(TimePoint now);
  // Likewise; passed over while no deletion may be sent.
  void tell_deletion(const std::string& datanode_uuid, TimePoint now);
  // Tickets that are to be looked at, since the last call.
  std::vector<uint64_t> take_due() { return std::exchange(due_, {}); }

  // False: another heartbeat came, or the DataNode is gone, and what is answered under this ticket may never arrive.
  bool is_current(const std::string& datanode_uuid, uint64_t ticket) const;
  // The rest is of current ones. The earliest time for commands; from then on the next tell() makes it due.
  TimePoint look(const std::string& datanode_uuid);
  TimePoint until(const std::string& datanode_uuid) const { return held_.at(datanode_uuid).until; }
  uint32_t deletions_left(const std::string& datanode_uuid, TimePoint now);
  // It is answered, with commands, so many deletions among them.
  void answered(const std::string& datanode_uuid, size_t deletions, size_t live_datanodes, TimePoint now);
  size_t count() const;

 private:
  struct Held {
    uint64_t ticket = 0;  // 0: none is held
    bool told = false;
    TimePoint until{}, not_before{};
    TimePoint deletions_since{};
    uint32_t deletions = 0;  // sent since then
  };
  void tell(Held& held, TimePoint now);

  const std::chrono::milliseconds interval_;
  const uint32_t deletions_max_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<std::string, Held> held_;
  std::vector<uint64_t> due_;
};

}  // namespace dfs::namenode
