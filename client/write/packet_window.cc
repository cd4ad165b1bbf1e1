#include "client/write/packet_window.h"

namespace dfs::client {

PacketPtr PacketWindow::blank() {
  {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      PacketPtr packet = std::move(spare_.back());
      spare_.pop_back();
      return packet;
    }
  }
  return std::make_unique<OutgoingPacket>();
}

Result<void> PacketWindow::push(PacketPtr packet) {
  bool was_empty = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return error_ || outstanding_ < outstanding_max_; });
    if (error_) return fail(*error_);
    ++outstanding_;
    was_empty = queue_.empty();
    queue_.push_back(std::move(packet));
  }
  if (was_empty) wake_();
  return {};
}

Result<void> PacketWindow::wait_for_ack(int64_t seqno) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || acknowledged_ >= seqno; });
  if (acknowledged_ >= seqno) return {};
  return fail(*error_);
}

std::optional<Error> PacketWindow::error() {
  std::lock_guard lock(mutex_);
  return error_;
}

PacketPtr PacketWindow::pop() {
  std::lock_guard lock(mutex_);
  PacketPtr packet = std::move(queue_.front());
  queue_.pop_front();
  return packet;
}

bool PacketWindow::has_packets() {
  std::lock_guard lock(mutex_);
  return !queue_.empty();
}

void PacketWindow::push_back_unacknowledged(std::deque<PacketPtr> packets) {
  std::lock_guard lock(mutex_);
  while (!packets.empty()) {
    queue_.push_front(std::move(packets.back()));
    packets.pop_back();
  }
}

void PacketWindow::acknowledged(int64_t seqno) {
  std::lock_guard lock(mutex_);
  acknowledged_ = seqno;
  --outstanding_;
  changed_.notify_all();
}

void PacketWindow::recycle(PacketPtr packet) {
  std::lock_guard lock(mutex_);
  spare_.push_back(std::move(packet));
}

void PacketWindow::fail_with(Error error) {
  std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

}  // namespace dfs::client
