#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/namespace/located_blocks.h"
#include "namenode/namespace/plan.h"

// Mutations of files and of the blocks that are being written (FSDirWriteFileOp, FSDirAppendOp, FSDirTruncateOp and
// FSNamesystem). `holder` is the client's name, the holder of leases; `file` the inode id of an open stream, or
// kNoInode where the client is too old to give it.
//
// A request with kAtMostOnce is carried out once however often it is sent: its record, which has that code, leaves the
// answer behind (namespace/retries.h).
namespace dfs::namenode::operations {

// A block as a client names it.
struct NamedBlock {
  std::string pool;
  BlockId id{};
  GenerationStamp generation_stamp{};
  uint64_t length = 0;
  // "BP-1:blk_2_3", as in Hadoop's messages.
  std::string to_string() const;
};

// A storage as a client names it; an empty storage uuid stands for any of the DataNode's.
struct NamedStorage {
  std::string datanode_uuid;
  std::string storage_uuid;
};

struct Create {
  static constexpr OpCode kAtMostOnce = OpCode::kAdd;
  std::string path;
  uint16_t permission = 0644;          // masked by the client
  std::optional<uint16_t> unmasked{};  // as it was before that, where the client says so
  std::string holder;
  bool create = true;
  bool overwrite = false;
  bool lazy_persist = false;
  bool should_replicate = false;
  bool create_parent = true;
  uint16_t replication = 3;
  uint64_t block_size = 0;
  std::string erasure_coding_policy{};
  std::string storage_policy{};
};
Result<Planned<FileStatus>> create(const PlanContext& context, const Create& request);

struct Append {
  static constexpr OpCode kAtMostOnce = OpCode::kAppend;
  std::string path;
  std::string holder;
  bool new_block = false;
};
struct Appended {
  std::optional<LocatedBlock> last_block;  // to go on with; none where the next write needs a new block
  FileStatus file;
};
Result<Planned<Appended>> append(const PlanContext& context, const Append& request);

struct Truncate {
  static constexpr OpCode kAtMostOnce = OpCode::kTruncate;
  std::string path;
  uint64_t new_length = 0;
  std::string holder;
};
// True if the file is as short as wanted already; false: block recovery cuts the last block first.
Result<Planned<bool>> truncate(const PlanContext& context, const Truncate& request);

struct AddBlock {
  std::string path;
  std::string holder;
  InodeId file = kNoInode;
  std::optional<NamedBlock> previous{};
  std::vector<std::string> excluded{};  // DataNode uuids
  std::vector<std::string> favored{};
  bool no_local_write = false;
  bool ignore_client_locality = false;
};
Result<Planned<LocatedBlock>> add_block(const PlanContext& context, const AddBlock& request);

struct AbandonBlock {
  std::string path;
  std::string holder;
  InodeId file = kNoInode;
  NamedBlock block;
};
Result<Planned<Done>> abandon_block(const PlanContext& context, const AbandonBlock& request);

struct Complete {
  std::string path;
  std::string holder;
  InodeId file = kNoInode;
  std::optional<NamedBlock> last{};
};
// False until enough replicas of the last blocks are reported: the client asks again.
Result<Planned<bool>> complete(const PlanContext& context, const Complete& request);

struct Fsync {
  std::string path;
  std::string holder;
  InodeId file = kNoInode;
  int64_t last_block_length = -1;
};
Result<Planned<Done>> fsync(const PlanContext& context, const Fsync& request);

struct UpdateBlockForPipeline {
  NamedBlock block;
  std::string holder;
};
// The block under a new generation stamp.
Result<Planned<LocatedBlock>> update_block_for_pipeline(const PlanContext& context,
                                                        const UpdateBlockForPipeline& request);

struct UpdatePipeline {
  static constexpr OpCode kAtMostOnce = OpCode::kUpdateBlocks;
  std::string holder;
  NamedBlock old_block;
  NamedBlock new_block;
  std::vector<NamedStorage> storages{};
  // How the ids of storages do not fit the DataNodes that the client names; empty: they do.
  std::string misfit{};
};
Result<Planned<Done>> update_pipeline(const PlanContext& context, const UpdatePipeline& request);

struct GetAdditionalDatanode {
  std::string path;
  std::string holder;
  InodeId file = kNoInode;
  NamedBlock block;
  std::vector<NamedStorage> existing{};
  std::vector<std::string> excluded{};  // DataNode uuids
  uint32_t count = 1;
  // How the ids of storages do not fit the DataNodes that the client names; empty: they do.
  std::string misfit{};
};
// The existing storages and as many more.
Result<Planned<LocatedBlock>> get_additional_datanode(const PlanContext& context, const GetAdditionalDatanode& request);

// What DataNodes that recovered a block agreed on (DatanodeProtocol.commitBlockSynchronization).
struct CommitBlockSynchronization {
  NamedBlock block;
  GenerationStamp new_generation_stamp{};
  uint64_t new_length = 0;
  bool close_file = false;
  bool delete_block = false;
  std::vector<NamedStorage> storages{};  // with a replica of the new stamp and length
};
Result<Planned<Done>> commit_block_synchronization(const PlanContext& context,
                                                   const CommitBlockSynchronization& request);

struct RecoverLease {
  std::string path;
  std::string holder;
};
// True if the file is closed.
Result<Planned<bool>> recover_lease(const PlanContext& context, const RecoverLease& request);

// Closes or starts to recover one file whose holder passed the hard limit; false where there is none. Made by the
// NameNode itself, from time to time until false.
Result<Planned<bool>> release_expired_lease(const PlanContext& context);

}  // namespace dfs::namenode::operations
