#pragma once

#include <map>
#include <memory>
#include <string>

#include "client/datanode/transfer_settings.h"
#include "client/namenode/namenode.h"
#include "proto/base/task_fwd.h"

namespace dfs::client {

using BlockPtr = std::shared_ptr<const hadoop::hdfs::LocatedBlockProto>;

// The blocks of one open file: which ones, where their replicas are, how long the file is. Fetched by the page, kept
// until they are known to be wrong.
//
// Belongs to the client's thread.
class FileBlocks {
 public:
  FileBlocks(Namenode& namenode, security::Identity user, const TransferSettings& settings, std::string path)
      : namenode_(namenode), user_(std::move(user)), settings_(settings), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  // Including what the writer has made visible of the last block, as of the last refresh().
  uint64_t length() const { return length_; }

  // Fetches length and first blocks; what was known is dropped. kUnsupported for erasure-coded and encrypted files.
  // Like the other calls kIo when the path has come to name another file than the one that was opened.
  Task<Result<void>> refresh();
  // The block that holds `offset`. Requires: offset < length().
  Task<Result<BlockPtr>> at(uint64_t offset);
  // Asks for the locations (and tokens) of the block at `offset` again.
  Task<Result<BlockPtr>> refetch(uint64_t offset);

 private:
  Task<Result<void>> fetch(uint64_t offset);
  Result<void> check_same_file(const hadoop::hdfs::LocatedBlocksProto& located) const;
  // Where the last known block begins that does not begin after `offset`.
  uint64_t known_before(uint64_t offset) const;
  BlockPtr cached(uint64_t offset) const;

  Namenode& namenode_;
  security::Identity user_;
  const TransferSettings& settings_;
  std::string path_;
  uint64_t length_ = 0;
  std::map<uint64_t, BlockPtr> blocks_;  // by offset in the file
  BlockPtr open_block_;                  // the one under construction, with its visible length
};

}  // namespace dfs::client
