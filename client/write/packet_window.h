#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "client/write/outgoing_packet.h"
#include "proto/base/error.h"

namespace dfs::client {

// The packets between the thread that writes and the client's thread that sends: a bounded queue, and what has been
// acknowledged. The writer waits only when `outstanding_max` packets are queued or unacknowledged, until a quarter of
// them is acknowledged so that it then has work for a while, and for flushes.
//
// Thread-safe. The first error stays: every later call of the writer returns it.
class PacketWindow {
 public:
  // `wake` tells the client's thread that there is work; called from the writer's thread, without a lock.
  PacketWindow(size_t outstanding_max, std::function<void()> wake)
      : outstanding_max_(outstanding_max), wake_(std::move(wake)) {}

  // The writer.
  PacketPtr blank();
  Result<void> push(PacketPtr packet);
  // Until the packet `seqno` and all before it are acknowledged.
  Result<void> wait_for_ack(int64_t seqno);
  std::optional<Error> error();
  // From then on nothing is waited for any more: what would have to wait fails with kTimeout. Any thread.
  void give_up_at(std::chrono::steady_clock::time_point when);

  // The client's thread.
  PacketPtr pop();
  bool has_packets();
  // Puts `packets`, oldest first, before everything that is queued.
  void push_back_unacknowledged(std::deque<PacketPtr> packets);
  void acknowledged(int64_t seqno);
  void recycle(PacketPtr packet);
  void fail_with(Error error);

 private:
  // Until `ready()`, an error, or the time to give up, which is an error too.
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, Ready ready);
  bool has_room() const { return outstanding_ <= outstanding_max_ - std::max<size_t>(outstanding_max_ / 4, 1); }

  const size_t outstanding_max_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PacketPtr> queue_;
  std::vector<PacketPtr> spare_;
  size_t outstanding_ = 0;
  int64_t acknowledged_ = -1;
  // What the writer waits for, if it does.
  bool wants_room_ = false;
  std::optional<int64_t> wanted_ack_;
  std::optional<Error> error_;
  std::optional<std::chrono::steady_clock::time_point> give_up_at_;
};

}  // namespace dfs::client
