#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "dfs/filesystem.h"
#include "tools/fuse/accounts.h"
#include "tools/fuse/fuse_api.h"

namespace dfs::fuse {

// A directory that is being listed, page by page however large it is. Thread-safe.
class DirectoryHandle {
 public:
  DirectoryHandle(fs::FileSystem file_system, std::string path, fs::Listing listing)
      : file_system_(std::move(file_system)), path_(std::move(path)), listing_(std::move(listing)) {}

  using Observe = std::function<void(fs::FileStatus&)>;
  // Fills the kernel's buffer from `offset`, which is 0 or what an earlier entry carried. `observe` sees each entry
  // before the kernel does and may correct it.
  fs::Result<void> read(off_t offset, void* buffer, fuse_fill_dir_t fill, Accounts& accounts, const Observe& observe);

 private:
  fs::Result<void> seek(off_t offset);

  fs::FileSystem file_system_;
  const std::string path_;
  std::mutex mutex_;
  fs::Listing listing_;
  off_t next_ = 0;                         // "." is 0, ".." is 1
  std::optional<fs::FileStatus> pending_;  // taken from the listing, did not fit into the last buffer
};

}  // namespace dfs::fuse
