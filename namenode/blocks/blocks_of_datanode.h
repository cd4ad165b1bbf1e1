#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/datanodes/datanode_view.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

// Complete blocks of one DataNode, of about `bytes` altogether, for those who move replicas
// (BlockManager.getBlocksWithLocations).
struct BlocksOfDatanode {
  std::string datanode_uuid;
  uint64_t bytes = 0;
  uint64_t block_bytes_min = 0;
  std::optional<uint8_t> storage_type{};
  // Blocks of files that are being written, or were used after this wall time, come last. 0: no difference is made.
  uint64_t hot_since_ms = 0;
  BlockId begin_at{};  // among the blocks of each storage in order of their ids; then from the first
  size_t rows_max = 200'000;
};
struct BlockWithStorages {
  BlockRow block;
  std::vector<StorageNumber> storages;  // with good replicas, on DataNodes that are alive
};

// A read of one moment. kHadoopInvalidArgument: the DataNode is not known. Replicas are passed over where the DataNode
// has not confirmed them since it registered.
Result<std::vector<BlockWithStorages>> blocks_of_datanode(const View& view, const DatanodeView& datanodes,
                                                          const BlocksOfDatanode& request);

}  // namespace dfs::namenode
