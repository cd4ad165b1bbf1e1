#pragma once

#include "namenode/namespace/settings.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// The rows of an empty namespace, before the first record: the root and the counters from which ids are given out. The
// same for each that is formatted with the same owner, and what a stock NameNode's first image holds.
void format_namespace(const NamespaceSettings& settings, Batch& batch);

}  // namespace dfs::namenode
