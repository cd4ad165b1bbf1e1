#include "client/read/read_ahead.h"

#include <algorithm>
#include <cstring>

namespace dfs::client {

ReadAhead::ReadAhead(asio::any_io_executor executor, ReplicaReader::Source source, uint64_t begin, uint64_t end)
    : executor_(executor),
      tasks_(executor),
      room_(executor, asio::steady_timer::time_point::max()),
      reader_(source, begin, end) {}

Task<Result<void>> ReadAhead::stop() {
  tasks_.cancel();
  co_await tasks_.join();
  reader_.close();
  co_return Result<void>{};
}

Task<bool> ReadAhead::wait_for_room() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (ready_bytes_ < window_) co_return true;
      fetcher_waits_ = true;
    }
    co_await room_.async_wait(kAwait);
    if (co_await cancelled()) co_return false;
  }
}

Task<void> ReadAhead::fetch() {
  while (co_await wait_for_room()) {
    ReceivedBytes bytes;
    {
      std::lock_guard lock(mutex_);
      if (!spare_.empty()) {
        bytes = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    Result<void> received = co_await reader_.next(bytes);
    std::lock_guard lock(mutex_);
    if (!received)
      error_ = std::move(received).error();
    else if (bytes.bytes > 0)
      ready_bytes_ += bytes.bytes, ready_.push_back({.bytes = std::move(bytes)});
    else
      finished_ = true;
    filled_.notify_one();
    if (finished_ || error_) co_return;
  }
}

void ReadAhead::consumed(size_t count) {
  ready_bytes_ -= count;
  while (!ready_.empty() && ready_.front().slice == ready_.front().bytes.slices.size()) {
    if (spare_.size() < 4) spare_.push_back(std::move(ready_.front().bytes));
    ready_.pop_front();
  }
  window_ = std::min(kWindowMax, window_ + count);
  if (fetcher_waits_ && ready_bytes_ <= window_ / 2) {
    fetcher_waits_ = false;
    asio::post(executor_, [this] { room_.cancel(); });
  }
}

Result<size_t> ReadAhead::take(std::span<uint8_t> to) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return !ready_.empty() || finished_ || error_; });
  if (ready_.empty()) {
    if (error_) return fail(*error_);
    return 0;
  }
  size_t count = 0;
  for (size_t i = 0; i < ready_.size() && !to.empty(); ++i) {
    Piece& piece = ready_[i];
    while (piece.slice < piece.bytes.slices.size() && !to.empty()) {
      ByteView from = piece.bytes.slices[piece.slice].subspan(piece.in_slice);
      const size_t part = std::min(from.size(), to.size());
      // The fetcher never touches a piece that it has handed over, so copying needs no lock.
      lock.unlock();
      std::memcpy(to.data(), from.data(), part);
      lock.lock();
      to = to.subspan(part);
      count += part;
      piece.in_slice += part;
      if (part == from.size()) ++piece.slice, piece.in_slice = 0;
    }
  }
  consumed(count);
  return count;
}

bool ReadAhead::skip(uint64_t count) {
  std::lock_guard lock(mutex_);
  if (count > ready_bytes_) return false;
  uint64_t left = count;
  for (Piece& piece : ready_) {
    while (piece.slice < piece.bytes.slices.size() && left > 0) {
      const uint64_t part = std::min<uint64_t>(left, piece.bytes.slices[piece.slice].size() - piece.in_slice);
      left -= part;
      piece.in_slice += part;
      if (piece.in_slice == piece.bytes.slices[piece.slice].size()) ++piece.slice, piece.in_slice = 0;
    }
    if (left == 0) break;
  }
  consumed(count);
  return true;
}

}  // namespace dfs::client
