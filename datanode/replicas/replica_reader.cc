#include "datanode/replicas/replica_reader.h"

#include <fmt/format.h>

#include <algorithm>

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
    if (checksum.type == checksum::Type::kNull && meta_bytes != kMetaHeaderBytes) {
      return fail(
          ErrorCode::kCorruptFormat,
          fmt::format("The meta file of blk_{} has sums, but says that there are none", int64_t(raw(view.block.id))));
    }
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
  auto done = read_files(offset, data, sums);
  DFS_TRY_OK(check_not_cut());
  return done;
}

Result<void> ReplicaReader::check_not_cut() const {
  if (replica_->cuts() == view_.cuts) return {};
  return fail(ErrorCode::kIo, fmt::format("blk_{} was cut while it was read", int64_t(raw(view_.block.id))));
}

Result<void> ReplicaReader::read_files(uint64_t offset, std::span<uint8_t> data, std::span<uint8_t> sums) {
  DFS_TRY(size_t count, data_->pread(data, offset));
  if (count != data.size()) return fail(shorter("The data file"));
  if (sums.empty()) return {};
  const uint64_t end = offset + data.size();
  DFS_TRY_OK(read_sums(offset, end, sums));
  const uint64_t rest = end % checksum_.chunk_bytes;
  if (end != view_.on_disk_bytes && rest != 0) return sum_part(end, data.last(rest), sums.last(4));
  return {};
}

Result<void> ReplicaReader::read_sums(uint64_t offset, uint64_t end, std::span<uint8_t> sums) {
  DFS_TRY(size_t count, meta_->pread(sums, kMetaHeaderBytes + offset / checksum_.chunk_bytes * 4));
  if (count != sums.size()) return fail(shorter("The meta file"));
  if (end == view_.on_disk_bytes && view_.last_sum) {
    store_big_endian(sums.data() + sums.size() - 4, *view_.last_sum);
  }
  return {};
}

// Replaces the chunk's `sum` by that of its first `part`. A chunk that does not match keeps its sum, which then does
// not fit the part either.
Result<void> ReplicaReader::sum_part(uint64_t end, ByteView part, std::span<uint8_t> sum) {
  const uint64_t start = end - part.size();
  const uint64_t chunk_end = std::min(start + checksum_.chunk_bytes, view_.on_disk_bytes);
  std::vector<uint8_t> tail(chunk_end - end);
  DFS_TRY(size_t count, data_->pread(tail, end));
  if (count != tail.size()) return fail(shorter("The data file"));
  if (chunk_end == view_.on_disk_bytes && view_.last_sum) store_big_endian(sum.data(), *view_.last_sum);
  const uint32_t of_part = checksum_.update(0, part);
  if (checksum_.update(of_part, tail) == load_big_endian<uint32_t>(sum.data())) store_big_endian(sum.data(), of_part);
  return {};
}

Error ReplicaReader::shorter(const char* file) const {
  return Error(ErrorCode::kCorruptFormat, fmt::format("{} of blk_{} is shorter than a block of {} bytes needs", file,
                                                      int64_t(raw(view_.block.id)), view_.on_disk_bytes));
}

std::optional<uint64_t> ReplicaReader::first_mismatch(uint64_t offset, ByteView data, ByteView sums) const {
  auto mismatch = checksum_.first_mismatch(data, sums);
  if (!mismatch) return std::nullopt;
  return offset + *mismatch;
}

Result<std::vector<uint8_t>> ReplicaReader::all_sums() {
  std::vector<uint8_t> sums(checksum_.sums_bytes(view_.on_disk_bytes));
  DFS_TRY(size_t count, meta_->pread(sums, kMetaHeaderBytes));
  DFS_TRY_OK(check_not_cut());
  if (count != sums.size()) return fail(shorter("The meta file"));
  if (view_.last_sum && !sums.empty()) store_big_endian(sums.data() + sums.size() - 4, *view_.last_sum);
  return sums;
}

}  // namespace dfs::datanode
