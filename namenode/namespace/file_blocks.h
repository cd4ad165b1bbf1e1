#pragma once

#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// The blocks of a file that is in the tree with this row, in order. kCorruptFormat where one is missing.
Result<std::vector<BlockRow>> blocks_of_file(const View& view, const InodeRow& file);

}  // namespace dfs::namenode
