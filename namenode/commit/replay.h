#pragma once

#include "namenode/commit/absorb.h"

namespace dfs::namenode {

class Journal;

// Brings the tables up to the end of the edit log, and the leases to the open files of the tables. Runs before any
// thread of the NameNode. An edit that does not fit is an error that names its transaction; the tables keep what was
// applied.
Result<void> replay(Journal& journal, Tables& tables, const Followers& followers);

// Takes all that is left of deleted trees away, which a NameNode does while it serves: for those who want the tables as
// the edit log leaves them.
Result<void> sweep_everything(Tables& tables, const Followers& followers);

}  // namespace dfs::namenode
