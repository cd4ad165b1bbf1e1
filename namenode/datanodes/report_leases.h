#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "proto/base/clock.h"

namespace dfs::namenode {

// Who may send a full block report now, so that few come at a time (BlockReportLeaseManager). A DataNode that brings no
// lease (id 0) is let through. Lives on the namespace thread.
class BlockReportLeases {
 public:
  struct Limits {
    uint32_t leases_max = 6;                    // dfs.namenode.max.full.block.report.leases
    std::chrono::milliseconds expiry{300'000};  // dfs.namenode.full.block.report.lease.length.ms
  };
  // `first_id` is random, so that a lease from before a restart is not taken for one of now.
  BlockReportLeases(Limits limits, uint64_t first_id);

  // 0: not now, too many others have one. An earlier lease of this DataNode ends.
  uint64_t request(const std::string& datanode_uuid, TimePoint now);
  bool valid(const std::string& datanode_uuid, uint64_t id, TimePoint now);
  void release(const std::string& datanode_uuid);

 private:
  struct Lease {
    uint64_t id;
    TimePoint since;
  };
  Limits limits_;
  uint64_t next_id_;
  std::unordered_map<std::string, Lease> leases_;
};

}  // namespace dfs::namenode
