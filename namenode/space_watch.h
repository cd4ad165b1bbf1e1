#pragma once

#include <string>
#include <vector>

#include "proto/base/clock.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

class Blocks;

// Sees a full disk ahead: safe mode while the disk of a folder has less than the reserved space left, and out of it by
// itself when there is room again (NameNodeResourceChecker, which never leaves). Lives on the namespace thread.
class SpaceWatch {
 public:
  struct Settings {
    std::vector<std::string> directories;      // of the edit log and of the tables
    uint64_t reserved_bytes = 0;               // dfs.namenode.resource.du.reserved
    std::chrono::milliseconds interval{5000};  // dfs.namenode.resource.check.interval
  };
  SpaceWatch(Disk& disk, Settings settings) : disk_(disk), settings_(std::move(settings)) {}

  // Looks once an interval.
  void check(Blocks& blocks, TimePoint now);

 private:
  bool is_low() const;

  Disk& disk_;
  const Settings settings_;
  TimePoint due_{};
};

}  // namespace dfs::namenode
