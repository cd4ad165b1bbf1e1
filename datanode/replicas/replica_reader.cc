#include "datanode/replicas/replica_reader.h"

#include <fmt/format.h>

namespace dfs::datanode {

Result<std::unique_ptr<ReplicaReader>> ReplicaReader::open(std::shared_ptr<Replica> replica) {
  Disk& disk = replica->volume().disk();
  // The files move when the replica is finalised or appended to; then look again.
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    std::unique_ptr<ReplicaReader> reader(new ReplicaReader());
    reader->replica_ = replica;
    Replica::View& view = reader->view_ = replica->view();
    auto data = disk.open(view.data_path(), Disk::OpenMode::kRead);
    auto meta = disk.open(view.meta_path(), Disk::OpenMode::kRead);
    if (!data || !meta) {
      if (attempt < kAttempts) continue;
      if (!data) return fail(std::move(data).error());
      if (meta.error().code() != ErrorCode::kFileNotFound) return fail(std::move(meta).error());
      return fail(ErrorCode::kCorruptFormat, "Meta-data not found for blk_" + std::to_string(raw(view.block.id)));
    }
    reader->data_ = *std::move(data);
    reader->meta_ = *std::move(meta);
    DFS_TRY(reader->checksum_, read_meta_header(*reader->meta_));
    const checksum::Checksum& checksum = reader->checksum_;
    DFS_TRY(uint64_t meta_bytes, reader->meta_->size());
    if (meta_bytes < kMetaHeaderBytes + checksum.sums_bytes(view.on_disk_bytes)) {
      return fail(ErrorCode::kCorruptFormat,
                  fmt::format("The meta file of blk_{} has {} bytes, too few for a block of {}",
                              int64_t(raw(view.block.id)), meta_bytes, view.on_disk_bytes));
    }
    uint64_t rest = view.on_disk_bytes % checksum.chunk_bytes;
    if (rest != 0 && !view.last_sum && checksum.type != checksum::Type::kNull) {
      std::array<uint8_t, 4> sum{};
      DFS_TRY(size_t read, reader->meta_->pread(sum, kMetaHeaderBytes + checksum.sums_bytes(view.on_disk_bytes) - 4));
      if (read != sum.size()) return fail(ErrorCode::kCorruptFormat, "The meta file was cut short");
      view.last_sum = load_big_endian<uint32_t>(sum.data());
      // Somebody began to append while we looked: the sum may be the new one.
      Replica::View now = replica->view();
      if ((now.state != view.state || now.block != view.block) && attempt < kAttempts) continue;
    }
    return reader;
  }
}

Result<void> ReplicaReader::read(uint64_t offset, std::span<uint8_t> data, std::span<uint8_t> sums) {
  DFS_TRY(size_t count, data_->pread(data, offset));
  if (count != data.size()) {
    return fail(ErrorCode::kIo, fmt::format("blk_{} is shorter on disk than its {} bytes", int64_t(raw(view_.block.id)),
                                            view_.on_disk_bytes));
  }
  if (sums.empty()) return {};
  DFS_TRY(size_t sums_count, meta_->pread(sums, kMetaHeaderBytes + offset / checksum_.chunk_bytes * 4));
  if (sums_count != sums.size()) {
    return fail(ErrorCode::kIo,
                fmt::format("The meta file of blk_{} is shorter than it was", int64_t(raw(view_.block.id))));
  }
  if (offset + data.size() == view_.on_disk_bytes && view_.last_sum) {
    store_big_endian(sums.data() + sums.size() - 4, *view_.last_sum);
  }
  return {};
}

std::optional<uint64_t> ReplicaReader::first_mismatch(uint64_t offset, ByteView data, ByteView sums) const {
  auto mismatch = checksum_.first_mismatch(data, sums);
  if (!mismatch) return std::nullopt;
  return offset + *mismatch;
}

Result<std::vector<uint8_t>> ReplicaReader::all_sums() {
  std::vector<uint8_t> sums(checksum_.sums_bytes(view_.on_disk_bytes));
  DFS_TRY(size_t count, meta_->pread(sums, kMetaHeaderBytes));
  if (count != sums.size()) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("The meta file of blk_{} is shorter than it was", int64_t(raw(view_.block.id))));
  }
  if (view_.last_sum && !sums.empty()) store_big_endian(sums.data() + sums.size() - 4, *view_.last_sum);
  return sums;
}

}  // namespace dfs::datanode
