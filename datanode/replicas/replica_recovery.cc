// Block recovery: the calls of InterDatanodeProtocol as changes of replicas (FsDatasetImpl.initReplicaRecovery,
// updateReplicaUnderRecovery).
#include <fmt/format.h>

#include <algorithm>

#include "datanode/replicas/replica_reader.h"
#include "datanode/replicas/replica_store.h"
#include "proto/base/task.h"

namespace dfs::datanode {

Result<void> ReplicaStore::check_files(Replica& replica) {
  Replica::View view = replica.view();
  Disk& disk = replica.volume().disk();
  DFS_TRY(std::unique_ptr<File> data, disk.open(view.data_path(), Disk::OpenMode::kRead));
  DFS_TRY(std::unique_ptr<File> meta, disk.open(view.meta_path(), Disk::OpenMode::kRead));
  DFS_TRY(uint64_t data_bytes, data->size());
  DFS_TRY(uint64_t meta_bytes, meta->size());
  DFS_TRY(checksum::Checksum checksum, read_meta_header(*meta));
  if (data_bytes < view.on_disk_bytes || meta_bytes < kMetaHeaderBytes + checksum.sums_bytes(view.on_disk_bytes)) {
    return fail(ErrorCode::kIo,
                fmt::format("File length mismatched. The length of {} is {} but r={} has {} bytes", view.data_path(),
                            data_bytes, to_string(pool_id(), view.block), view.on_disk_bytes));
  }
  return {};
}

Task<Result<std::optional<ReplicaStore::RecoverySource>>> ReplicaStore::init_recovery(Block block,
                                                                                      GenerationStamp recovery_id) {
  using Source = std::optional<RecoverySource>;
  auto replica = lookup(block.id);
  if (!replica) co_return Source();
  DFS_CO_TRY(ReplicaClaim claim, co_await ReplicaClaim::obtain(replica, [] {}, settings_.writer_stop_deadline));
  Replica::View view = replica->view();
  if (view.state == ReplicaState::kTemporary || view.state == ReplicaState::kRbw) {
    if (view.on_disk_bytes < view.visible_bytes().value_or(0)) {
      co_return fail(ErrorCode::kIo, "getBytesOnDisk() < getVisibleLength(), rip=" + to_string(pool_id(), view.block));
    }
    DFS_CO_TRY_OK(co_await run_on(replica->volume().executor(), [&] { return check_files(*replica); }));
  }
  if (view.block.generation < block.generation) {
    co_return fail(ErrorCode::kIo, fmt::format("replica.getGenerationStamp() < block.getGenerationStamp(), block={}, "
                                               "replica={}",
                                               to_string(pool_id(), block), to_string(pool_id(), view.block)));
  }
  if (view.block.generation >= recovery_id) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("THIS IS NOT SUPPOSED TO HAPPEN: replica.getGenerationStamp() >= "
                               "recoveryId = {}, block={}, replica={}",
                               raw(recovery_id), to_string(pool_id(), block), to_string(pool_id(), view.block)));
  }
  if (view.state == ReplicaState::kRur && view.recovery_id >= recovery_id) {
    co_return fail(ErrorCode::kRecoveryInProgress,
                   fmt::format("rur.getRecoveryID() >= recoveryId = {}, block={}, rur={}", raw(recovery_id),
                               to_string(pool_id(), block), raw(view.recovery_id)));
  }
  replica->update([&](Replica::View& now) {
    if (now.state != ReplicaState::kRur) now.state_before_recovery = now.state;
    now.state = ReplicaState::kRur;
    now.recovery_id = recovery_id;
    // What was received but not written cannot be recovered.
    now.block.length_bytes = now.on_disk_bytes;
  });
  view = replica->view();
  co_return Source(RecoverySource{.block = view.block, .state = view.state_before_recovery});
}

Task<Result<std::string>> ReplicaStore::update_under_recovery(Block old, GenerationStamp recovery_id, BlockId new_id,
                                                              uint64_t length_bytes) {
  DFS_CO_TRY(std::shared_ptr<Replica> replica, find(old, false));
  DFS_CO_TRY(ReplicaClaim claim, co_await ReplicaClaim::obtain(replica, [] {}, settings_.writer_stop_deadline));
  Replica::View view = replica->view();
  const std::string name = to_string(pool_id(), view.block);
  if (view.state != ReplicaState::kRur) {
    co_return fail(ErrorCode::kIo, fmt::format("replica.getState() != RUR, replica={}, {}", name, name_of(view.state)));
  }
  if (view.on_disk_bytes != old.length_bytes) {
    co_return fail(ErrorCode::kIo, fmt::format("THIS IS NOT SUPPOSED TO HAPPEN: replica.getBytesOnDisk() != "
                                               "block.getNumBytes(), block={}, replica={}",
                                               to_string(pool_id(), old), name));
  }
  if (view.recovery_id != recovery_id) {
    co_return fail(ErrorCode::kIo, fmt::format("rur.getRecoveryID() = {} != recoveryId = {}, rur={}",
                                               raw(view.recovery_id), raw(recovery_id), name));
  }
  if (view.block.length_bytes < length_bytes) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("rur.getNumBytes() = {} < newlength = {}", view.block.length_bytes, length_bytes));
  }
  const bool copies = new_id != BlockId{} && new_id != old.id;
  auto updated = co_await run_on(replica->volume().executor(), [&]() -> Result<void> {
    DFS_TRY_OK(check_files(*replica));
    if (copies) {
      DFS_TRY_OK(copy_truncated(replica, recovery_id, new_id, length_bytes));
    } else {
      DFS_TRY_OK(set_generation(*replica, recovery_id));
      DFS_TRY_OK(truncate(*replica, length_bytes));
    }
    Replica::View now = replica->view();
    {
      DFS_TRY(std::unique_ptr<File> data, replica->volume().disk().open(now.data_path(), Disk::OpenMode::kReadWrite));
      DFS_TRY(std::unique_ptr<File> meta, replica->volume().disk().open(now.meta_path(), Disk::OpenMode::kReadWrite));
      DFS_TRY_OK(data->sync());
      DFS_TRY_OK(meta->sync());
    }
    if (now.state_before_recovery != ReplicaState::kFinalized) return move_to_finalized(*replica, true);
    replica->update([](Replica::View& changed) { changed.state = ReplicaState::kFinalized; });
    return {};
  });
  DFS_CO_TRY_OK(noted(replica->volume(), std::move(updated)));
  events_.received(replica->view().block, replica->volume().storage_id(), "");
  co_return replica->volume().storage_id();
}

// The old block stays as it is: a snapshot still has it.
Result<void> ReplicaStore::copy_truncated(const std::shared_ptr<Replica>& replica, GenerationStamp generation,
                                          BlockId new_id, uint64_t length_bytes) {
  Volume& volume = replica->volume();
  DFS_TRY(std::unique_ptr<ReplicaReader> reader, ReplicaReader::open(replica));
  Creation creation{.block = {.id = new_id, .generation = generation, .length_bytes = length_bytes},
                    .state = ReplicaState::kTemporary,
                    .storage_type = volume.type(),
                    .checksum = reader->checksum(),
                    .replaces_older = false};
  DFS_TRY(std::unique_ptr<ReplicaWriter> writer, create_on(volume, creation, [] {}));
  if (auto copied = copy_data(*reader, *writer, length_bytes); !copied) {
    discard(std::move(writer));
    return copied;
  }
  return finalise(std::move(writer), true, "");
}

Result<void> ReplicaStore::copy_data(ReplicaReader& from, ReplicaWriter& to, uint64_t length_bytes) {
  const checksum::Checksum& checksum = from.checksum();
  std::vector<uint8_t> piece(size_t(checksum.chunk_bytes) * std::max<size_t>(1, (1u << 20) / checksum.chunk_bytes));
  std::vector<uint8_t> sums;
  for (uint64_t offset = 0; offset < length_bytes;) {
    std::span<uint8_t> part(piece.data(), std::min<uint64_t>(piece.size(), length_bytes - offset));
    sums.resize(checksum.sums_bytes(part.size()));
    DFS_TRY_OK(from.read(offset, part, sums));
    if (auto bad = from.first_mismatch(offset, part, sums)) {
      return fail(ErrorCode::kChecksum,
                  fmt::format("Corrupted block: {} does not match its sum at {}", from.view().data_path(), *bad));
    }
    DFS_TRY_OK(to.append(offset, part, sums));
    offset += part.size();
  }
  return {};
}

}  // namespace dfs::datanode
