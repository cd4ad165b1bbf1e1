#pragma once

#include "namenode/namespace/plan.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Applies one record to the tables and lets those who keep state in memory follow: what live traffic and replay share.
// Returns how many bytes of rows it wrote.
Result<size_t> apply_and_absorb(const Edit& edit, Tables& tables, Blocks& blocks, LeaseTable& leases, TimePoint now);

}  // namespace dfs::namenode
