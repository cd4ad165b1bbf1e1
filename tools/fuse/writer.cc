#include "tools/fuse/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "proto/base/log.h"
#include "tools/fuse/attributes.h"

namespace dfs::fuse {
namespace {

constexpr auto kTruncateDeadline = std::chrono::seconds(60);
constexpr auto kTruncatePoll = std::chrono::milliseconds(100);
constexpr size_t kCompletedAtOnce = 32;

fs::Error no_longer_there() {
  return fs::Error(fs::ErrorCode::kNotFound, ENOENT, "java.io.FileNotFoundException", "the file has been removed");
}

}  // namespace

Writer::Writer(fs::FileSystem file_system, fs::FileStatus status, std::optional<fs::OutputFile> stream)
    : file_system_(std::move(file_system)),
      inode_(status.inode),
      stream_(std::move(stream)),
      length_(status.length),
      streaming_(stream_.has_value()) {}

Writer::~Writer() {
  if (stream_) stream_->abandon();
}

fs::Result<void> Writer::open(const std::string& path) {
  std::lock_guard lock(mutex_);
  return open_locked(path);
}

fs::Result<void> Writer::open_locked(const std::string& path) {
  if (stream_) return {};
  if (path.empty()) return std::unexpected(no_longer_there());
  auto stream = file_system_.append(path);
  if (!stream) return std::unexpected(std::move(stream).error());
  // Another client may have put a different file there meanwhile.
  auto status = file_system_.status(path);
  if (status && status->inode != inode_) {
    status = std::unexpected(fs::Error(fs::ErrorCode::kInvalidArgument, ESTALE, "java.io.IOException",
                                       path + " has been replaced since it was opened"));
  }
  if (!status) {
    if (auto closed = stream->close(); !closed) log::warn("close {}: {}", path, closed.error().message());
    return std::unexpected(std::move(status).error());
  }
  std::lock_guard shown(shown_mutex_);
  length_ = stream->position();
  streaming_ = true;
  stream_ = *std::move(stream);
  written_ = false;
  return {};
}

fs::Result<void> Writer::write(const std::string& path, At at, uint64_t offset, std::string_view bytes) {
  std::lock_guard lock(mutex_);
  if (removed_) return {};
  if (auto opened = open_locked(path); !opened) return opened;
  uint64_t end = stream_->position();
  if (at == At::kOffset && offset != end) {
    return std::unexpected(unsupported(
        fmt::format("{}: HDFS files are written at their end only, at {} and not at {}", path, end, offset)));
  }
  written_ = true;
  unflushed_ = true;
  if (auto taken = stream_->write(bytes.data(), bytes.size()); !taken) return taken;
  std::lock_guard shown(shown_mutex_);
  length_ = stream_->position();
  return {};
}

fs::Result<void> Writer::flush() {
  std::lock_guard lock(mutex_);
  if (!stream_ || !unflushed_ || removed_) return {};
  auto flushed = stream_->hflush();
  if (flushed) unflushed_ = false;
  return flushed;
}

fs::Result<void> Writer::sync() {
  std::lock_guard lock(mutex_);
  if (!stream_ || removed_) return {};
  auto synced = stream_->hsync();
  if (synced) unflushed_ = false;
  return synced;
}

fs::Result<void> Writer::complete(const std::string& path) {
  std::lock_guard lock(mutex_);
  return complete_locked(path);
}

fs::Result<void> Writer::complete_written(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!written_) return {};
  return complete_locked(path);
}

fs::Result<void> Writer::complete_locked(const std::string& path) {
  if (!stream_) return {};
  if (removed_) {
    stream_->abandon();
    drop_stream();
    return {};
  }
  if (auto closed = stream_->close(); !closed) return closed;
  Times times;
  {
    std::lock_guard shown(shown_mutex_);
    length_ = stream_->position();
    streaming_ = false;
    times = std::exchange(times_, {});
  }
  drop_stream();
  written_ = unflushed_ = false;
  if ((times.modified || times.accessed) && !path.empty()) {
    if (auto set = file_system_.set_times(path, times.modified, times.accessed); !set) {
      log::warn("set times of {}: {}", path, set.error().message());
    }
  }
  return {};
}

void Writer::drop_stream() {
  std::optional<fs::OutputFile> dropped;
  std::lock_guard shown(shown_mutex_);
  dropped.swap(stream_);
}

void Writer::give_up_at(std::chrono::steady_clock::time_point when) {
  std::lock_guard shown(shown_mutex_);
  if (stream_) stream_->give_up_at(when);
}

fs::Result<void> Writer::truncate(const std::string& path, uint64_t length) {
  std::lock_guard lock(mutex_);
  if (removed_) return {};
  if (stream_) {
    if (length == stream_->position()) return {};
    if (auto completed = complete_locked(path); !completed) return completed;
  }
  if (path.empty()) return std::unexpected(no_longer_there());
  if (auto truncated = truncate_and_wait(file_system_, path, length); !truncated) return truncated;
  std::lock_guard shown(shown_mutex_);
  length_ = length;
  return {};
}

void Writer::set_times(std::optional<fs::Time> modified, std::optional<fs::Time> accessed) {
  std::lock_guard shown(shown_mutex_);
  if (!streaming_) return;
  if (modified) times_.modified = modified;
  if (accessed) times_.accessed = accessed;
}

void Writer::removed() {
  removed_ = true;
}

void Writer::overlay(fs::FileStatus& status) const {
  std::lock_guard shown(shown_mutex_);
  if (!streaming_) return;
  status.length = length_;
  if (times_.modified) status.modification_time = *times_.modified;
  if (times_.accessed) status.access_time = *times_.accessed;
}

fs::Result<void> truncate_and_wait(fs::FileSystem& file_system, const std::string& path, uint64_t length) {
  auto status = file_system.status(path);
  if (!status) return std::unexpected(std::move(status).error());
  if (length == status->length) return {};
  if (length > status->length) {
    return std::unexpected(unsupported(
        fmt::format("{}: HDFS files grow by writing only, from {} to {} bytes", path, status->length, length)));
  }
  auto done = file_system.truncate(path, length);
  auto give_up = std::chrono::steady_clock::now() + kTruncateDeadline;
  while (done && !*done) {
    if (std::chrono::steady_clock::now() > give_up) {
      return std::unexpected(fs::Error(fs::ErrorCode::kTimeout, ETIMEDOUT, "java.net.SocketTimeoutException",
                                       path + ": its last block is still being cut"));
    }
    std::this_thread::sleep_for(kTruncatePoll);
    done = file_system.recover_lease(path);
  }
  if (!done) return std::unexpected(std::move(done).error());
  return {};
}

std::shared_ptr<Writer> Writers::of(uid_t user, fs::FileSystem& file_system, const fs::FileStatus& status) {
  Key key{status.inode, user};
  {
    std::lock_guard lock(mutex_);
    if (auto found = writers_.find(key); found != writers_.end()) {
      if (auto writer = found->second.lock()) return writer;
    }
  }
  return insert(key, std::make_shared<Writer>(file_system, status, std::nullopt));
}

std::shared_ptr<Writer> Writers::created(uid_t user, fs::FileSystem& file_system, const fs::FileStatus& status,
                                         fs::OutputFile stream) {
  return insert({status.inode, user}, std::make_shared<Writer>(file_system, status, std::move(stream)));
}

std::shared_ptr<Writer> Writers::insert(Key key, std::shared_ptr<Writer> writer) {
  std::lock_guard lock(mutex_);
  std::erase_if(writers_, [](const auto& entry) { return entry.second.expired(); });
  auto& slot = writers_[key];
  if (auto present = slot.lock()) return present;
  slot = writer;
  return writer;
}

std::vector<std::shared_ptr<Writer>> Writers::writing(uint64_t inode) const {
  std::vector<std::shared_ptr<Writer>> result;
  std::lock_guard lock(mutex_);
  for (auto it = writers_.lower_bound({inode, 0}); it != writers_.end() && it->first.first == inode; ++it) {
    if (auto writer = it->second.lock()) result.push_back(std::move(writer));
  }
  return result;
}

bool Writers::empty() const {
  std::lock_guard lock(mutex_);
  return writers_.empty();
}

void Writers::overlay(fs::FileStatus& status) const {
  for (const auto& writer : writing(status.inode)) writer->overlay(status);
}

void Writers::complete_all() {
  std::vector<std::shared_ptr<Writer>> open;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, weak] : writers_) {
      if (auto writer = weak.lock()) open.push_back(std::move(writer));
    }
  }
  const auto give_up = std::chrono::steady_clock::now() + kCompleteAllDeadline;
  for (const auto& writer : open) writer->give_up_at(give_up);
  std::atomic<size_t> next = 0;
  auto complete_some = [&] {
    for (size_t i = next++; i < open.size(); i = next++) {
      if (auto completed = open[i]->complete({}); !completed)
        log::error("a file that was open when the mount ended may have lost its end: {}", completed.error().message());
    }
  };
  std::vector<std::jthread> threads;
  while (threads.size() < std::min(open.size(), kCompletedAtOnce)) threads.emplace_back(complete_some);
}

}  // namespace dfs::fuse
