#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace dfs::namenode {

// What an administrator can set about the namespace, with Hadoop's defaults. Fixed while a NameNode runs.
struct NamespaceSettings {
  std::string superuser;                  // who started the NameNode
  std::string supergroup = "supergroup";  // dfs.permissions.superusergroup
  std::string block_pool_id;
  uint64_t creation_time_ms = 0;            // cTime
  std::string host_name;                    // named in SafeModeException
  bool permissions_enabled = true;          // dfs.permissions.enabled
  bool acls_enabled = true;                 // dfs.namenode.acls.enabled
  bool posix_acl_inheritance = true;        // dfs.namenode.posix.acl.inheritance.enabled
  bool xattrs_enabled = true;               // dfs.namenode.xattrs.enabled
  uint32_t xattrs_per_inode_max = 32;       // dfs.namenode.fs-limits.max-xattrs-per-inode
  uint32_t xattr_bytes_max = 16384;         // dfs.namenode.fs-limits.max-xattr-size
  bool type_quotas_enabled = true;          // dfs.quota.by.storage.type.enabled
  bool owner_sets_quota = false;            // dfs.permissions.allow.owner.set.quota
  bool storage_policies_enabled = true;     // dfs.storage.policy.enabled
  bool policies_by_superuser_only = false;  // dfs.storage.policy.permissions.superuser-only
  bool symlinks_enabled = false;            // tusk.namenode.symlinks.enabled; stock Hadoop has them in its tests alone
  uint32_t component_bytes_max = 255;       // dfs.namenode.fs-limits.max-component-length; 0: no limit
  uint32_t directory_items_max = 1 << 20;   // dfs.namenode.fs-limits.max-directory-items
  uint32_t blocks_per_file_max = 10000;     // dfs.namenode.fs-limits.max-blocks-per-file
  uint64_t block_bytes_min = 1 << 20;       // dfs.namenode.fs-limits.min-block-size
  uint64_t objects_max = 0;                 // dfs.namenode.max.objects; 0: no limit
  uint64_t block_bytes_default = 64 << 20;
  uint16_t replication_default = 3;
  uint16_t replication_min = 1;                  // dfs.namenode.replication.min
  uint16_t replication_max = 512;                // dfs.replication.max
  uint64_t access_time_precision_ms = 3600000;   // dfs.namenode.accesstime.precision; 0: not kept
  uint32_t listing_max = 1000;                   // dfs.ls.limit
  uint32_t open_files_listing_max = 1000;        // dfs.namenode.list.openfiles.num.responses
  uint32_t batched_listing_max = 100;            // dfs.batched.ls.limit
  uint32_t snapshots_max = 65536;                // dfs.namenode.snapshot.filesystem.limit
  uint32_t snapshots_per_directory_max = 65536;  // dfs.namenode.snapshot.max.limit
  uint32_t snapshot_diff_listing_max = 1000;     // dfs.namenode.snapshotdiff.listing.limit
  bool snapshot_diff_below_root = true;          // dfs.namenode.snapshotdiff.allow.snap-root-descendant
  // FsServerDefaults, which clients use for what they write.
  uint32_t bytes_per_checksum = 512;
  uint32_t write_packet_bytes = 65536;
  uint32_t file_buffer_bytes = 4096;
  uint64_t trash_interval_minutes = 0;
  // dfs.namenode.retrycache.expirytime.millis; 0 where dfs.namenode.enable.retrycache is false: nothing is kept.
  std::chrono::milliseconds retry_expiry{600'000};
  uint32_t events_per_call_max = 1000;  // dfs.namenode.inotify.max.events.per.rpc
};

// NameNodeRpcServer.checkPathLength
inline constexpr size_t kPathLengthMax = 8000;
inline constexpr size_t kPathDepthMax = 1000;

}  // namespace dfs::namenode
