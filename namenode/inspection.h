#pragma once

#include <string>
#include <vector>

#include "namenode/journal/journal.h"
#include "namenode/settings.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// What can be seen of a stopped NameNode's folders. Both lock them as the NameNode does.

// Replays the whole edit log into empty tables and compares: one line for each row that differs, at most 100, none
// where the tables equal the log. An error where the log does not reach back to its first transaction.
Result<std::vector<std::string>> compare_with_replay(const NameNodeSettings& settings);

// Replays the edit log into `tables` from where they are, and takes deleted trees away.
Result<void> bring_up(Journal& journal, Tables& tables, const NameNodeSettings& settings);
// The lines of compare_with_replay() for these two.
Result<std::vector<std::string>> compare(const Tables& tables, const Tables& replayed);

// "TXID OP_NAME" of each edit of one segment file. Needs no other folder and locks nothing.
Result<std::vector<std::string>> list_edits(const std::string& segment_path);

}  // namespace dfs::namenode
