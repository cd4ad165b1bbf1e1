#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dfs::namenode {

// What `hdfs fsck` asks for.
struct FsckOptions {
  std::string path = "/";
  bool move = false;
  bool delete_corrupt = false;
  bool replicate = false;
  bool files = false;
  bool blocks = false;
  bool locations = false;
  bool racks = false;
  bool replica_details = false;
  bool upgrade_domains = false;
  bool maintenance = false;
  bool storage_policies = false;
  bool show_progress = false;
  bool open_for_write = false;
  bool list_corrupt = false;
  bool include_snapshots = false;
  uint64_t corrupt_to_skip = 0;  // with list_corrupt: how many earlier answers have shown
  std::optional<std::vector<std::string>> block_ids{};

  bool shows_replicas() const { return locations || racks || replica_details || upgrade_domains; }
};

}  // namespace dfs::namenode
