#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/base/error.h"

namespace dfs {

// An open file. Every call blocks: call it on a thread that may. One thread at a time, except pread.
class File {
 public:
  virtual ~File() = default;

  // Reads at most `to.size()` bytes at `offset`; fewer only at the end of the file, where it returns 0.
  virtual Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) = 0;
  // Writes all of `bytes` or fails; after a failure any prefix may have been written.
  virtual Result<void> pwrite(ByteView bytes, uint64_t offset) = 0;
  // After success every byte written and the length survive a power cut. After a failure nothing that was written
  // since the last success may be trusted, and calling again is no remedy (the kernel drops the dirty pages).
  virtual Result<void> sync() = 0;
  // Starts write-back of a range without waiting (sync_file_range); a hint that cannot fail.
  virtual void start_writeback(uint64_t offset, uint64_t length) = 0;
  virtual Result<void> truncate(uint64_t length) = 0;
  // Reserves space up to `length` without changing the size (fallocate, KEEP_SIZE).
  virtual Result<void> reserve(uint64_t length) = 0;
  virtual Result<uint64_t> size() = 0;
  // The descriptor, for sendfile and descriptor passing; -1 if there is none (memory).
  virtual int descriptor() const = 0;
};

struct DiskSpace {
  uint64_t capacity_bytes = 0;
  uint64_t available_bytes = 0;  // to this process
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

// Files and directories by absolute path: the machine's (posix), in memory, or faulty for tests. Thread-safe; blocks.
// A created, renamed or removed name survives a power cut only after sync_directory of its parent.
class Disk {
 public:
  enum class OpenMode { kRead, kReadWrite, kCreate /* read-write, made if missing */, kCreateNew /* must not exist */ };

  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Replaces `to` if it exists.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> link(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> remove_tree(const std::string& path) = 0;
  // Makes missing parents too; an existing directory is success.
  virtual Result<void> make_directories(const std::string& path, uint32_t mode) = 0;
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Of a file.
  virtual Result<uint64_t> size_of(const std::string& path);
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<DiskSpace> space(const std::string& path) = 0;
  // Holds an exclusive lock on the file `path` (made if missing, holding the process id) until the result is
  // destroyed. kIllegalState if another process, or this one, has it.
  virtual Result<std::unique_ptr<File>> lock(const std::string& path) = 0;

  // Small files whole. write_file_atomically is durable when it returns (temporary name, sync, rename, sync).
  Result<std::string> read_file(const std::string& path);
  Result<void> write_file_atomically(const std::string& path, std::string_view content);

  static Disk& posix();
};

}  // namespace dfs
