#pragma once

#include <memory>
#include <set>
#include <string>

#include "client/datanode/connections.h"
#include "client/read/block_reader.h"
#include "client/read/file_blocks.h"

namespace dfs::client {

// Reads a range of a file from whatever replicas can give it: goes on from another one, at the byte where it stopped,
// when a DataNode fails, is too slow or sends bytes that do not match their checksums (those are reported to the
// NameNode). Gives up when every replica has failed and new locations, asked for a few times, did not help, or when
// every replica is corrupt.
//
// Belongs to the client's thread, one call at a time; everything it refers to must outlive it.
class ReplicaReader {
 public:
  struct Source {
    Namenode& namenode;
    Connections& connections;
    const TransferSettings& settings;
    FileBlocks& blocks;
    // DataNodes that failed for this file ("uuid"), shared by all its readers and forgiven when locations are
    // refetched.
    std::set<std::string>& dead;
  };

  // Requires: begin <= end <= the file's length.
  ReplicaReader(Source source, uint64_t begin, uint64_t end) : source_(source), position_(begin), end_(end) {}

  // Offset in the file of the next byte.
  uint64_t position() const { return position_; }
  // The next bytes; none at the end of the range.
  Task<Result<void>> next(ReceivedBytes& into);
  // Drops the connection.
  void close();

 private:
  Task<Result<void>> open();
  Task<Result<void>> try_replica(const BlockPtr& block, int replica);
  Task<void> blame(Error error);
  Task<Result<void>> no_replica_left(const BlockPtr& block);

  Source source_;
  uint64_t position_;
  uint64_t end_;
  std::unique_ptr<BlockReader> reader_;
  BlockPtr block_;
  int replica_ = 0;
  Endpoint datanode_;
  uint64_t block_end_ = 0;  // in the file, of what the reader was asked for
  int refetches_ = 0;       // since the last byte
  std::string last_failure_;
  std::set<std::string> corrupt_;  // DataNodes whose replicas of block_ did not match their checksums
};

}  // namespace dfs::client
