#include "datanode/replicas/replica_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::datanode {
namespace {
// Write-back is started in strides of this size: long enough to be cheap, short enough that the last sync finds little.
constexpr uint64_t kWritebackBytes = 4u << 20;
}  // namespace

Result<std::unique_ptr<ReplicaWriter>> ReplicaWriter::create(ReplicaClaim claim, const checksum::Checksum& checksum) {
  std::unique_ptr<ReplicaWriter> writer(new ReplicaWriter(std::move(claim), checksum));
  Disk& disk = writer->replica().volume().disk();
  Replica::View view = writer->replica().view();
  DFS_TRY(writer->data_, disk.open(view.data_path(), Disk::OpenMode::kCreateNew));
  std::vector<std::string> made{view.data_path()};
  auto begun = [&]() -> Result<void> {
    DFS_TRY(writer->meta_, disk.open(view.meta_path(), Disk::OpenMode::kCreateNew));
    made.push_back(view.meta_path());
    return writer->meta_->pwrite(as_bytes(encode_meta_header(checksum)), 0);
  }();
  if (begun) return writer;
  // Half a replica would be in the way of the next attempt.
  for (const std::string& path : made) {
    if (auto removed = disk.remove(path); !removed) log::warn("{}", removed.error().message());
  }
  return fail(std::move(begun).error());
}

Result<std::unique_ptr<ReplicaWriter>> ReplicaWriter::open(ReplicaClaim claim, const checksum::Checksum& requested) {
  std::unique_ptr<ReplicaWriter> writer(new ReplicaWriter(std::move(claim), requested));
  Disk& disk = writer->replica().volume().disk();
  Replica::View view = writer->replica().view();
  DFS_TRY(writer->data_, disk.open(view.data_path(), Disk::OpenMode::kReadWrite));
  DFS_TRY(writer->meta_, disk.open(view.meta_path(), Disk::OpenMode::kReadWrite));
  DFS_TRY(writer->checksum_, read_meta_header(*writer->meta_));
  if (writer->checksum_.chunk_bytes != requested.chunk_bytes) {
    return fail(ErrorCode::kIo,
                fmt::format("Client requested {} bytes per checksum when appending to an existing block "
                            "with different chunk size: {}",
                            requested.chunk_bytes, writer->checksum_.chunk_bytes));
  }
  writer->on_disk_bytes_ = writer->written_back_bytes_ = writer->durable_bytes_ = view.on_disk_bytes;
  DFS_TRY(uint64_t data_bytes, writer->data_->size());
  DFS_TRY(uint64_t meta_bytes, writer->meta_->size());
  if (view.on_disk_bytes > data_bytes ||
      kMetaHeaderBytes + writer->checksum_.sums_bytes(view.on_disk_bytes) > meta_bytes) {
    return fail(ErrorCode::kIo, fmt::format("Corrupted block: blk_{} with a length of {}", int64_t(raw(view.block.id)),
                                            view.on_disk_bytes));
  }
  DFS_TRY_OK(writer->load_last_chunk());
  return writer;
}

Result<void> ReplicaWriter::load_last_chunk() {
  uint64_t rest = on_disk_bytes_ % checksum_.chunk_bytes;
  if (rest == 0 || checksum_.type == checksum::Type::kNull) return {};
  std::vector<uint8_t> chunk(rest);
  std::array<uint8_t, 4> sum{};
  DFS_TRY(size_t read, data_->pread(chunk, on_disk_bytes_ - rest));
  DFS_TRY(size_t sum_read, meta_->pread(sum, kMetaHeaderBytes + on_disk_bytes_ / checksum_.chunk_bytes * 4));
  last_sum_ = load_big_endian<uint32_t>(sum.data());
  uint32_t computed = checksum_.update(0, chunk);
  if (read != chunk.size() || sum_read != sum.size() || computed != last_sum_) {
    return fail(ErrorCode::kChecksum, fmt::format("Partial CRC {} does not match value computed the last time file was "
                                                  "closed {}",
                                                  computed, last_sum_));
  }
  replica().update([&](Replica::View& view) { view.last_sum = last_sum_; });
  return {};
}

Result<void> ReplicaWriter::append(uint64_t offset, ByteView data, ByteView sums) {
  const uint64_t end = offset + data.size();
  if (offset > on_disk_bytes_) {
    return fail(ErrorCode::kIo, fmt::format("Received an out-of-sequence packet for blk_{} at offset {}. Expecting "
                                            "packet starting at {}",
                                            int64_t(raw(replica().id())), offset, on_disk_bytes_));
  }
  if (end <= on_disk_bytes_) return {};
  const uint32_t chunk_bytes = checksum_.chunk_bytes;
  if (offset % chunk_bytes != 0) {
    if (offset % chunk_bytes + data.size() > chunk_bytes) {
      return fail(ErrorCode::kIo, fmt::format("Unexpected packet data length for blk_{}: a partial chunk must be sent "
                                              "in an individual packet (data length = {}, bytesPerChecksum = {})",
                                              int64_t(raw(replica().id())), data.size(), chunk_bytes));
    }
    return append_within_chunk(offset, data);
  }
  DFS_TRY_OK(data_->pwrite(data.subspan(on_disk_bytes_ - offset), on_disk_bytes_));
  if (checksum_.type != checksum::Type::kNull) {
    // The sums from the chunk on that the disk ends in: the sender computed that chunk's from its beginning, too.
    uint64_t first = on_disk_bytes_ / chunk_bytes;
    ByteView fresh = sums.subspan((first - offset / chunk_bytes) * 4);
    if (pending_sums_.empty()) pending_chunk_ = first;
    pending_sums_.resize((first - pending_chunk_) * 4);
    pending_sums_.append(as_text(fresh));
    last_sum_ = load_big_endian<uint32_t>(pending_sums_.data() + pending_sums_.size() - 4);
  }
  on_disk_bytes_ = end;
  return {};
}

// The sender's sum covers only what it sent: the chunk's is continued from the one we have.
Result<void> ReplicaWriter::append_within_chunk(uint64_t offset, ByteView data) {
  const uint32_t chunk_bytes = checksum_.chunk_bytes;
  ByteView fresh = data.subspan(on_disk_bytes_ - offset);
  DFS_TRY_OK(data_->pwrite(fresh, on_disk_bytes_));
  if (checksum_.type != checksum::Type::kNull) {
    uint64_t chunk = on_disk_bytes_ / chunk_bytes;
    last_sum_ = checksum_.update(on_disk_bytes_ % chunk_bytes == 0 ? 0 : last_sum_, fresh);
    if (pending_sums_.empty()) pending_chunk_ = chunk;
    pending_sums_.resize((chunk - pending_chunk_ + 1) * 4);
    store_big_endian(pending_sums_.data() + pending_sums_.size() - 4, last_sum_);
  }
  on_disk_bytes_ += fresh.size();
  return {};
}

Result<void> ReplicaWriter::flush() {
  if (!pending_sums_.empty()) {
    // The sum of a chunk that has durable bytes gives way only to one whose bytes are durable, too: otherwise a power
    // cut may leave a sum that fits nothing, and those bytes could not be told from garbage.
    if (pending_chunk_ * checksum_.chunk_bytes < durable_bytes_) DFS_TRY_OK(data_->sync());
    DFS_TRY_OK(meta_->pwrite(as_bytes(pending_sums_), kMetaHeaderBytes + pending_chunk_ * 4));
    pending_sums_.clear();
  }
  uint64_t before = 0;
  replica().update([&](Replica::View& view) {
    before = view.on_disk_bytes;
    view.on_disk_bytes = on_disk_bytes_;
    view.block.length_bytes = std::max(view.block.length_bytes, on_disk_bytes_);
    view.last_sum = std::nullopt;
    if (on_disk_bytes_ % checksum_.chunk_bytes != 0 && checksum_.type != checksum::Type::kNull) {
      view.last_sum = last_sum_;
    }
  });
  replica().volume().add_used(int64_t(on_disk_bytes_ - before));
  if (on_disk_bytes_ - written_back_bytes_ >= kWritebackBytes) {
    data_->start_writeback(written_back_bytes_, on_disk_bytes_ - written_back_bytes_);
    written_back_bytes_ = on_disk_bytes_;
  }
  return {};
}

Result<void> ReplicaWriter::sync() {
  if (!synced()) {
    DFS_TRY_OK(data_->sync());
    DFS_TRY_OK(meta_->sync());
    synced_bytes_ = durable_bytes_ = on_disk_bytes_;
  }
  if (!names_synced_) {
    DFS_TRY_OK(replica().volume().disk().sync_directory(replica().view().directory));
    names_synced_ = true;
  }
  return {};
}

ReplicaClaim ReplicaWriter::close() && {
  data_.reset();
  meta_.reset();
  return std::move(claim_);
}

}  // namespace dfs::datanode
