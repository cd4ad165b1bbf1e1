#pragma once

#include <sys/types.h>

#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "dfs/filesystem.h"

namespace dfs::fuse {

// One FileSystem per local user, so that the NameNode judges every call by the rights of the process that made it.
// Keeps the most recently used ones; files that are open keep theirs alive. Thread-safe.
class Callers {
 public:
  using Connect = std::function<fs::Result<fs::FileSystem>(uid_t)>;
  Callers(Connect connect, size_t kept_max) : connect_(std::move(connect)), kept_max_(kept_max) {}

  fs::Result<fs::FileSystem> file_system_of(uid_t uid);

 private:
  struct Caller {
    uid_t uid;
    fs::FileSystem file_system;
  };
  const Connect connect_;
  const size_t kept_max_;
  std::mutex mutex_;
  std::list<Caller> recent_;  // latest first
};

}  // namespace dfs::fuse
