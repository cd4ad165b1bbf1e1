// What is deleted during a rolling upgrade, until it is finalized or rolled back (BlockPoolSliceStorage).
#include "datanode/replicas/replica_store.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {

bool ReplicaStore::note_rolling_upgrade(RollingUpgrade state) {
  const RollingUpgrade before = rolling_upgrade_.exchange(state);
  if (before == state) return false;
  if (state == RollingUpgrade::kInProgress)
    log::info("A rolling upgrade is in progress: what is deleted goes to trash");
  return state == RollingUpgrade::kFinalized;
}

Task<void> ReplicaStore::clear_trash() {
  for (const auto& volume : volumes()) {
    auto cleared = co_await run_on(volume->executor(), [&]() -> Result<void> {
      Disk& disk = volume->disk();
      const std::string& trash = volume->layout().trash();
      // Out of the way at once: another upgrade may begin meanwhile.
      const std::string leaving = trash + ".removed";
      DFS_TRY(bool interrupted, disk.exists(leaving));
      if (interrupted) DFS_TRY_OK(disk.remove_tree(leaving));
      DFS_TRY(bool there, disk.exists(trash));
      if (!there) return {};
      DFS_TRY_OK(disk.rename(trash, leaving));
      log::info("Clearing {}", trash);
      return disk.remove_tree(leaving);
    });
    if (!cleared) log::warn("Clearing the trash of {}: {}", volume->directory(), cleared.error().to_string());
  }
}

Result<void> ReplicaStore::restore_trash(Volume& volume) {
  Disk& disk = volume.disk();
  const std::string from = volume.layout().trash() + "/finalized";
  DFS_TRY(bool there, disk.exists(from));
  if (!there) return {};
  size_t count = 0;
  DFS_TRY(std::vector<DirectoryEntry> outer, disk.list(from));
  for (const DirectoryEntry& one : outer) {
    DFS_TRY(std::vector<DirectoryEntry> inner, disk.list(from + "/" + one.name));
    for (const DirectoryEntry& two : inner) {
      const std::string place = "/" + one.name + "/" + two.name;
      DFS_TRY(std::vector<DirectoryEntry> files, disk.list(from + place));
      DFS_TRY_OK(disk.make_directories(volume.layout().finalized() + place, 0700));
      for (const DirectoryEntry& file : files) {
        const std::string source = from + place + "/" + file.name;
        const std::string target = volume.layout().finalized() + place + "/" + file.name;
        // One that is there and not shorter was written later.
        DFS_TRY(bool present, disk.exists(target));
        if (present) {
          DFS_TRY(uint64_t present_bytes, disk.size_of(target));
          DFS_TRY(uint64_t trash_bytes, disk.size_of(source));
          if (present_bytes >= trash_bytes) continue;
        }
        DFS_TRY_OK(disk.rename(source, target));
        ++count;
      }
      DFS_TRY_OK(disk.sync_directory(volume.layout().finalized() + place));
    }
  }
  log::info("Volume {}: {} files restored from trash", volume.directory(), count);
  return disk.remove_tree(volume.layout().trash());
}

}  // namespace dfs::datanode
