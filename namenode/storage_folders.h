#pragma once

#include <string>

#include "namenode/journal/journal.h"
#include "namenode/settings.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Where a NameNode's state lies: the edit log as Hadoop keeps it, our tables beside it.
JournalSettings journal_settings(const NameNodeSettings& settings);
std::string tables_directory(const NameNodeSettings& settings);
// Empty tables get the rows of an empty namespace; the edit log brings the rest.
Result<void> make_root(Tables& tables, const NamespaceSettings& settings);

}  // namespace dfs::namenode
