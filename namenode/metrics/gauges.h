#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/leases/lease_table.h"

namespace dfs::namenode {

// What only the namespace thread knows and operators want to see: it leaves a copy here about twice a second.
class Gauges {
 public:
  struct Reading {
    uint64_t open_files = 0;
    uint64_t lease_holders = 0;
    ClusterBlocks::Workload workload;
    std::vector<BlockId> missing_blocks;  // the first of them
    uint64_t expired_heartbeats = 0;      // DataNodes that were given up, since the start
  };

  // On the namespace thread, as often as it likes.
  void update(const ClusterBlocks& blocks, const LeaseTable& leases, TimePoint now);
  Reading read() const;

  static constexpr std::chrono::milliseconds kInterval{500};

 private:
  TimePoint due_{};
  std::set<std::string> dead_;
  mutable std::mutex mutex_;
  Reading last_;
};

}  // namespace dfs::namenode
