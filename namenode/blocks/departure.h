#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/store/rows.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// One DataNode that is being decommissioned or enters maintenance, and the blocks that hold it back
// (DatanodeAdminDefaultMonitor).
//
// A pass looks at blocks, some at a time, and keeps those that lack replicas elsewhere. The first one goes over all
// replica rows of the DataNode; while blocks are kept, the next ones go over these alone. When none is left, one more
// pass goes over all rows: if nothing is found, the DataNode may leave. Lives on the namespace thread.
class Departure {
 public:
  Departure(std::vector<StorageNumber> storages, TimePoint now);

  bool due(TimePoint now) const { return now >= due_; }
  // Up to `count_max` blocks to look at; none: the pass is at its end. What is found is told by keep().
  Result<std::vector<BlockId>> next(const View& view, size_t count_max);
  struct Kept {
    bool only_out_of_service = false;  // no replica is in service
    InodeId open_file = kNoInode;
  };
  void keep(BlockId block, Kept why);
  // Ends the pass. True: it went over all rows and kept nothing. Otherwise the next pass begins, at once where nothing
  // was kept, else after `interval`.
  bool end_pass(TimePoint now, TimePoint::duration interval);
  // The last whole pass.
  const LeavingStatus& status() const { return status_; }

 private:
  void begin_pass(bool over_all);

  std::vector<StorageNumber> storages_;
  std::vector<BlockId> kept_, previous_;  // by this pass and by the one before
  bool over_all_ = true;
  size_t position_ = 0;  // among storages_ or previous_
  std::string from_;     // the row to go on with
  TimePoint due_;
  LeavingStatus counting_, status_;
  std::set<InodeId> open_files_;
};

}  // namespace dfs::namenode
