#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <optional>
#include <string>

#include "namenode/store/recent_rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// The part of the tables that is on disk: RocksDB, to which only whole pieces are added. It has neither a log nor rows
// in memory of its own.
class StoredRows {
 public:
  virtual ~StoredRows() = default;

  // `directory` is made if missing. `cache`: for blocks of table files, and for rows and inodes.
  static Result<std::unique_ptr<StoredRows>> open(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                  const std::string& directory, CacheBytes cache);
  // As Tables::last_applied_in().
  static Result<std::optional<TransactionId>> last_applied_in(const std::string& directory);

  // What is on disk now, for as long as the result lives; it may outlive this object.
  virtual std::shared_ptr<const View> moment() = 0;
  // The greatest key of the table; empty where it has no row.
  virtual Result<std::string> last_key(Table table) = 0;
  // The transaction that the last add() named.
  virtual TransactionId last_applied() const = 0;
  // Puts `rows` (that are no longer written) over what is there, in all tables at once; durable on return. After an
  // error it is there or not, and may not be tried again. One thread at a time.
  virtual Result<void> add(const RecentRows& rows, TransactionId applied) = 0;
  // As Tables::copy_to().
  virtual Result<void> copy_to(const std::string& directory) = 0;
};

}  // namespace dfs::namenode
