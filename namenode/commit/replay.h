#pragma once

#include "namenode/namespace/plan.h"

namespace dfs::namenode {

class Journal;

// Brings the tables up to the end of the edit log, and `leases` to the open files of the tables. Runs before any thread
// of the NameNode. An edit that does not fit is an error that names its transaction; the tables keep what was applied.
Result<void> replay(Journal& journal, Tables& tables, Blocks& blocks, LeaseTable& leases, TimePoint now);

}  // namespace dfs::namenode
