#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "namenode/store/tables.h"

namespace dfs::namenode {

// Tables::open_rocksdb with the files of `files`, so that tables can lose power in a test.
Result<std::unique_ptr<Tables>> open_rocksdb_on(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                const std::string& directory, uint64_t cache_bytes,
                                                Tables::DurableGate gate);

}  // namespace dfs::namenode
