#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namenode/blocks/replica_rules.h"

namespace dfs::namenode {

// All replicas of one storage, as a full block report has them, in any order.
struct StorageReplicas {
  std::string storage_uuid;
  uint8_t storage_type = 1;
  std::vector<ReportedReplica> replicas;
};

// Which call of which full block report this is.
struct BlockReportPart {
  int32_t calls = 1;
  int32_t call = 0;
  int64_t report_id = 0;
  uint64_t lease_id = 0;
};

// One call of a full block report, and how far ClusterBlocks has come with it: it takes over some replicas at a time,
// so that nobody waits for a million of them. Making one sorts them, which needs no thread in particular.
class FullReport {
 public:
  FullReport() = default;
  // `part` is absent from DataNodes that know no leases.
  FullReport(std::string datanode_uuid, std::vector<StorageReplicas> storages, std::optional<BlockReportPart> part)
      : datanode_uuid_(std::move(datanode_uuid)), storages_(std::move(storages)), part_(part) {
    for (StorageReplicas& storage : storages_) {
      std::vector<ReportedReplica>& replicas = storage.replicas;
      std::ranges::sort(replicas, {},
                        [](const ReportedReplica& replica) { return std::pair(replica.block, replica.state); });
      replicas.erase(std::ranges::unique(replicas, {}, &ReportedReplica::block).begin(), replicas.end());
    }
  }

 private:
  friend class ClusterBlocks;

  std::string datanode_uuid_;
  std::vector<StorageReplicas> storages_;
  std::optional<BlockReportPart> part_;
  // Of the storage at `storage_`: the first replica that is still to be taken over, and the first block of which rows
  // are still to be compared.
  bool begun_ = false, storage_begun_ = false;
  size_t storage_ = 0, replica_ = 0;
  BlockId block_{};
  uint64_t rows_ = 0;
  uint64_t last_stamp_ = 0;  // that the namespace had given when this storage was begun
};

}  // namespace dfs::namenode
