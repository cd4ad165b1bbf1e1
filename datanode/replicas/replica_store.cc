#include "datanode/replicas/replica_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

ReplicaStore::ReplicaStore(Settings settings, std::vector<std::unique_ptr<Volume>> volumes, ReplicaEvents& events,
                           std::vector<LostVolume> lost)
    : settings_(settings), events_(events), lost_(std::move(lost)), choice_(settings.choice) {
  for (auto& volume : volumes) {
    replicas_->attach(*volume);
    volumes_.push_back(std::move(volume));
  }
}

ReplicaStore::~ReplicaStore() {
  volumes_.clear();
  removed_.clear();
}

std::vector<std::shared_ptr<Volume>> ReplicaStore::volumes() const {
  std::lock_guard lock(mutex_);
  return volumes_;
}

Result<std::shared_ptr<Replica>> ReplicaStore::find(const Block& block, bool exact) const {
  auto replica = lookup(block.id);
  if (!replica) {
    return fail(ErrorCode::kReplicaNotFound,
                "Replica does not exist " + to_string(pool_id(), block) +
                    ". The block may have been removed recently by the balancer or by intentionally reducing the "
                    "replication factor. This condition is usually harmless. To be certain, please check the preceding "
                    "datanode log messages for signs of a more serious issue.");
  }
  if (exact && replica->view().block.generation != block.generation) {
    return fail(ErrorCode::kReplicaNotFound,
                "Cannot append to a replica with unexpected generation stamp " + to_string(pool_id(), block));
  }
  return replica;
}

Result<Volume*> ReplicaStore::choose_volume(StorageType type, uint64_t bytes) {
  std::lock_guard lock(mutex_);
  uint64_t most = 0;
  std::vector<Volume*> of_type, others, stalled;
  for (auto& volume : volumes_) {
    if (volume->failed()) continue;
    const uint64_t available = volume->available_bytes();
    most = std::max(most, available);
    if (volume->stalled()) {
      stalled.push_back(volume.get());
      continue;
    }
    if (volume->type() == type) {
      of_type.push_back(volume.get());
    } else if (volume->type() != StorageType::kRamDisk) {
      others.push_back(volume.get());
    }
  }
  for (const auto& candidates : {of_type, others, stalled}) {
    if (Volume* chosen = choice_.choose(candidates, bytes)) return chosen;
  }
  return fail(ErrorCode::kDiskOutOfSpace,
              fmt::format("Out of space: The volume with the most available space (={} B) is less than the block size "
                          "(={} B).",
                          most, bytes));
}

void ReplicaStore::report_corrupt(const std::shared_ptr<Replica>& replica, const Replica::View& seen) {
  if (seen.state != ReplicaState::kFinalized || !replica->is_unchanged_since(seen)) return;
  if (lookup(replica->id()) != replica) return;
  log::warn("{} is corrupt", to_string(pool_id(), seen.block));
  events_.corrupt(seen.block, replica->volume().storage_id());
}

void ReplicaStore::note_read_error(const std::shared_ptr<Replica>& replica, const Replica::View& seen,
                                   const Error& error) {
  switch (error.code()) {
    case ErrorCode::kChecksum:
    case ErrorCode::kCorruptFormat:
      return report_corrupt(replica, seen);
    case ErrorCode::kFileNotFound:
    case ErrorCode::kDiskError:
      return asio::post(replica->volume().executor(), [this, replica, seen] {
        if (replica->volume().check()) report_corrupt(replica, seen);
      });
    default:
      return;
  }
}

void ReplicaStore::end_writers(Volume& volume) {
  for (const auto& replica : replicas_->in_use(volume)) {
    if (replica->view().state == ReplicaState::kRbw) ReplicaClaim::ask_to_stop(*replica);
  }
}

void ReplicaStore::note_error(Volume& volume, const Error& error) {
  if (error.code() != ErrorCode::kDiskError) return;
  asio::post(volume.executor(), [&volume] { volume.check(); });
}

// ---- Creation

Result<ReplicaClaim> ReplicaStore::create_files(Volume& volume, const Creation& creation, std::function<void()> stop) {
  Replica::View view;
  view.block = creation.block;
  view.block.length_bytes = 0;
  view.state = creation.state;
  view.directory = creation.state == ReplicaState::kRbw ? volume.layout().rbw() : volume.layout().temporary();
  view.promised_bytes = creation.block.length_bytes != 0 ? creation.block.length_bytes : settings_.block_bytes_estimate;
  auto [replica, claim] = replicas_->insert(volume, view, std::move(stop));
  if (!replica) return fail(ErrorCode::kIo, "Volume " + volume.directory() + " has just been removed");
  if (!claim) {
    return fail(ErrorCode::kReplicaAlreadyExists,
                fmt::format("Block {} already exists in state {} and thus cannot be created.",
                            to_string(pool_id(), creation.block), name_of(replica->view().state)));
  }
  volume.promise(int64_t(view.promised_bytes));
  return std::move(claim);
}

Result<std::unique_ptr<ReplicaWriter>> ReplicaStore::create_on(Volume& volume, const Creation& creation,
                                                               std::function<void()> stop) {
  DFS_TRY(ReplicaClaim claim, create_files(volume, creation, std::move(stop)));
  std::shared_ptr<Replica> replica = claim.shared();
  auto made = ReplicaWriter::create(std::move(claim), creation.checksum);
  if (!made) {
    // Files of this name that we do not know of are someone's data: they stay.
    volume.promise(-int64_t(replica->view().promised_bytes));
    replicas_->erase(*replica);
  }
  return made;
}

Task<Result<std::unique_ptr<ReplicaWriter>>> ReplicaStore::create(Creation creation, std::function<void()> stop) {
  // FsDatasetImpl.createTemporary and createRbw: an older one that is still on its way gives way to a newer one.
  if (auto present = lookup(creation.block.id)) {
    Replica::View view = present->view();
    bool unfinished = view.state == ReplicaState::kTemporary || view.state == ReplicaState::kRbw;
    if (view.block.generation < creation.block.generation && (creation.replaces_older || unfinished)) {
      DFS_CO_TRY_OK(co_await invalidate(view.block));
    } else if (present->volume().failed() && view.state == ReplicaState::kFinalized) {
      // The NameNode counts it no more and may choose us again. Its files stay.
      if (ReplicaClaim claim = ReplicaClaim::attempt(present, [] {})) replicas_->erase(*present);
    }
  }
  uint64_t room = creation.block.length_bytes != 0 ? creation.block.length_bytes : settings_.block_bytes_estimate;
  DFS_CO_TRY(Volume * volume, choose_volume(creation.storage_type, room));
  co_return noted(*volume,
                  co_await run_on(volume->executor(), [&] { return create_on(*volume, creation, std::move(stop)); }));
}

// ---- Continuing what is there

Result<std::unique_ptr<ReplicaWriter>> ReplicaStore::reopen(ReplicaClaim claim, const Continuation& request) {
  return ReplicaWriter::open(std::move(claim), request.checksum);
}

Task<Result<std::unique_ptr<ReplicaWriter>>> ReplicaStore::append(Continuation request, std::function<void()> stop) {
  // HDFS-17850: the Go and the Rust client append under the stamp that the block has, and Java takes that too. What
  // keeps a stale replica out then is the length, which must be the one that the NameNode told the client.
  if (request.generation < request.block.generation) {
    co_return fail(ErrorCode::kIo, fmt::format("The new generation stamp {} should be greater than the replica {}'s "
                                               "generation stamp",
                                               raw(request.generation), to_string(pool_id(), request.block)));
  }
  DFS_CO_TRY(std::shared_ptr<Replica> replica, find(request.block, true));
  ReplicaClaim claim = ReplicaClaim::attempt(replica, std::move(stop));
  Replica::View view = replica->view();
  if (!claim || view.state != ReplicaState::kFinalized) {
    co_return fail(ErrorCode::kReplicaNotFound,
                   "Cannot append to an unfinalized replica " + to_string(pool_id(), request.block));
  }
  if (view.block.length_bytes != request.received_bytes_min) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("Corrupted replica {} with a length of {} expected length is {}",
                               to_string(pool_id(), view.block), view.block.length_bytes, request.received_bytes_min));
  }
  auto writer = co_await run_on(replica->volume().executor(), [&]() -> Result<std::unique_ptr<ReplicaWriter>> {
    DFS_TRY_OK(move_to_rbw(*replica, request.generation));
    return reopen(std::move(claim), request);
  });
  co_return noted(replica->volume(), std::move(writer));
}

// FsDatasetImpl.recoverCheck
Task<Result<ReplicaClaim>> ReplicaStore::claim_for_recovery(Block block, GenerationStamp generation,
                                                            uint64_t length_bytes, std::function<void()> stop) {
  DFS_CO_TRY(std::shared_ptr<Replica> replica, find(block, false));
  auto check_state = [&](const Replica::View& view) -> Result<void> {
    if (view.state != ReplicaState::kFinalized && view.state != ReplicaState::kRbw) {
      return fail(ErrorCode::kReplicaNotFound,
                  fmt::format("Cannot recover append/close to a replica that's not FINALIZED and not RBW {}, {}",
                              to_string(pool_id(), view.block), name_of(view.state)));
    }
    if (view.block.generation < block.generation || view.block.generation > generation) {
      return fail(ErrorCode::kReplicaNotFound,
                  fmt::format("Cannot append to a replica with unexpected generation stamp {}. Expected GS range is "
                              "[{}, {}].",
                              raw(view.block.generation), raw(block.generation), raw(generation)));
    }
    return {};
  };
  DFS_CO_TRY_OK(check_state(replica->view()));
  DFS_CO_TRY(ReplicaClaim claim,
             co_await ReplicaClaim::obtain(replica, std::move(stop), settings_.writer_stop_deadline));
  Replica::View view = replica->view();
  DFS_CO_TRY_OK(check_state(view));
  if (view.state == ReplicaState::kRbw &&
      (view.block.length_bytes != view.on_disk_bytes || view.block.length_bytes != view.acknowledged_bytes)) {
    co_return fail(ErrorCode::kReplicaAlreadyExists,
                   fmt::format("RBW replica {}bytesRcvd({}), bytesOnDisk({}), and bytesAcked({}) are not the same.",
                               to_string(pool_id(), view.block), view.block.length_bytes, view.on_disk_bytes,
                               view.acknowledged_bytes));
  }
  if (view.block.length_bytes != length_bytes) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("Corrupted replica {} with a length of {} expected length is {}",
                               to_string(pool_id(), view.block), view.block.length_bytes, length_bytes));
  }
  co_return claim;
}

Task<Result<std::unique_ptr<ReplicaWriter>>> ReplicaStore::recover_append(Continuation request,
                                                                          std::function<void()> stop) {
  DFS_CO_TRY(ReplicaClaim claim, co_await claim_for_recovery(request.block, request.generation,
                                                             request.received_bytes_min, std::move(stop)));
  Volume& volume = claim.replica().volume();
  auto writer = co_await run_on(volume.executor(), [&]() -> Result<std::unique_ptr<ReplicaWriter>> {
    if (claim.replica().view().state == ReplicaState::kFinalized) {
      DFS_TRY_OK(move_to_rbw(claim.replica(), request.generation));
    } else {
      DFS_TRY_OK(set_generation(claim.replica(), request.generation));
    }
    return reopen(std::move(claim), request);
  });
  co_return noted(volume, std::move(writer));
}

Task<Result<std::shared_ptr<Replica>>> ReplicaStore::recover_close(Continuation request) {
  DFS_CO_TRY(ReplicaClaim claim,
             co_await claim_for_recovery(request.block, request.generation, request.received_bytes_min, [] {}));
  Volume& volume = claim.replica().volume();
  auto closed = co_await run_on(volume.executor(), [&]() -> Result<std::shared_ptr<Replica>> {
    Replica& replica = claim.replica();
    DFS_TRY_OK(set_generation(replica, request.generation));
    if (replica.view().state == ReplicaState::kRbw) {
      DFS_TRY(std::unique_ptr<ReplicaWriter> writer, reopen(std::move(claim), request));
      std::shared_ptr<Replica> shared = writer->shared();
      DFS_TRY_OK(finalise(std::move(writer), true, ""));
      return shared;
    }
    events_.received(replica.view().block, replica.volume().storage_id(), "");
    return claim.shared();
  });
  co_return noted(volume, std::move(closed));
}

Task<Result<std::unique_ptr<ReplicaWriter>>> ReplicaStore::recover_rbw(Continuation request,
                                                                       std::function<void()> stop) {
  DFS_CO_TRY(std::shared_ptr<Replica> replica, find(request.block, false));
  if (auto state = replica->view().state; state != ReplicaState::kRbw) {
    co_return fail(ErrorCode::kReplicaNotFound, fmt::format("Cannot recover a non-RBW replica {}, {}",
                                                            to_string(pool_id(), request.block), name_of(state)));
  }
  DFS_CO_TRY(ReplicaClaim claim,
             co_await ReplicaClaim::obtain(replica, std::move(stop), settings_.writer_stop_deadline));
  Replica::View view = replica->view();
  if (view.state != ReplicaState::kRbw) {
    co_return fail(ErrorCode::kReplicaNotFound, fmt::format("Cannot recover a non-RBW replica {}, {}",
                                                            to_string(pool_id(), view.block), name_of(view.state)));
  }
  if (view.block.generation < request.block.generation || view.block.generation > request.generation) {
    co_return fail(
        ErrorCode::kReplicaNotFound,
        fmt::format("Cannot append to a replica with unexpected generation stamp {}. Expected GS range is "
                    "[{}, {}].",
                    to_string(pool_id(), request.block), raw(request.block.generation), raw(request.generation)));
  }
  if (view.acknowledged_bytes < request.received_bytes_min || view.block.length_bytes > request.received_bytes_max) {
    co_return fail(ErrorCode::kReplicaNotFound,
                   fmt::format("Unmatched length replica {}: BytesAcked = {} BytesRcvd = {} are not in the range of "
                               "[{}, {}].",
                               to_string(pool_id(), view.block), view.acknowledged_bytes, view.block.length_bytes,
                               request.received_bytes_min, request.received_bytes_max));
  }
  if (view.on_disk_bytes < view.acknowledged_bytes) {
    co_return fail(ErrorCode::kReplicaNotFound,
                   "Found fewer bytesOnDisk than bytesAcked for replica " + to_string(pool_id(), view.block));
  }
  auto writer = co_await run_on(replica->volume().executor(), [&]() -> Result<std::unique_ptr<ReplicaWriter>> {
    // What came after the last acknowledgement was never verified by the end of the pipeline.
    DFS_TRY_OK(truncate(*replica, view.acknowledged_bytes));
    DFS_TRY_OK(set_generation(*replica, request.generation));
    return reopen(std::move(claim), request);
  });
  co_return noted(replica->volume(), std::move(writer));
}

namespace {
// The meta file goes ahead: loading can finish either move after a crash between the two.
Result<void> rename_files(Disk& disk, const Replica::View& from, const Replica::View& to) {
  DFS_TRY_OK(disk.rename(from.meta_path(), to.meta_path()));
  auto renamed = disk.rename(from.data_path(), to.data_path());
  if (renamed) return renamed;
  if (auto back = disk.rename(to.meta_path(), from.meta_path()); !back) {
    log::error("Cannot move meta file {} back to {}: {}", to.meta_path(), from.directory, back.error().message());
  }
  return renamed;
}
}  // namespace

// ---- Ends

Result<void> ReplicaStore::finalise(std::unique_ptr<ReplicaWriter> writer, bool sync, const std::string& delete_hint) {
  auto written = writer->flush();
  if (written && sync) written = writer->sync();
  ReplicaClaim claim = std::move(*writer).close();
  Replica& replica = claim.replica();
  if (written) written = move_to_finalized(replica, sync);
  // Its volume was removed meanwhile: nobody is to be told that it is here.
  if (written && lookup(replica.id()) != claim.shared()) {
    written = fail(ErrorCode::kIo, to_string(pool_id(), replica.view().block) + " is on a volume that was removed");
  }
  if (!written) {
    note_error(replica.volume(), written.error());
    drop_unfinished_copy(replica);
    return written;
  }
  events_.received(replica.view().block, replica.volume().storage_id(), delete_hint);
  return {};
}

Result<void> ReplicaStore::convert_to_rbw(std::unique_ptr<ReplicaWriter> writer, uint64_t visible_bytes) {
  DFS_TRY_OK(writer->flush());
  Replica& replica = writer->replica();
  ReplicaClaim claim = std::move(*writer).close();
  Replica::View view = replica.view();
  if (view.block.length_bytes < visible_bytes) {
    return fail(ErrorCode::kIo, fmt::format("{} = numBytes < visible = {}, temp={}", view.block.length_bytes,
                                            visible_bytes, to_string(pool_id(), view.block)));
  }
  Disk& disk = replica.volume().disk();
  Replica::View target = view;
  target.directory = replica.volume().layout().rbw();
  DFS_TRY_OK(rename_files(disk, view, target));
  replica.update([&](Replica::View& now) {
    now.directory = target.directory;
    now.state = ReplicaState::kRbw;
    now.acknowledged_bytes = visible_bytes;
  });
  events_.receiving(replica.view().block, replica.volume().storage_id());
  return {};
}

void ReplicaStore::discard(std::unique_ptr<ReplicaWriter> writer) {
  ReplicaClaim claim = std::move(*writer).close();
  drop_unfinished_copy(claim.replica());
}

// Its claim is held.
void ReplicaStore::drop_unfinished_copy(Replica& replica) {
  if (replica.view().state != ReplicaState::kTemporary) return;
  if (auto removed = remove(replica, Removal::kForGood); !removed) {
    log::warn("Removing an unfinished copy: {}", removed.error().to_string());
  }
}

Task<Result<void>> ReplicaStore::invalidate(Block block) {
  auto replica = lookup(block.id);
  // It may have been deleted before.
  if (!replica) co_return Result<void>{};
  if (auto present = replica->view().block; present.generation != block.generation) {
    co_return fail(ErrorCode::kIo, fmt::format("Failed to delete replica {}: GenerationStamp not matched, existing "
                                               "replica is {}",
                                               to_string(pool_id(), block), to_string(pool_id(), present)));
  }
  DFS_CO_TRY(ReplicaClaim claim, co_await ReplicaClaim::obtain(replica, [] {}, settings_.writer_stop_deadline));
  if (lookup(block.id) != replica || replica->view().block.generation != block.generation) co_return Result<void>{};
  const bool is_kept =
      rolling_upgrade_ == RollingUpgrade::kInProgress && replica->view().state == ReplicaState::kFinalized;
  const Removal removal = is_kept ? Removal::kToTrash : Removal::kForGood;
  auto removed = co_await run_on(replica->volume().executor(), [&] { return remove(*replica, removal); });
  events_.deleted(replica->view().block, replica->volume().storage_id());
  co_return noted(replica->volume(), std::move(removed));
}

// ---- Files

Result<void> ReplicaStore::remove(Replica& replica, Removal removal) {
  {
    std::lock_guard lock(mutex_);
    removing_.insert(replica.id());
  }
  replicas_->erase(replica);
  auto removed = remove_files(replica, removal);
  std::lock_guard lock(mutex_);
  removing_.erase(replica.id());
  return removed;
}

Result<void> ReplicaStore::remove_files(Replica& replica, Removal removal) {
  Replica::View view = replica.view();
  Disk& disk = replica.volume().disk();
  Replica::View trash = view;
  trash.directory.replace(0, replica.volume().layout().finalized().size(),
                          replica.volume().layout().trash() + "/finalized");
  auto drop = [&](const std::string& path, const std::string& trash_path) {
    return removal == Removal::kForGood ? disk.remove(path) : disk.rename(path, trash_path);
  };
  if (removal == Removal::kToTrash) DFS_TRY_OK(disk.make_directories(trash.directory, 0700));
  // Data first: a meta file alone is nothing, data alone is a corrupt replica.
  DFS_TRY_OK(drop(view.data_path(), trash.data_path()));
  replica.volume().add_used(-int64_t(view.on_disk_bytes));
  replica.volume().promise(-int64_t(view.promised_bytes));
  return drop(view.meta_path(), trash.meta_path());
}

Result<void> ReplicaStore::move_to_rbw(Replica& replica, GenerationStamp generation) {
  Disk& disk = replica.volume().disk();
  Replica::View from = replica.view(), moved = from;
  moved.directory = replica.volume().layout().rbw();
  Replica::View to = moved;
  to.block.generation = generation;
  // A reader that opens the files now must find the last sum as it was before the writer changes it.
  uint64_t rest = 0;
  std::optional<uint32_t> last_sum;
  {
    DFS_TRY(std::unique_ptr<File> meta, disk.open(from.meta_path(), Disk::OpenMode::kRead));
    DFS_TRY(checksum::Checksum checksum, read_meta_header(*meta));
    rest = from.block.length_bytes % checksum.chunk_bytes;
    if (rest != 0 && checksum.type != checksum::Type::kNull) {
      std::array<uint8_t, 4> sum{};
      DFS_TRY(size_t read,
              meta->pread(sum, kMetaHeaderBytes + from.block.length_bytes / checksum.chunk_bytes * sum.size()));
      if (read != sum.size())
        return fail(ErrorCode::kIo, "Corrupted block: the meta file is short " + from.meta_path());
      last_sum = load_big_endian<uint32_t>(sum.data());
    }
  }
  DFS_TRY_OK(rename_files(disk, from, moved));
  DFS_TRY_OK(disk.rename(moved.meta_path(), to.meta_path()));
  replica.update([&](Replica::View& view) {
    view.directory = to.directory;
    view.block.generation = generation;
    view.state = ReplicaState::kRbw;
    view.on_disk_bytes = view.acknowledged_bytes = view.block.length_bytes;
    view.last_sum = last_sum;
  });
  return {};
}

Result<void> ReplicaStore::move_to_finalized(Replica& replica, bool sync) {
  Volume& volume = replica.volume();
  Disk& disk = volume.disk();
  Replica::View from = replica.view(), to = from;
  DFS_TRY(to.directory, volume.finalized_directory(from.block.id));
  DFS_TRY_OK(rename_files(disk, from, to));
  // Readers must find the files at once; finalized is what survives a power cut.
  replica.update([&](Replica::View& view) { view.directory = to.directory; });
  if (sync) {
    DFS_TRY_OK(disk.sync_directory(to.directory));
    DFS_TRY_OK(disk.sync_directory(from.directory));
  }
  volume.promise(-int64_t(from.promised_bytes));
  replica.update([&](Replica::View& view) {
    view.state = ReplicaState::kFinalized;
    view.block.length_bytes = view.acknowledged_bytes = view.on_disk_bytes;
    view.promised_bytes = 0;
  });
  return {};
}

Result<void> ReplicaStore::set_generation(Replica& replica, GenerationStamp generation) {
  Replica::View from = replica.view(), to = from;
  if (from.block.generation == generation) return {};
  to.block.generation = generation;
  DFS_TRY_OK(replica.volume().disk().rename(from.meta_path(), to.meta_path()));
  replica.update([&](Replica::View& view) { view.block.generation = generation; });
  return replica.volume().disk().sync_directory(to.directory);
}

// The chunk that is cut is verified before, so that a sum is never made for bytes that are wrong. Each step is durable
// before the next: first that chunk's sum is the last one, as loading looks at no other; then it is the new one; then
// the data is cut, as loading finds the bytes that a sum fits, but not the sum of bytes that are gone. Readers hear of
// the cut before it begins.
Result<void> ReplicaStore::truncate(Replica& replica, uint64_t length_bytes) {
  Replica::View view = replica.view();
  Disk& disk = replica.volume().disk();
  DFS_TRY(std::unique_ptr<File> data, disk.open(view.data_path(), Disk::OpenMode::kReadWrite));
  DFS_TRY(std::unique_ptr<File> meta, disk.open(view.meta_path(), Disk::OpenMode::kReadWrite));
  DFS_TRY(uint64_t data_bytes, data->size());
  if (data_bytes == length_bytes && view.on_disk_bytes == length_bytes) return {};
  DFS_TRY(checksum::Checksum checksum, read_meta_header(*meta));
  std::optional<uint32_t> last_sum;
  const uint64_t rest = length_bytes % checksum.chunk_bytes;
  const uint64_t sums_bytes = checksum.sums_bytes(length_bytes);
  if (rest != 0 && checksum.type != checksum::Type::kNull) {
    const uint64_t start = length_bytes - rest;
    const uint64_t end = std::min<uint64_t>(start + checksum.chunk_bytes, view.on_disk_bytes);
    std::vector<uint8_t> chunk(end - start);
    std::array<uint8_t, 4> stored{};
    DFS_TRY(size_t read, data->pread(chunk, start));
    DFS_TRY(size_t sum_read, meta->pread(stored, kMetaHeaderBytes + sums_bytes - 4));
    uint32_t expected = load_big_endian<uint32_t>(stored.data());
    if (end == view.on_disk_bytes && view.last_sum) expected = *view.last_sum;
    if (read != chunk.size() || sum_read != stored.size() || checksum.update(0, chunk) != expected) {
      return fail(ErrorCode::kChecksum, "Corrupted block: the last chunk does not match its sum: " + view.data_path());
    }
    last_sum = checksum.update(0, ByteView(chunk).first(rest));
  }
  replica.volume().add_used(int64_t(length_bytes) - int64_t(view.on_disk_bytes));
  replica.update([&](Replica::View& now) {
    now.block.length_bytes = now.on_disk_bytes = length_bytes;
    now.acknowledged_bytes = std::min(now.acknowledged_bytes, length_bytes);
    now.last_sum = last_sum;
    ++now.cuts;
  });
  DFS_TRY_OK(meta->truncate(kMetaHeaderBytes + sums_bytes));
  if (last_sum) {
    DFS_TRY_OK(meta->sync());
    std::array<uint8_t, 4> sum{};
    store_big_endian(sum.data(), *last_sum);
    DFS_TRY_OK(meta->pwrite(sum, kMetaHeaderBytes + sums_bytes - 4));
    DFS_TRY_OK(meta->sync());
  }
  return data->truncate(length_bytes);
}

}  // namespace dfs::datanode
