#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/namenode/namenode_proxy.h"
#include "dfs/types.h"
#include "proto/base/task_fwd.h"

namespace hadoop::hdfs {
class DatanodeInfoProto;
class ExtendedBlockProto;
class LocatedBlockProto;
class LocatedBlocksProto;
}  // namespace hadoop::hdfs

namespace dfs::client {

// A file that create or append opened for writing.
struct OpenedFile {
  uint64_t inode = 0;
  uint64_t length = 0;
  uint64_t block_size = 0;
  uint16_t replication = 0;
};

struct DirectoryPage {
  std::vector<fs::FileStatus> entries;  // `path` holds the name only
  bool more = false;
};

struct ServerSettings {
  fs::ServerDefaults defaults;
  int checksum_type = 2;  // ChecksumTypeProto
  bool encrypts_transfer = false;
};

// ClientNamenodeProtocol in our own words: one method per call, protobuf on the far side. Blocks, DataNodes and block
// tokens stay the messages that the NameNode sent, because the client only carries them on, to DataNodes and back, and
// must not lose what it does not understand. Paths are absolute and normal.
//
// Belongs to the proxy's executor; the proxy must outlive it. `client_name` is the lease holder.
class Namenode {
 public:
  Namenode(NamenodeProxy& proxy, std::string client_name) : proxy_(proxy), client_name_(std::move(client_name)) {}

  const std::string& client_name() const { return client_name_; }

  // The tree.
  Task<Result<std::optional<fs::FileStatus>>> status(std::string path);
  // nullopt where the path does not exist.
  Task<Result<std::optional<DirectoryPage>>> list_page(std::string path, std::string after);
  // `mode` as for access(2): 4 read, 2 write, 1 execute.
  Task<Result<void>> check_access(std::string path, int mode);
  Task<Result<fs::ContentSummary>> content_summary(std::string path);
  Task<Result<void>> mkdirs(std::string path, uint16_t permission, bool create_parents);
  Task<Result<bool>> rename(std::string from, std::string to);
  Task<Result<void>> rename2(std::string from, std::string to, bool overwrite);
  Task<Result<bool>> remove(std::string path, bool recursive);
  Task<Result<void>> set_permission(std::string path, uint16_t permission);
  Task<Result<void>> set_owner(std::string path, std::string owner, std::string group);
  Task<Result<bool>> set_replication(std::string path, uint16_t replication);
  Task<Result<void>> set_times(std::string path, int64_t modified_millis, int64_t accessed_millis);
  Task<Result<bool>> truncate(std::string path, uint64_t length);
  Task<Result<void>> concat(std::string target, std::vector<std::string> sources);

  // The cluster.
  Task<Result<ServerSettings>> server_defaults();
  Task<Result<fs::FsStats>> stats();
  Task<Result<bool>> in_safe_mode();
  Task<Result<std::vector<fs::Datanode>>> datanodes(fs::DatanodeState which);

  // Reading.
  Task<Result<hadoop::hdfs::LocatedBlocksProto>> block_locations(std::string path, uint64_t offset, uint64_t length);
  Task<Result<void>> report_bad_block(const hadoop::hdfs::LocatedBlockProto& block,
                                      const hadoop::hdfs::DatanodeInfoProto& holder, std::string storage_id);

  // Writing.
  Task<Result<OpenedFile>> create(std::string path, uint16_t permission, bool overwrite, bool create_parents,
                                  uint16_t replication, uint64_t block_size);
  // The block to go on with is left empty (no pool id) where the file ends on a block boundary.
  Task<Result<OpenedFile>> append(std::string path, bool new_block, hadoop::hdfs::LocatedBlockProto& last_block);
  // `previous` without a pool id: the file's first block.
  Task<Result<hadoop::hdfs::LocatedBlockProto>> add_block(std::string path, uint64_t inode,
                                                          const hadoop::hdfs::ExtendedBlockProto& previous,
                                                          std::vector<hadoop::hdfs::DatanodeInfoProto> excluded);
  Task<Result<void>> abandon_block(std::string path, uint64_t inode, const hadoop::hdfs::ExtendedBlockProto& block);
  Task<Result<hadoop::hdfs::LocatedBlockProto>> additional_datanode(
      std::string path, uint64_t inode, const hadoop::hdfs::LocatedBlockProto& pipeline,
      std::vector<hadoop::hdfs::DatanodeInfoProto> excluded);
  // A new generation stamp and token for a block under construction.
  Task<Result<hadoop::hdfs::LocatedBlockProto>> update_block_for_pipeline(
      const hadoop::hdfs::ExtendedBlockProto& block);
  Task<Result<void>> update_pipeline(const hadoop::hdfs::ExtendedBlockProto& before,
                                     const hadoop::hdfs::LocatedBlockProto& after);
  Task<Result<void>> fsync(std::string path, uint64_t inode, int64_t last_block_length);
  // False while the last block has not reached its minimal replication. `last` without a pool id: there is none.
  Task<Result<bool>> complete(std::string path, uint64_t inode, const hadoop::hdfs::ExtendedBlockProto& last);
  Task<Result<void>> renew_lease();
  Task<Result<bool>> recover_lease(std::string path);

 private:
  NamenodeProxy& proxy_;
  std::string client_name_;
};

}  // namespace dfs::client
