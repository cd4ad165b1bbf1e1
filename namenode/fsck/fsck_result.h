#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dfs::namenode {

// What a check has found in all files so far.
struct FsckResult {
  uint64_t directories = 0, symlinks = 0, files = 0, blocks = 0, bytes = 0;
  uint64_t open_files = 0, open_blocks = 0, open_bytes = 0;  // of files that are passed over
  uint64_t missing_blocks = 0, missing_bytes = 0;
  uint64_t corrupt_files = 0, corrupt_blocks = 0, corrupt_bytes = 0;
  uint64_t replicas = 0, expected_replicas = 0, missing_replicas = 0;
  uint64_t minimally_replicated = 0, under_minimum = 0, over_replicated = 0, under_replicated = 0, mis_replicated = 0;
  uint64_t decommissioned = 0, decommissioning = 0, entering_maintenance = 0, in_maintenance = 0;
  uint64_t queued_for_replication = 0;

  bool is_healthy() const { return missing_blocks == 0 && corrupt_blocks == 0; }
};

// The sections "Replicated Blocks" and "Erasure Coded Block Groups" as NamenodeFsck prints them; no file of ours is
// striped.
std::string replicated_summary(const FsckResult& result, uint16_t replication_default, uint16_t replication_min);
std::string erasure_coded_summary();

}  // namespace dfs::namenode
