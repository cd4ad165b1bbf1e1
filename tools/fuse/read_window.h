#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "dfs/file.h"

namespace dfs::fuse {

// Reads of one open file, arranged so that a program which reads from front to back is served from one stream.
//
// The kernel reads ahead in pieces of 128 KB that arrive on several threads and overtake each other. Pieces that follow
// what was read last are cut from a window which moves forward along the stream and grows while it does; a piece
// somewhere else is fetched by itself, at the same time as others. Thread-safe.
template <class Source = fs::InputFile>
class ReadWindow {
 public:
  explicit ReadWindow(Source source) : source_(std::move(source)) {}

  // All of `length`, unless the file ends before.
  fs::Result<size_t> read(uint64_t offset, char* to, size_t length) {
    if (offset >= this->length()) return 0;
    {
      std::lock_guard lock(window_mutex_);
      if (covers(offset, length)) return copy(offset, to, length);
      if (follows(offset)) {
        auto advanced = advance(offset, length);
        if (!advanced) return std::unexpected(std::move(advanced).error());
        if (covers(offset, length)) return copy(offset, to, length);
      }
      random_end_ = offset + length;
    }
    std::shared_lock lock(source_mutex_);
    return source_.pread(offset, to, length);
  }

  uint64_t length() {
    std::shared_lock lock(source_mutex_);
    return source_.length();
  }
  // What has been written since the file was opened becomes visible.
  fs::Result<void> refresh() {
    std::scoped_lock lock(window_mutex_, source_mutex_);
    window_.clear();
    return source_.refresh();
  }

 private:
  static constexpr size_t kFillMin = 128u << 10, kFillMax = 1u << 20;
  // Kept behind the newest byte for pieces that were overtaken.
  static constexpr size_t kBehind = 512u << 10;

  uint64_t window_end() const { return window_start_ + window_.size(); }
  bool covers(uint64_t offset, size_t length) const {
    return offset >= window_start_ && offset < window_end() && (offset + length <= window_end() || at_end_);
  }
  bool follows(uint64_t offset) const {
    return offset == random_end_ || (offset >= window_start_ && offset <= window_end() + fill_);
  }
  size_t copy(uint64_t offset, char* to, size_t length) const {
    size_t count = std::min<uint64_t>(length, window_end() - offset);
    std::copy_n(window_.data() + (offset - window_start_), count, to);
    return count;
  }

  // Moves the window until it covers the piece, or the file ends. Requires: window_mutex_ is held.
  fs::Result<void> advance(uint64_t offset, size_t length) {
    std::shared_lock lock(source_mutex_);
    if (offset == random_end_ && (offset < window_start_ || offset > window_end())) {
      window_.clear();
      window_start_ = offset;
      fill_ = kFillMin;
    }
    if (source_.position() != window_end()) {
      if (auto sought = source_.seek(window_end()); !sought) return sought;
    }
    at_end_ = false;
    while (window_end() < offset + length && !at_end_) {
      size_t held = window_.size(), behind = held > kBehind ? held - kBehind : 0;
      window_.erase(window_.begin(), window_.begin() + ptrdiff_t(behind));
      window_start_ += behind;
      held -= behind;
      size_t wanted = std::max<uint64_t>(fill_, std::min<uint64_t>(kFillMax, offset + length - window_end()));
      window_.resize(held + wanted);
      auto count = fill(window_.data() + held, wanted);
      if (!count) {
        window_.resize(held);
        return std::unexpected(std::move(count).error());
      }
      window_.resize(held + *count);
      at_end_ = *count < wanted;
      fill_ = std::min(fill_ * 2, kFillMax);
    }
    return {};
  }
  fs::Result<size_t> fill(char* to, size_t wanted) {
    size_t have = 0;
    while (have < wanted) {
      auto count = source_.read(to + have, wanted - have);
      if (!count) return count;
      if (*count == 0) break;
      have += *count;
    }
    return have;
  }

  std::shared_mutex source_mutex_;  // exclusively: refresh
  Source source_;
  std::mutex window_mutex_;  // before source_mutex_; also guards the stream's position
  std::vector<char> window_;
  uint64_t window_start_ = 0;
  uint64_t random_end_ = 0;  // where the last piece outside of the window ended
  size_t fill_ = kFillMin;
  bool at_end_ = false;
};

}  // namespace dfs::fuse
