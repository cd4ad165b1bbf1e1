#pragma once

#include "namenode/commit/absorb.h"

namespace dfs::namenode {

class Journal;

// Brings the tables up to the end of the edit log, and the leases to the open files of the tables. Runs before any
// thread of the NameNode. An edit that does not fit is an error that names its transaction; the tables keep what was
// applied.
Result<void> replay(Journal& journal, const ApplyTo& to);

}  // namespace dfs::namenode
