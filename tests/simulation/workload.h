#pragma once

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/history.h"

namespace dfs::simulation {

struct WorkloadSettings {
  std::string directory{};  // of this client
  size_t operations = 12;
  bool may_lose_unsynced = false;  // power is cut in this run
  uint32_t packet_bytes = 64 << 10;
};

// What a client's thread does: makes files, writes, flushes, appends, reads, renames and deletes at random, and notes
// what it was promised and where that was broken.
void work(Cluster& cluster, History& history, const WorkloadSettings& settings);

// Reads what is there of the file and notes if it is less or other than was promised. False: it could not be read.
bool check_content(fs::FileSystem& files, History& history, const FileHistory& file, const std::string& path,
                   bool may_lose_unsynced);

}  // namespace dfs::simulation
