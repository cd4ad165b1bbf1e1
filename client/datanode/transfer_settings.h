#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "proto/checksum/checksum.h"

namespace dfs::client {

// How this client speaks to DataNodes.
struct TransferSettings {
  std::string client_name;
  bool connect_by_host_name = false;                   // dfs.client.use.datanode.hostname
  std::chrono::milliseconds connect_deadline{10'000};  // of one DataNode
  std::chrono::milliseconds io_deadline{60'000};       // dfs.client.socket-timeout: nothing moved for this long
  std::chrono::milliseconds extra_per_node{5'000};     // added for each DataNode of a pipeline
  std::chrono::milliseconds total_deadline{60'000};    // of refetching locations, completing a file and the like
  bool verify_checksums = true;
  uint32_t packet_bytes = 64 << 10;
  size_t packets_outstanding_max = 80;
};

}  // namespace dfs::client
