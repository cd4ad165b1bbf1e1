// Volumes that come and go while the DataNode runs (FsDatasetImpl.addVolume, removeVolumes).
#include <fmt/format.h>

#include <algorithm>

#include "datanode/replicas/replica_store.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

Task<Result<void>> ReplicaStore::add_volume(std::unique_ptr<Volume> volume) {
  std::shared_ptr<Volume> added = std::move(volume);
  replicas_->attach(*added);
  auto loaded = co_await load_volume(*added);
  std::vector<Block> found;
  if (loaded) {
    replicas_->visit(*added, [&](const ReplicaMap::Listed& listed) {
      if (listed.state == ReplicaState::kFinalized) found.push_back(listed.block);
    });
  } else {
    replicas_->detach(*added);
    co_await run_on(added->executor(), [&] { added->give_up_lock(); });
  }
  {
    std::lock_guard lock(mutex_);
    (loaded ? volumes_ : removed_).push_back(added);
    if (loaded) std::erase_if(lost_, [&](const LostVolume& lost) { return lost.directory == added->directory(); });
  }
  DFS_CO_TRY_OK(std::move(loaded));
  for (const Block& block : found) events_.received(block, added->storage_id(), "");
  log::info("Volume {} is in use, with {} finalized replicas", added->directory(), found.size());
  co_return Result<void>{};
}

Task<Result<void>> ReplicaStore::remove_volume(std::string directory) {
  std::shared_ptr<Volume> removed;
  {
    std::lock_guard lock(mutex_);
    const bool others = std::ranges::any_of(
        volumes_, [&](const auto& volume) { return volume->directory() != directory && !volume->failed(); });
    if (!others) co_return fail(ErrorCode::kInvalidArgument, "Attempt to remove all volumes.");
    if (std::erase_if(lost_, [&](const LostVolume& lost) { return lost.directory == directory; }) > 0) {
      co_return Result<void>{};
    }
    auto found = std::ranges::find_if(volumes_, [&](const auto& volume) { return volume->directory() == directory; });
    if (found == volumes_.end()) co_return fail(ErrorCode::kInvalidArgument, "There is no volume " + directory);
    // From here on it is not chosen for a new replica.
    removed = *found;
    removed_.push_back(removed);
    volumes_.erase(found);
  }
  // Each claim is kept until nobody finds the replica any more.
  std::vector<ReplicaClaim> claims;
  for (const auto& replica : replicas_->in_use(*removed)) {
    auto claim = co_await ReplicaClaim::obtain(replica, [] {}, settings_.writer_stop_deadline);
    if (claim) {
      claims.push_back(*std::move(claim));
    } else {
      log::warn("Removing volume {}: {}", directory, claim.error().message());
    }
  }
  const std::vector<Block> forgotten = replicas_->detach(*removed);
  claims.clear();
  for (const Block& block : forgotten) events_.deleted(block, removed->storage_id());
  // A disk that hangs does not hold up the removal; its lock goes when it comes to.
  asio::post(removed->executor(), [volume = removed.get()] { volume->give_up_lock(); });
  log::info("Volume {} is no longer in use; {} replicas are forgotten", directory, forgotten.size());
  co_return Result<void>{};
}

std::vector<LostVolume> ReplicaStore::lost_volumes() const {
  std::lock_guard lock(mutex_);
  std::vector<LostVolume> lost = lost_;
  for (const auto& volume : volumes_) {
    if (volume->failed()) lost.push_back(volume->failure());
  }
  return lost;
}

}  // namespace dfs::datanode
