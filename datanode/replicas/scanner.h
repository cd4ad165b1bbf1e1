#pragma once

#include <chrono>

#include "datanode/replicas/replica_store.h"

namespace dfs::datanode {

struct ScanSettings {
  std::chrono::milliseconds period{std::chrono::hours(504)};  // each replica once in this time
  uint64_t bytes_per_second = 1u << 20;
};

// Reads every finalized replica of a volume again and again and reports those that do not match their sums
// (VolumeScanner). Runs until cancelled; `store` and `volume` outlive it.
Task<void> scan_volume(ReplicaStore& store, Volume& volume, ScanSettings settings);

// Whether a finalized replica matches its sums, read in pieces no faster than `bytes_per_second` (0: as fast as it
// goes). True for one that was changed or deleted meanwhile: nothing can be said about it. An error is the disk's.
Task<Result<bool>> verify_replica(std::shared_ptr<Replica> replica, uint64_t bytes_per_second);

}  // namespace dfs::datanode
