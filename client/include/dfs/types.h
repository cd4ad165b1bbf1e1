#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dfs::fs {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

struct ConnectOptions {
  // On whose behalf calls are made. Empty: $HADOOP_USER_NAME, then the system's name of the user.
  std::string user;
  // Who vouches for `user` (Hadoop's proxy user, `doas`); empty: `user` speaks for itself.
  std::string real_user;
  // Folder with core-site.xml and hdfs-site.xml. Empty: $HADOOP_CONF_DIR; a folder that is missing is an error, no
  // folder at all is not.
  std::string config_dir;
  // Hadoop's keys; these win over the files.
  std::map<std::string, std::string> properties;
  // Gives up a NameNode call, retries and failover included, after this long; ipc.client.rpc-timeout.ms, where it is
  // set, wins.
  std::chrono::milliseconds call_deadline{60'000};
};

enum class FileType : uint8_t { kFile, kDirectory, kSymlink };

struct FileStatus {
  std::string path;  // absolute
  FileType type = FileType::kFile;
  uint64_t length = 0;
  uint16_t replication = 0;
  uint64_t block_size = 0;
  Time modification_time{};
  Time access_time{};
  uint16_t permission = 0;  // rwxrwxrwx and the sticky bit, 01777
  std::string owner;
  std::string group;
  std::string symlink_target;
  uint64_t inode = 0;
  int32_t children = -1;  // entries of a directory; -1: not told
  bool has_acl = false;
  bool erasure_coded = false;
  bool encrypted = false;

  bool is_directory() const { return type == FileType::kDirectory; }
  bool is_file() const { return type == FileType::kFile; }
  // "core" of "/a/core"; empty for the root.
  std::string name() const { return path == "/" ? std::string() : path.substr(path.rfind('/') + 1); }
};

struct ContentSummary {
  uint64_t length = 0;
  uint64_t file_count = 0;
  uint64_t directory_count = 0;
  uint64_t space_consumed = 0;  // length times replication
  int64_t quota = -1;           // entries; -1: none
  int64_t space_quota = -1;     // bytes; -1: none
  std::string erasure_coding_policy;
};

// Capacity of the whole cluster in bytes.
struct FsStats {
  uint64_t capacity = 0;
  uint64_t used = 0;
  uint64_t remaining = 0;
  uint64_t under_replicated = 0;
  uint64_t corrupt_blocks = 0;
  uint64_t missing_blocks = 0;
};

struct ServerDefaults {
  uint64_t block_size = 0;
  uint16_t replication = 0;
  uint32_t bytes_per_checksum = 0;
  uint32_t write_packet_size = 0;
  std::chrono::minutes trash_interval{0};
};

// What BlockLocation holds in Java: a part of a file and the DataNodes that have it, nearest first.
struct BlockLocation {
  uint64_t offset = 0;
  uint64_t length = 0;
  bool corrupt = false;
  std::vector<std::string> hosts;           // host names
  std::vector<std::string> names;           // "address:port" of data transfer
  std::vector<std::string> topology_paths;  // "/rack/address:port"
  std::vector<std::string> storage_ids;
  std::vector<std::string> storage_types;  // "DISK", ...
};

enum class DatanodeState : uint8_t { kAll, kLive, kDead, kDecommissioning };

struct Datanode {
  std::string uuid;
  std::string address;  // IP
  std::string host;
  uint16_t transfer_port = 0;
  uint16_t http_port = 0;
  uint16_t ipc_port = 0;
  uint64_t capacity = 0;
  uint64_t used = 0;
  uint64_t remaining = 0;
  Time last_contact{};
  std::string rack;
  std::string admin_state;  // "NORMAL", "DECOMMISSIONED", ...
};

struct CreateOptions {
  bool overwrite = false;                 // otherwise an existing file is kAlreadyExists
  bool create_parents = true;             // otherwise a missing parent is kNotFound
  std::optional<uint16_t> replication{};  // dfs.replication, then the server's default
  std::optional<uint64_t> block_size{};   // dfs.blocksize, then the server's default
  uint16_t permission = 0644;             // as given: no umask is applied (see FileSystem::umask)
  // Sync each block to disk when it is closed, so that a closed file survives a power cut.
  bool sync_on_close = true;
};

struct AppendOptions {
  bool new_block = false;  // start at a block of its own instead of filling the last one
  bool sync_on_close = true;
};

}  // namespace dfs::fs
