#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/host_files.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/settings.h"
#include "namenode/namespace/trash.h"
#include "namenode/service/audit_log.h"
#include "namenode/service/rack_mapping.h"
#include "namenode/store/tables.h"
#include "namenode/web/page.h"
#include "proto/config/configuration.h"
#include "proto/config/redaction.h"
#include "proto/io/stream.h"

namespace dfs::namenode {

// Everything that a NameNode is told, read from the configuration once.
struct NameNodeSettings {
  std::vector<std::string> name_directories;
  std::vector<std::string> edits_directories;
  Endpoint rpc;
  std::vector<Endpoint> http;  // the first is announced
  size_t network_threads = 2;
  uint32_t frame_bytes_max = 128u << 20;
  uint32_t frame_bytes_max_before_context = 64u << 10;
  CacheBytes tables_cache{256ull << 20};
  uint64_t transactions_per_segment = 1'000'000;
  std::chrono::milliseconds checkpoint_period{3'600'000};
  TrashSettings trash{};
  uint64_t edits_retained = 1'000'000;
  uint64_t edit_segments_retained = 10'000;
  uint64_t reserved_bytes = 100ull << 20;  // of the disks of edit log and tables: below, safe mode
  std::chrono::milliseconds space_check_interval{5000};
  size_t edits_directories_minimum = 1;
  std::chrono::milliseconds lease_recheck{2000};
  std::map<std::string, std::string> proxy_users;
  std::string static_groups;
  std::string groups_file;
  std::string log_directory;
  bool audit_enabled = false;  // tusk.namenode.audit.enabled
  AuditSettings audit;
  std::chrono::milliseconds groups_cache{300'000};
  NamespaceSettings name_space;
  LeaseTable::Limits leases;
  ClusterBlocks::Settings blocks;
  Configuration configuration;  // all of it, to be shown
  Redaction redaction;
  InstrumentationAccess::Settings instrumentation;
  HostFiles host_files;
  RackSettings racks;

  // kConfiguration names the key that is wrong.
  static Result<NameNodeSettings> from(const Configuration& configuration);
};

}  // namespace dfs::namenode
