#include "namenode/space_watch.h"

#include "namenode/blocks/blocks.h"
#include "proto/base/log.h"

namespace dfs::namenode {

bool SpaceWatch::is_low() const {
  for (const std::string& directory : settings_.directories) {
    Result<DiskSpace> space = disk_.space(directory);
    if (!space) {
      log::error("{}", space.error().message());
      return true;
    }
    if (space->available_bytes < settings_.reserved_bytes) {
      log::warn("{} has {} bytes left, less than dfs.namenode.resource.du.reserved ({})", directory,
                space->available_bytes, settings_.reserved_bytes);
      return true;
    }
  }
  return false;
}

void SpaceWatch::check(Blocks& blocks, TimePoint now) {
  if (now < due_) return;
  due_ = now + settings_.interval;
  blocks.set_resources_low(is_low());
}

}  // namespace dfs::namenode
