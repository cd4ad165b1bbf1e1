#pragma once

#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

class Blocks;

// Sees a full disk ahead: safe mode while a name folder's disk has less than the reserved space left, and out of it by
// itself when there is room again (NameNodeResourceChecker, which never leaves). Lives on the namespace thread.
class SpaceWatch {
 public:
  SpaceWatch(Disk& disk, std::vector<std::string> directories, uint64_t reserved_bytes)
      : disk_(disk), directories_(std::move(directories)), reserved_bytes_(reserved_bytes) {}

  // Looks at most every five seconds.
  void check(Blocks& blocks, TimePoint now);

 private:
  bool is_low() const;

  Disk& disk_;
  const std::vector<std::string> directories_;
  const uint64_t reserved_bytes_;
  TimePoint due_{};
  bool low_ = false;
};

}  // namespace dfs::namenode
