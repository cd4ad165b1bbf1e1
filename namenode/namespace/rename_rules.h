#pragma once

#include "namenode/namespace/inode_path.h"

// What may be renamed to what (FSDirRenameOp), for the plan and for the log alike.
namespace dfs::namenode {

// The first form of rename: into `destination` where that is a directory.
Result<InodePath> destination_of_old_rename(const View& view, const InodePath& source, const InodePath& destination);

// The first form answers false where it refuses, and true without doing anything where both are the same.
enum class OldRename : uint8_t { kRefused, kNothingToDo, kMoves };
Result<OldRename> judge_old_rename(const View& view, const InodePath& source, const InodePath& destination);

// The second form fails with a reason.
enum class Overwrite : bool { kNo, kYes };
Result<void> judge_rename(const View& view, const InodePath& source, const InodePath& destination, Overwrite overwrite);

}  // namespace dfs::namenode
