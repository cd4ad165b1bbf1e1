#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace dfs::fuse {

// The names that HDFS knows people and groups by, against the numbers that the kernel knows them by, as this machine's
// user database has it. Answers are kept for a minute, since the database may be a directory server. Thread-safe.
class Accounts {
 public:
  // Nothing: the machine does not know the number.
  std::optional<std::string> user_name(uid_t uid);
  std::optional<std::string> group_name(gid_t gid);
  // A name that the machine does not know is shown as nobody's.
  uid_t uid_of(const std::string& user);
  gid_t gid_of(const std::string& group);

 private:
  template <class Value>
  struct Known {
    Value value;
    std::chrono::steady_clock::time_point until;
  };
  template <class Key, class Value>
  using Cache = std::map<Key, Known<Value>>;
  template <class Key, class Value, class Find>
  Value cached(Cache<Key, Value>& cache, const Key& key, Find find);

  std::mutex mutex_;
  Cache<uid_t, std::optional<std::string>> user_names_;
  Cache<gid_t, std::optional<std::string>> group_names_;
  Cache<std::string, uid_t> uids_;
  Cache<std::string, gid_t> gids_;
};

}  // namespace dfs::fuse
