#include "tools/fuse/callers.h"

#include <algorithm>

namespace dfs::fuse {

fs::Result<fs::FileSystem> Callers::file_system_of(uid_t uid) {
  // Outlives the lock: the last handle of a FileSystem waits for its thread.
  std::list<Caller> dropped;
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find(recent_, uid, &Caller::uid);
  if (found != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, found);
    return recent_.front().file_system;
  }
  auto connected = connect_(uid);
  if (!connected) return connected;
  recent_.push_front({uid, *std::move(connected)});
  if (recent_.size() > kept_max_) dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
  return recent_.front().file_system;
}

}  // namespace dfs::fuse
