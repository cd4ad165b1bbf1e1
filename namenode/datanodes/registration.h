#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace dfs::namenode {

inline constexpr std::string_view kDefaultRack = "/default-rack";

// What makes a cluster this cluster, from the NameNode's VERSION file.
struct ClusterIdentity {
  uint32_t namespace_id = 0;
  std::string cluster_id;
  std::string block_pool_id;
  uint64_t creation_time_ms = 0;
  int32_t layout_version = -67;  // NameNodeLayoutVersion
};

// How a DataNode introduces itself (DatanodeRegistration). `ip_address` is where its connection comes from.
struct Registration {
  std::string datanode_uuid;
  std::string ip_address;
  std::string host_name;
  uint16_t transfer_port = 0, http_port = 0, https_port = 0, ipc_port = 0;
  std::string software_version;
  std::string network_location{kDefaultRack};  // the rack that its address maps to
  // Of the storage it serves, which must be of this cluster.
  int32_t layout_version = 0;
  uint32_t namespace_id = 0;
  std::string cluster_id;
  uint64_t creation_time_ms = 0;

  // "10.0.0.5:9866"
  std::string transfer_address() const;
  // As DatanodeRegistration.toString, which stock messages contain.
  std::string to_string() const;
};

// One storage as a heartbeat describes it.
struct StorageReport {
  std::string storage_uuid;
  uint8_t storage_type = 1;  // StorageTypeProto
  bool failed = false;
  bool read_only = false;
  uint64_t capacity_bytes = 0, dfs_used_bytes = 0, remaining_bytes = 0, block_pool_used_bytes = 0,
           non_dfs_used_bytes = 0;
};

struct Heartbeat {
  std::vector<StorageReport> storages;
  uint32_t xceiver_count = 0;
  uint32_t transfers_in_progress = 0;
  uint32_t failed_volumes = 0;
  std::chrono::milliseconds may_be_held{0};  // until there is a command; 0: it is answered at once
};

// Negative, 0 or positive as `left` is older than, the same as or newer than `right`: numbers by value, and a qualifier
// ("-beta", "-SNAPSHOT") before the release it leads to.
int compare_versions(std::string_view left, std::string_view right);

// kIncorrectVersion with stock's text where the software is older than `minimum_version`, or is another version than
// `our_version` with another creation time.
Result<void> check_software(const Registration& registration, const ClusterIdentity& identity,
                            std::string_view minimum_version, std::string_view our_version);
// kUnregisteredNode where the DataNode serves the storage of another cluster (NameNodeRpcServer.verifyRequest).
Result<void> check_identity(const Registration& registration, const ClusterIdentity& identity);

}  // namespace dfs::namenode
