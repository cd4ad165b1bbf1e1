#pragma once

#include "namenode/store/tables.h"

namespace dfs::namenode {

// Gives each version whose snapshot does not have its entry's directory to the newest earlier one that has, as if that
// snapshot had been deleted; what each snapshot has stays the same. In tables without effects on anything else.
// kCorruptFormat names an inode that nothing holds then, or two that are at one place in a snapshot.
Result<void> settle_versions(Tables& tables);

}  // namespace dfs::namenode
