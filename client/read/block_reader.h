#pragma once

#include <memory>
#include <vector>

#include "client/datanode/connections.h"
#include "proto/base/bytes.h"
#include "proto/checksum/checksum.h"
#include "proto/io/stream.h"
#include "proto/transfer/reader.h"

namespace hadoop::hdfs {
class LocatedBlockProto;
}

namespace dfs::client {

// Verified bytes of a block, in the memory they were received into.
struct ReceivedBytes {
  transfer::PacketBatch batch;
  std::vector<ByteView> slices;  // in order, without gaps
  size_t bytes = 0;
};

// One READ_BLOCK operation on one connection (BlockReaderRemote).
//
// Belongs to the client's thread, one call at a time.
class BlockReader {
 public:
  explicit BlockReader(std::unique_ptr<Stream> stream) : stream_(std::move(stream)), reader_(*stream_) {}

  // Asks for `length` bytes from `offset` of the block and takes the DataNode's answer. `block` must outlive the call.
  Task<Result<void>> start(const hadoop::hdfs::LocatedBlockProto& block, uint64_t offset, uint64_t length,
                           const TransferSettings& settings);
  // What arrived next, at least one byte, cut to what was asked for; nothing at the end. kChecksum where the bytes do
  // not match their sums, kTimeout where nothing comes for `io_deadline`.
  Task<Result<void>> next(ReceivedBytes& into);
  // Requires: next() said that this is the end. Tells the DataNode the outcome and returns the connection, good for
  // another operation; null if it is not.
  Task<std::unique_ptr<Stream>> finish();
  void close() { stream_->close(); }

 private:
  Result<void> take(const transfer::Packet& packet, ReceivedBytes& into);

  std::unique_ptr<Stream> stream_;
  transfer::Reader reader_;
  checksum::Checksum checksum_;
  bool verify_ = true;
  std::chrono::milliseconds io_deadline_{};
  uint64_t position_ = 0;       // in the block, of the next byte to hand out
  uint64_t end_ = 0;            // in the block
  uint64_t next_in_block_ = 0;  // where the next packet begins
  int64_t last_seqno_ = -1;
  bool finished_ = false;
};

}  // namespace dfs::client
