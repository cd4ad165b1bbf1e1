#include "datanode/web/user_file_systems.h"

#include <algorithm>
#include <iterator>

namespace dfs::datanode {

fs::Result<fs::FileSystem> UserFileSystems::of(const security::Identity& user) {
  // Outlives the lock: the last handle of a FileSystem waits for its thread.
  std::list<Kept> dropped;
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find(recent_, user, &Kept::user);
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
    return recent_.front().file_system;
  }
  fs::ConnectOptions options = options_;
  options.user = user.user;
  options.real_user = user.real_user;
  auto connected = fs::FileSystem::connect(uri_, std::move(options));
  if (!connected) return connected;
  recent_.push_front({user, *std::move(connected)});
  if (recent_.size() > kept_max_) dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
  return recent_.front().file_system;
}

}  // namespace dfs::datanode
