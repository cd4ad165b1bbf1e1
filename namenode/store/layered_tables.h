#pragma once

#include <memory>

#include "namenode/store/stored_rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// Tables of rows in memory over `stored`; nothing below where that is null, and then a flush is nothing to do.
std::unique_ptr<Tables> make_layered_tables(std::unique_ptr<StoredRows> stored, Tables::DurableGate gate);

// Tables::open_rocksdb with the files of `files`, so that tables can lose power in a test.
Result<std::unique_ptr<Tables>> open_rocksdb_on(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                const std::string& directory, uint64_t cache_bytes,
                                                Tables::DurableGate gate);

}  // namespace dfs::namenode
