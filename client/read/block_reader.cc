#include "client/read/block_reader.h"

#include <algorithm>

#include "proto/base/task.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

Task<Result<void>> BlockReader::start(const LocatedBlockProto& block, uint64_t offset, uint64_t length,
                                      const TransferSettings& settings) {
  OpReadBlockProto request;
  *request.mutable_header()->mutable_baseheader()->mutable_block() = block.b();
  *request.mutable_header()->mutable_baseheader()->mutable_token() = block.blocktoken();
  request.mutable_header()->set_clientname(settings.client_name);
  request.set_offset(offset);
  request.set_len(length);
  request.set_sendchecksums(true);
  DFS_CO_TRY_OK(co_await transfer::send_op(*stream_, transfer::Op::kReadBlock, request));
  BlockOpResponseProto response;
  DFS_CO_TRY_OK(co_await reader_.message(response));
  DFS_CO_TRY_OK(transfer::check_status(transfer::Status(response.status()), response.message(),
                                       "OP_READ_BLOCK of block " + std::to_string(block.b().blockid())));
  if (!response.has_readopchecksuminfo())
    co_return fail(ErrorCode::kCorruptFormat, "OP_READ_BLOCK was answered without a checksum");
  DFS_CO_TRY(checksum_, transfer::from_proto(response.readopchecksuminfo().checksum()));
  verify_ = settings.verify_checksums;
  io_deadline_ = settings.io_deadline;
  position_ = offset;
  end_ = offset + length;
  next_in_block_ = response.readopchecksuminfo().chunkoffset();
  if (next_in_block_ > offset || next_in_block_ + checksum_.chunk_bytes <= offset)
    co_return fail(ErrorCode::kCorruptFormat, "BlockReader: error in first chunk offset (" +
                                                  std::to_string(next_in_block_) + ") for " + std::to_string(offset));
  co_return Result<void>{};
}

Result<void> BlockReader::take(const transfer::Packet& packet, ReceivedBytes& into) {
  const transfer::PacketHeader& header = packet.header;
  const bool in_order = header.seqno == last_seqno_ + 1 && uint64_t(header.offset_in_block) == next_in_block_;
  // The packet that ends the answer is empty; its offset is the DataNode's own affair.
  if (header.last_packet_in_block ? header.data_bytes > 0 : !in_order)
    return fail(ErrorCode::kCorruptFormat, "BlockReader: error in packet header (offset " +
                                               std::to_string(header.offset_in_block) + ", seqno " +
                                               std::to_string(header.seqno) + ")");
  last_seqno_ = header.seqno;
  if (packet.data.empty()) return {};
  if (packet.sums.size() != checksum_.sums_bytes(packet.data.size()))
    return fail(ErrorCode::kCorruptFormat, "BlockReader: packet with " + std::to_string(packet.sums.size()) +
                                               " bytes of checksums for " + std::to_string(packet.data.size()) +
                                               " bytes");
  if (verify_) {
    if (auto bad = checksum_.first_mismatch(packet.data, packet.sums))
      return fail(ErrorCode::kChecksum, "Checksum error at " + std::to_string(next_in_block_ + *bad) + " of the block");
  }
  const uint64_t begin = std::max(position_, next_in_block_);
  next_in_block_ += packet.data.size();
  const uint64_t end = std::min(end_, next_in_block_);
  if (begin < end) {
    into.slices.push_back(packet.data.subspan(begin - (next_in_block_ - packet.data.size()), end - begin));
    into.bytes += end - begin;
    position_ = end;
  }
  return {};
}

Task<Result<void>> BlockReader::next(ReceivedBytes& into) {
  into.slices.clear();
  into.bytes = 0;
  while (into.bytes == 0 && !finished_) {
    DFS_CO_TRY(bool came, reader_.packets_now(into.batch));
    if (!came) {
      DFS_CO_TRY_OK(co_await with_deadline(io_deadline_, "reading from DataNode", stream_->wait_readable()));
      continue;
    }
    for (const transfer::Packet& packet : into.batch.packets) {
      DFS_CO_TRY_OK(take(packet, into));
      if (packet.header.last_packet_in_block) finished_ = true;
    }
  }
  if (finished_ && position_ < end_)
    co_return fail(ErrorCode::kEof, "the DataNode sent " + std::to_string(end_ - position_) + " bytes too few");
  co_return Result<void>{};
}

Task<std::unique_ptr<Stream>> BlockReader::finish() {
  ClientReadStatusProto status;
  status.set_status(verify_ ? Status::CHECKSUM_OK : Status::SUCCESS);
  Result<void> sent = co_await transfer::send_message(*stream_, status);
  if (!sent || reader_.buffered() > 0) co_return nullptr;
  co_return std::move(stream_);
}

}  // namespace dfs::client
