#pragma once

#include "namenode/namespace/detached_trees.h"
#include "namenode/namespace/plan.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Who keeps state in memory beside the tables and follows the records, and when.
struct Followers {
  Blocks& blocks;
  LeaseTable& leases;
  const NamespaceSettings& settings;
  WallTime wall;
  TimePoint now;
};

// Applies one record to the tables and lets those who keep state in memory follow: what live traffic and replay share.
// `caller`: whose call the record is of, where there is one.
Result<void> apply_and_absorb(const Edit& edit, Tables& tables, const Followers& followers, const RpcIds& caller = {});

// A step of `sweep` that takes up to `inodes_max` inodes of deleted trees away; false where none are left. Changes what
// `batch` then says, which is not journaled.
Result<bool> sweep_and_absorb(DetachedTreeSweep& sweep, const View& view, size_t inodes_max, Batch& batch,
                              Blocks& blocks, LeaseTable& leases);

}  // namespace dfs::namenode
