#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dfs/error.h"
#include "dfs/types.h"

namespace dfs::client {
class InputStream;
class OutputStream;
}  // namespace dfs::client

namespace dfs::fs {

// A file that is open for reading; made by FileSystem::open. Checksums are verified, a replica that fails or turns out
// corrupt is replaced by another.
//
// It shows the file as it was at open() time; a file under construction is as long as what its writer had flushed by
// then, and refresh() sees what has been flushed since. Movable; keeps what it needs of the FileSystem alive.
// pread() may be called by many threads at once, everything else by one thread at a time.
class InputFile {
 public:
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;
  ~InputFile();

  // Up to `length` bytes from the current position, which moves on. 0 at the end of the file and only there (or for
  // `length` 0); less than `length` may come earlier. Reads ahead.
  Result<size_t> read(void* to, size_t length);
  // The bytes at `offset`: all `length` of them unless the file ends before. Leaves the position alone.
  Result<size_t> pread(uint64_t offset, void* to, size_t length);
  // kInvalidArgument beyond the end of the file.
  Result<void> seek(uint64_t offset);
  uint64_t position() const;
  uint64_t length() const;
  // Asks the NameNode and the writer's DataNode for the current length.
  Result<void> refresh();
  // Frees connections; happens by itself at destruction.
  void close();

 private:
  friend class FileSystem;
  explicit InputFile(std::shared_ptr<client::InputStream> stream);
  std::shared_ptr<client::InputStream> stream_;
};

// A file that is being written; made by FileSystem::create and append. Bytes are streamed to a pipeline of DataNodes
// without waiting for acknowledgements; a DataNode that fails is left out or replaced, at any byte.
//
// Movable. One thread at a time but for give_up_at(). Destroying it without close() leaves the file to lease recovery,
// which keeps what was flushed: only close() says whether everything arrived.
class OutputFile {
 public:
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;
  ~OutputFile();

  // Takes all bytes; waits only while too much is under way. An error of an earlier write may be reported here, and
  // stays: every later call returns it again.
  Result<void> write(const void* from, size_t length);
  // Returns when all DataNodes of the pipeline have the bytes written so far: new readers see them.
  Result<void> hflush();
  // As hflush, and the bytes are on the DataNodes' disks; also makes the NameNode record the length.
  Result<void> hsync();
  // Completes the file. Afterwards it is as long as position(), and with sync_on_close on disk. Calling it again
  // returns the same answer.
  Result<void> close();
  // Gives up: the connection is dropped and the lease no longer renewed, nothing is flushed.
  void abandon();
  // Sets a time after which this file waits for nobody: calls that are under way or to come fail with kTimeout where
  // they would have to wait. The one method that another thread may call.
  void give_up_at(std::chrono::steady_clock::time_point when);
  // Bytes of the file including what was written so far.
  uint64_t position() const;

 private:
  friend class FileSystem;
  explicit OutputFile(std::shared_ptr<client::OutputStream> stream);
  std::shared_ptr<client::OutputStream> stream_;
};

}  // namespace dfs::fs
