#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "client/read/replica_reader.h"
#include "proto/base/task.h"

namespace dfs::client {

// Fetches a file from one offset to its end, on the client's thread, and hands the bytes to one reader on another. How
// far it runs ahead grows with what the reader takes, from kWindowMin to kWindowMax bytes; memory stays below that and
// one receive buffer, whatever the peer sends.
class ReadAhead {
 public:
  static constexpr size_t kWindowMin = 256 << 10;
  static constexpr size_t kWindowMax = 8 << 20;

  ReadAhead(asio::any_io_executor executor, ReplicaReader::Source source, uint64_t begin, uint64_t end);

  // The client's thread:
  void start() { tasks_.spawn(fetch()); }
  Task<Result<void>> stop();

  // The reader's thread. Waits for at least one byte; 0 only at the end. An error comes after the bytes before it.
  Result<size_t> take(std::span<uint8_t> to);
  // Goes forward by `count` bytes if that many are there, otherwise does nothing.
  bool skip(uint64_t count);

 private:
  struct Piece {
    ReceivedBytes bytes;
    size_t slice = 0;
    size_t in_slice = 0;
  };
  Task<void> fetch();
  Task<bool> wait_for_room();
  // Requires: mutex_ held.
  void consumed(size_t count);

  asio::any_io_executor executor_;
  TaskGroup tasks_;
  asio::steady_timer room_;
  ReplicaReader reader_;

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Piece> ready_;
  std::vector<ReceivedBytes> spare_;
  size_t ready_bytes_ = 0;
  size_t window_ = kWindowMin;
  bool fetcher_waits_ = false;
  bool finished_ = false;
  std::optional<Error> error_;
};

}  // namespace dfs::client
