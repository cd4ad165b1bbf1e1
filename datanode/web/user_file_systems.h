#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>

#include "dfs/filesystem.h"
#include "proto/security/identity.h"

namespace dfs::datanode {

// A FileSystem for each user that WebHDFS has served lately; what is in use stays alive by itself. Thread-safe.
class UserFileSystems {
 public:
  UserFileSystems(std::string uri, fs::ConnectOptions options, size_t kept_max)
      : uri_(std::move(uri)), options_(std::move(options)), kept_max_(kept_max) {}

  fs::Result<fs::FileSystem> of(const security::Identity& user);

 private:
  struct Kept {
    security::Identity user;
    fs::FileSystem file_system;
  };
  const std::string uri_;
  const fs::ConnectOptions options_;
  const size_t kept_max_;
  std::mutex mutex_;
  std::list<Kept> recent_;  // latest first
};

}  // namespace dfs::datanode
