#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dfs/filesystem.h"

namespace dfs::fuse {

// A file that is being written through the mount, shared by all of one user's handles for it: HDFS has one writer a
// file, programs have several descriptors.
//
// HDFS files grow at their end only, so what is accepted is what falls there. complete() (the program's close) ends the
// HDFS file, so that its answer is the answer of close(2); a write that follows, as after `command > file` in a shell
// that has duplicated its descriptor, goes on with an append. An error stays: later calls return it again. Thread-safe.
//
// `path` is where the file is now, empty once it has been removed.
class Writer {
 public:
  enum class At : uint8_t { kOffset, kEnd };

  // `status`: of the file when it was opened. `stream`: if it has just been created.
  Writer(fs::FileSystem file_system, fs::FileStatus status, std::optional<fs::OutputFile> stream);
  // Drops a stream that complete() has not ended.
  ~Writer();

  // Takes the lease now, so that open(2) says what is wrong.
  fs::Result<void> open(const std::string& path);
  // kUnsupported anywhere but at the end. `offset` counts for At::kOffset only.
  fs::Result<void> write(const std::string& path, At at, uint64_t offset, std::string_view bytes);
  // Readers that open or refresh afterwards see all that was written.
  fs::Result<void> flush();
  fs::Result<void> sync();
  fs::Result<void> complete(const std::string& path);
  // As complete, if something was written since the last time.
  fs::Result<void> complete_written(const std::string& path);
  // Cutting to the present length is how scp ends and does nothing; growing is kUnsupported.
  fs::Result<void> truncate(const std::string& path, uint64_t length);
  // Completing a file sets its times, so those that were asked for before are set again afterwards.
  void set_times(std::optional<fs::Time> modified, std::optional<fs::Time> accessed);
  // From then on nothing is waited for any more. Does not wait for an operation that is under way.
  void give_up_at(std::chrono::steady_clock::time_point when);
  // The file is gone; what is still written goes nowhere and is no error.
  void removed();

  // `status` as this file's writer must see it. Does not wait for a write that is under way.
  void overlay(fs::FileStatus& status) const;
  // Whether something was written that readers would miss.
  bool unflushed() const { return unflushed_; }

 private:
  struct Times {
    std::optional<fs::Time> modified, accessed;
  };
  fs::Result<void> open_locked(const std::string& path);
  fs::Result<void> complete_locked(const std::string& path);
  void drop_stream();

  fs::FileSystem file_system_;
  const uint64_t inode_;
  std::mutex mutex_;                      // held during the stream's operations
  std::optional<fs::OutputFile> stream_;  // set and taken away under shown_mutex_ as well
  bool written_ = false;                  // since the stream was opened
  std::atomic<bool> unflushed_ = false;
  std::atomic<bool> removed_ = false;

  mutable std::mutex shown_mutex_;  // after mutex_; never held while waiting
  uint64_t length_;
  bool streaming_;
  Times times_;
};

// Waits until a shrunken file has its new length: the DataNodes cut its last block in their own time.
fs::Result<void> truncate_and_wait(fs::FileSystem& file_system, const std::string& path, uint64_t length);

// The writers that have an open handle. Thread-safe.
class Writers {
 public:
  // The writer that `user` has for the file, or a new one.
  std::shared_ptr<Writer> of(uid_t user, fs::FileSystem& file_system, const fs::FileStatus& status);
  // For a file that has just been created.
  std::shared_ptr<Writer> created(uid_t user, fs::FileSystem& file_system, const fs::FileStatus& status,
                                  fs::OutputFile stream);
  // Of any user.
  std::vector<std::shared_ptr<Writer>> writing(uint64_t inode) const;
  bool empty() const;
  // Corrects what the NameNode says about a file that is being written here.
  void overlay(fs::FileStatus& status) const;
  // Ends every file, for unmounting: side by side, and within kCompleteAllDeadline whoever does not answer.
  void complete_all();
  static constexpr std::chrono::seconds kCompleteAllDeadline{10};

 private:
  using Key = std::pair<uint64_t, uid_t>;
  std::shared_ptr<Writer> insert(Key key, std::shared_ptr<Writer> writer);

  mutable std::mutex mutex_;
  std::map<Key, std::weak_ptr<Writer>> writers_;
};

}  // namespace dfs::fuse
