#pragma once

#include "namenode/namespace/plan.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// What records are applied to, and when.
struct ApplyTo {
  Tables& tables;
  Blocks& blocks;
  LeaseTable& leases;
  const NamespaceSettings& settings;
  WallTime wall;
  TimePoint now;
};

// Applies one record to the tables and lets those who keep state in memory follow: what live traffic and replay share.
// Returns how many bytes of rows it wrote. `caller`: whose call the record is of, where there is one.
Result<size_t> apply_and_absorb(const Edit& edit, const ApplyTo& to, const RpcIds& caller = {});

}  // namespace dfs::namenode
