#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/datanode/transfer_settings.h"
#include "client/namenode/namenode_proxy.h"
#include "dfs/types.h"
#include "proto/config/configuration.h"

namespace dfs::client {

// What a FileSystem is made of, read from options, environment and configuration once.
struct SessionSettings {
  std::string uri;  // "hdfs://host:port" or "hdfs://nameservice"
  NamenodeProxy::Settings namenode;
  TransferSettings transfer;
  std::string home;
  uint16_t umask = 022;
  std::optional<uint64_t> block_size;
  std::optional<uint16_t> replication;
  std::optional<checksum::Type> checksum_type;
  std::optional<uint32_t> bytes_per_checksum;
  bool replace_datanodes = true;
  bool replace_always = false;
  bool replace_best_effort = true;
};

Result<Configuration> load_configuration(const fs::ConnectOptions& options);
Result<SessionSettings> read_settings(std::string_view uri, const fs::ConnectOptions& options,
                                      const Configuration& configuration);

}  // namespace dfs::client
