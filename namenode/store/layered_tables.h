#pragma once

#include <memory>

#include "namenode/store/stored_rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Tables are rows in memory (recent_rows.h) over rows on disk (stored_rows.h); in a test there may be nothing below.
//
// Tables::open_rocksdb with the files of `files`, so that tables can lose power in a test.
Result<std::unique_ptr<Tables>> open_rocksdb_on(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                const std::string& directory, CacheBytes cache,
                                                Tables::DurableGate gate);

}  // namespace dfs::namenode
