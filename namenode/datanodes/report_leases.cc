#include "namenode/datanodes/report_leases.h"

namespace dfs::namenode {

BlockReportLeases::BlockReportLeases(Limits limits, uint64_t first_id)
    : limits_(limits), next_id_(first_id == 0 ? 1 : first_id) {}

uint64_t BlockReportLeases::request(const std::string& datanode_uuid, TimePoint now) {
  leases_.erase(datanode_uuid);
  std::erase_if(leases_, [&](const auto& entry) { return now - entry.second.since >= limits_.expiry; });
  if (leases_.size() >= limits_.leases_max) return 0;
  uint64_t id = next_id_++;
  if (next_id_ == 0) next_id_ = 1;
  leases_.emplace(datanode_uuid, Lease{id, now});
  return id;
}

bool BlockReportLeases::valid(const std::string& datanode_uuid, uint64_t id, TimePoint now) {
  if (id == 0) return true;
  auto found = leases_.find(datanode_uuid);
  if (found == leases_.end()) return false;
  if (now - found->second.since >= limits_.expiry) {
    leases_.erase(found);
    return false;
  }
  return found->second.id == id;
}

void BlockReportLeases::release(const std::string& datanode_uuid) {
  leases_.erase(datanode_uuid);
}

}  // namespace dfs::namenode
