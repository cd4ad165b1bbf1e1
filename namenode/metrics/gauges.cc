#include "namenode/metrics/gauges.h"

namespace dfs::namenode {
namespace {

constexpr size_t kMissingShownMax = 100;  // dfs.corruptfilesreturned.max

}  // namespace

void Gauges::update(const ClusterBlocks& blocks, const LeaseTable& leases, TimePoint now) {
  if (now < due_) return;
  due_ = now + kInterval;
  Reading reading{.open_files = leases.file_count(),
                  .lease_holders = leases.holder_count(),
                  .workload = blocks.workload(),
                  .missing_blocks = blocks.corrupt_blocks(BlockId{0}, kMissingShownMax)};
  uint64_t expired = 0;
  for (const DatanodeStatus& datanode : blocks.datanodes()->datanodes) {
    if (datanode.liveness != DatanodeLiveness::kDead) {
      dead_.erase(datanode.uuid);
    } else if (dead_.insert(datanode.uuid).second) {
      ++expired;
    }
  }
  std::lock_guard lock(mutex_);
  reading.expired_heartbeats = last_.expired_heartbeats + expired;
  last_ = std::move(reading);
}

Gauges::Reading Gauges::read() const {
  std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace dfs::namenode
