#pragma once

#include "datanode/replicas/volume.h"
#include "proto/base/clock.h"

namespace dfs::datanode {

// How far the scan of a volume has come, kept beside the pool: a DataNode that is restarted often would otherwise look
// at the same replicas again and again and never at the others.
struct ScanCursor {
  WallTime round_began{};
  BlockId last{};  // the replica that was verified last, in the order of ids; 0: none of this round

  static std::string path(const Volume& volume);
  // The beginning of a round at `now` where there is no file, or not a readable one. Blocks.
  static ScanCursor load(const Volume& volume, WallTime now);
  Result<void> save(const Volume& volume) const;
};

}  // namespace dfs::datanode
