#include "datanode/transfer/packet_writer.h"

#include <fmt/format.h>

namespace dfs::datanode {

PacketWriter::Written PacketWriter::write(const transfer::PacketBatch& batch) {
  Written written;
  for (const transfer::Packet& packet : batch.packets) {
    if (written.outcome = write(packet, written.corrupt); !written.outcome) break;
    ++written.packets;
  }
  // What was written before an error of the disk is acknowledged no more than the rest: its sums may be missing, and a
  // sync that has failed is not tried again.
  if (!written.outcome && !written.corrupt) {
    written.packets = 0;
  } else if (auto flushed = replica_->flush(); !flushed) {
    written = {.outcome = std::move(flushed)};
  }
  return written;
}

Result<void> PacketWriter::write(const transfer::Packet& packet, bool& corrupt) {
  const transfer::PacketHeader& header = packet.header;
  if (!packet.data.empty()) {
    const checksum::Checksum& theirs = settings_.sender_checksum;
    const checksum::Checksum& ours = replica_->checksum();
    ByteView sums = packet.sums;
    if (!sums.empty() && sums.size() != theirs.sums_bytes(packet.data.size())) {
      return fail(ErrorCode::kIo,
                  fmt::format("Invalid checksum length: received length is {} but expected length is {}", sums.size(),
                              theirs.sums_bytes(packet.data.size())));
    }
    if (!sums.empty() && (settings_.verifies || theirs.type != ours.type)) {
      if (auto bad = theirs.first_mismatch(packet.data, sums)) {
        corrupt = true;
        return fail(
            ErrorCode::kChecksum,
            fmt::format("Unexpected checksum mismatch while writing blk_{} from {} at offset {}",
                        int64_t(raw(replica().id())), settings_.sender, header.offset_in_block + int64_t(*bad)));
      }
    }
    if (sums.empty() || theirs.type != ours.type) {
      made_sums_.resize(ours.sums_bytes(packet.data.size()));
      ours.compute(packet.data, made_sums_);
      sums = made_sums_;
    }
    DFS_TRY_OK(replica_->append(uint64_t(header.offset_in_block), packet.data, sums));
  }
  // At the end of the block the sync runs here, beside that of the DataNodes further down, and not after theirs.
  if (header.sync_block || (header.last_packet_in_block && settings_.sync_on_close)) {
    DFS_TRY_OK(replica_->flush());
    DFS_TRY_OK(replica_->sync());
    ends_on_disk_ = header.last_packet_in_block;
  }
  return {};
}

}  // namespace dfs::datanode
