#pragma once

#include <string>
#include <string_view>

#include "namenode/fsck/fsck_options.h"
#include "namenode/namespace/queries.h"

namespace dfs::namenode {

// What `hdfs fsck -blockId` prints of one block, by its name: "blk_1073741825", also with a generation stamp.
Result<std::string> block_id_report(const FsckOptions& options, const Query& query, std::string_view name);

}  // namespace dfs::namenode
