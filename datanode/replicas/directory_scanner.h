#pragma once

#include <chrono>

#include "datanode/replicas/replica_store.h"

namespace dfs::datanode {

struct DirectoryScanSettings {
  std::chrono::milliseconds interval{std::chrono::hours(6)};
  uint32_t busy_ms_per_second = 1000;  // at most; the rest of each second belongs to others
};

// What one comparison of a volume's files with what is known of its replicas came to.
struct DirectoryDifferences {
  size_t adopted = 0;     // on disk and not known
  size_t forgotten = 0;   // known and not on disk
  size_t moved = 0;       // in another directory than it was
  size_t corrupt = 0;     // of another length than it was, or without its meta file
  size_t unreadable = 0;  // directories that could not be listed

  bool operator==(const DirectoryDifferences&) const = default;
};

// Compares them now. No file is changed or removed.
Task<DirectoryDifferences> compare_directories(ReplicaStore& store, Volume& volume, uint32_t busy_ms_per_second);

// Compares them again and again (DirectoryScanner), first after a part of the interval that chance decides, so that the
// volumes of a machine do not all begin at once. Runs until cancelled; `store` and `volume` outlive it.
Task<void> scan_directories(ReplicaStore& store, Volume& volume, DirectoryScanSettings settings);

}  // namespace dfs::datanode
