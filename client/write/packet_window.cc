#include "client/write/packet_window.h"

namespace dfs::client {

template <class Ready>
void PacketWindow::wait(std::unique_lock<std::mutex>& lock, Ready ready) {
  while (!error_ && !ready()) {
    if (!give_up_at_)
      changed_.wait(lock);
    else if (std::chrono::steady_clock::now() < *give_up_at_)
      changed_.wait_until(lock, *give_up_at_);
    else
      error_ = Error(ErrorCode::kTimeout, "the DataNodes did not take all bytes in time");
  }
}

void PacketWindow::give_up_at(std::chrono::steady_clock::time_point when) {
  std::lock_guard lock(mutex_);
  give_up_at_ = when;
  changed_.notify_all();
}

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
    if (outstanding_ == outstanding_max_) {
      wants_room_ = true;
      wait(lock, [&] { return has_room(); });
      wants_room_ = false;
    }
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
  wanted_ack_ = seqno;
  wait(lock, [&] { return acknowledged_ >= seqno; });
  wanted_ack_.reset();
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
  if ((wants_room_ && has_room()) || (wanted_ack_ && *wanted_ack_ <= seqno)) changed_.notify_all();
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
