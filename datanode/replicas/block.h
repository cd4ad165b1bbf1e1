#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "proto/base/ids.h"

namespace dfs::datanode {

// Hadoop's storage types under the numbers of StorageTypeProto.
enum class StorageType : uint8_t { kDisk = 1, kSsd = 2, kArchive = 3, kRamDisk = 4, kProvided = 5, kNvdimm = 6 };
// "DISK", "SSD", ..., as in the tags of dfs.datanode.data.dir.
Result<StorageType> storage_type_named(std::string_view name);

// HdfsServerConstants.ReplicaState, by its numbers.
enum class ReplicaState : uint8_t {
  kFinalized = 0,  // complete
  kRbw = 1,        // being written by a client's pipeline
  kRwr = 2,        // was being written when the DataNode stopped: waits to be recovered
  kRur = 3,        // under recovery
  kTemporary = 4,  // being copied here; nobody may rely on it
};
std::string_view name_of(ReplicaState state);

struct Block {
  BlockId id{};
  GenerationStamp generation{};
  uint64_t length_bytes = 0;

  bool operator==(const Block&) const = default;
};
// "BP-1:blk_7_1001", as Hadoop's messages name a block.
std::string to_string(std::string_view pool, const Block& block);

// Which cluster and which block pool a DataNode belongs to, as the NameNode says at the handshake.
struct PoolIdentity {
  std::string cluster_id;
  std::string pool_id;
  uint32_t namespace_id = 0;
  uint64_t created = 0;
};

}  // namespace dfs::datanode
