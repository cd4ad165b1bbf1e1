#include "namenode/space_watch.h"

#include "namenode/blocks/blocks.h"
#include "proto/base/log.h"

namespace dfs::namenode {

bool SpaceWatch::is_low() const {
  for (const std::string& directory : directories_) {
    Result<DiskSpace> space = disk_.space(directory);
    if (!space) {
      log::error("{}", space.error().message());
      return true;
    }
    if (space->available_bytes < reserved_bytes_) {
      log::warn("{} has {} bytes left, less than dfs.namenode.resource.du.reserved ({})", directory,
                space->available_bytes, reserved_bytes_);
      return true;
    }
  }
  return false;
}

void SpaceWatch::check(Blocks& blocks, TimePoint now) {
  if (now < due_) return;
  due_ = now + std::chrono::seconds(5);
  const bool low = is_low();
  if (low && !low_) blocks.enter_safe_mode();
  if (!low && low_) blocks.leave_safe_mode();
  low_ = low;
}

}  // namespace dfs::namenode
