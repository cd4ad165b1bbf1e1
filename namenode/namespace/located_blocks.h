#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// A block, where in its file it begins and where its replicas are.
struct LocatedBlock {
  BlockId id{};
  GenerationStamp generation_stamp{};
  uint64_t length = 0;
  uint64_t offset = 0;
  bool corrupt = false;  // every replica is
  std::vector<StorageNumber> storages{};
};

struct LocatedBlocks {
  uint64_t file_length = 0;  // without a last block under construction
  bool under_construction = false;
  std::vector<LocatedBlock> blocks{};
  std::optional<LocatedBlock> last{};  // of the file, whatever range was asked for
  bool last_complete = false;
};

// HdfsFileStatus
struct FileStatus {
  InodePtr inode{};    // never null
  std::string name{};  // below the directory that was listed; empty for the path that was asked for
  uint8_t storage_policy = 0;
  bool snapshottable = false;
  std::optional<LocatedBlocks> locations{};
};

// "blk_1073741825_1001", as Hadoop's messages name a block.
std::string block_name(BlockId id, GenerationStamp stamp);

}  // namespace dfs::namenode
