// What the disk shows against what is known (FsDatasetImpl.checkAndUpdate, which also removes files).
#include <algorithm>

#include "datanode/replicas/replica_store.h"
#include "proto/base/log.h"

namespace dfs::datanode {

ReplicaStore::Difference ReplicaStore::reconcile(Volume& volume, BlockId id, const std::string& directory) {
  auto replica = lookup(id);
  if (!replica) return adopt(volume, id, directory);
  if (&replica->volume() != &volume) return Difference::kNone;
  ReplicaClaim claim = ReplicaClaim::attempt(replica, [] {});
  const Replica::View view = replica->view();
  if (!claim || view.state != ReplicaState::kFinalized || lookup(id) != replica) return Difference::kNone;
  auto looked = look_again(replica, view, directory);
  if (!looked) {
    log::warn("Looking at {}: {}", to_string(pool_id(), view.block), looked.error().to_string());
    note_error(volume, looked.error());
    return Difference::kNone;
  }
  if (*looked == Difference::kForgotten) return forget_missing(std::move(claim));
  claim.release();
  if (*looked == Difference::kCorrupt) report_corrupt(replica, view);
  return *looked;
}

Result<ReplicaStore::Difference> ReplicaStore::look_again(const std::shared_ptr<Replica>& replica,
                                                          const Replica::View& view, const std::string& directory) {
  Disk& disk = replica->volume().disk();
  DFS_TRY(bool has_data, disk.exists(view.data_path()));
  if (has_data) {
    DFS_TRY(bool has_meta, disk.exists(view.meta_path()));
    DFS_TRY(uint64_t length, disk.size_of(view.data_path()));
    return has_meta && length == view.block.length_bytes ? Difference::kNone : Difference::kCorrupt;
  }
  Replica::View elsewhere = view;
  elsewhere.directory = directory;
  DFS_TRY(bool has_moved, disk.exists(elsewhere.data_path()));
  DFS_TRY(bool meta_has_moved, disk.exists(elsewhere.meta_path()));
  if (!has_moved || !meta_has_moved) return Difference::kForgotten;
  DFS_TRY(uint64_t length, disk.size_of(elsewhere.data_path()));
  if (length != view.block.length_bytes) return Difference::kForgotten;
  replica->update([&](Replica::View& now) { now.directory = directory; });
  return Difference::kMoved;
}

// A disk that is not mounted shows none of its files: it must not be taken for one whose replicas are gone (HDFS-16985,
// HDFS-17342).
ReplicaStore::Difference ReplicaStore::forget_missing(ReplicaClaim claim) {
  Replica& replica = claim.replica();
  const Replica::View view = replica.view();
  if (!replica.volume().check()) return Difference::kNone;
  auto there = replica.volume().disk().exists(view.data_path());
  if (!there || *there) return Difference::kNone;
  log::warn("{} is gone from {}", to_string(pool_id(), view.block), view.directory);
  replicas_->erase(replica);
  replica.volume().add_used(-int64_t(view.on_disk_bytes));
  events_.deleted(view.block, replica.volume().storage_id());
  return Difference::kForgotten;
}

ReplicaStore::Difference ReplicaStore::adopt(Volume& volume, BlockId id, const std::string& directory) {
  {
    // Nothing begins to remove what is not known.
    std::lock_guard lock(mutex_);
    if (removing_.contains(id)) return Difference::kNone;
  }
  auto found = list_blocks(volume.disk(), directory);
  if (!found) return Difference::kNone;
  auto files = std::ranges::find(*found, id, &FoundBlock::id);
  if (files == found->end() || !files->data) return Difference::kNone;
  Replica::View view;
  view.block = {.id = id, .generation = files->meta.value_or(GenerationStamp{0})};
  view.directory = directory;
  auto length = volume.disk().size_of(view.data_path());
  if (!length) return Difference::kNone;
  view.block.length_bytes = view.on_disk_bytes = view.acknowledged_bytes = *length;
  if (!add_found(volume, view)) return Difference::kNone;
  log::warn("{} was not known and is served now", to_string(pool_id(), view.block));
  events_.received(view.block, volume.storage_id(), "");
  return Difference::kAdopted;
}

}  // namespace dfs::datanode
