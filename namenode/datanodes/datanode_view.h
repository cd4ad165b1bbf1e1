#pragma once

#include <boost/iterator/indirect_iterator.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namenode/datanodes/admin_state.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

// The DataNodes as readers on any thread see them: immutable, published anew by the namespace thread when something
// that readers show has changed (at most a few times a second).
enum class DatanodeLiveness : uint8_t { kLive, kStale, kDead };

struct StorageStatus {
  StorageNumber number{};
  std::string uuid;
  uint8_t storage_type = 1;
  bool failed = false;
  bool confirmed = false;  // a full block report has come since the DataNode registered
  uint64_t capacity_bytes = 0, dfs_used_bytes = 0, remaining_bytes = 0, block_pool_used_bytes = 0,
           non_dfs_used_bytes = 0;
};

// What keeps a DataNode from being decommissioned or entering maintenance (LeavingServiceStatus).
struct LeavingStatus {
  uint64_t low_redundancy = 0;       // blocks that need replicas elsewhere
  uint64_t only_out_of_service = 0;  // of these, with replicas on DataNodes that leave alone
  uint64_t in_open_files = 0;        // of these, in files that are being written
  uint64_t since_monotonic_ms = 0;
  std::vector<InodeId> open_files{};
};

struct DatanodeStatus {
  std::string uuid, ip_address, host_name, software_version;
  uint16_t transfer_port = 0, http_port = 0, https_port = 0, ipc_port = 0;
  std::string network_location = "/default-rack";
  DatanodeLiveness liveness = DatanodeLiveness::kLive;
  AdminState admin_state = AdminState::kNormal;
  bool admitted = true;  // by the host lists
  std::string upgrade_domain;
  LeavingStatus leaving;        // while it leaves
  uint64_t last_update_ms = 0;  // wall time of the last heartbeat
  uint64_t last_update_monotonic_ms = 0;
  uint64_t last_block_report_ms = 0, last_block_report_monotonic_ms = 0;
  uint32_t xceiver_count = 0;
  uint32_t block_count = 0;
  std::vector<StorageStatus> storages;
};

// DatanodeStatus by index. What has not changed since a copy was made is the same object in both.
class DatanodeStatuses {
 public:
  using const_iterator = boost::indirect_iterator<std::vector<std::shared_ptr<const DatanodeStatus>>::const_iterator>;

  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  const DatanodeStatus& operator[](size_t index) const { return *items_[index]; }
  const DatanodeStatus& at(size_t index) const { return *items_.at(index); }
  void reserve(size_t count) { items_.reserve(count); }
  void push_back(std::shared_ptr<const DatanodeStatus> status) { items_.push_back(std::move(status)); }
  void push_back(DatanodeStatus status) { push_back(std::make_shared<const DatanodeStatus>(std::move(status))); }
  // A copy of its own, until the next change.
  DatanodeStatus& change(size_t index) {
    auto own = std::make_shared<DatanodeStatus>(*items_.at(index));
    DatanodeStatus& status = *own;
    items_[index] = std::move(own);
    return status;
  }

 private:
  std::vector<std::shared_ptr<const DatanodeStatus>> items_;
};

struct DatanodeView {
  DatanodeStatuses datanodes;
  struct Place {
    uint32_t datanode = 0;  // index into datanodes
    uint32_t storage = 0;   // index into its storages
  };
  std::unordered_map<uint32_t, Place> by_storage;  // raw StorageNumber
  // Cluster totals.
  uint64_t capacity_bytes = 0, used_bytes = 0, remaining_bytes = 0, block_pool_used_bytes = 0, non_dfs_used_bytes = 0;
  uint64_t under_replicated = 0, corrupt = 0, missing = 0, missing_replication_one = 0, pending_deletion = 0,
           low_redundancy = 0, one_replica_left = 0;
  bool safe_mode = false;
  std::string safe_mode_reason;  // SafeModeException's tip; empty when off
};

}  // namespace dfs::namenode
