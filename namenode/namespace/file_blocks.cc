#include "namenode/namespace/file_blocks.h"

#include <fmt/format.h>

namespace dfs::namenode {
namespace {

// So few are read one by one, for less than a scan costs to begin.
constexpr uint32_t kReadByKeyMax = 3;

}  // namespace

Result<std::vector<BlockRow>> blocks_of_file(const View& view, const InodeRow& file) {
  if (file.block_count > kReadByKeyMax) return blocks_of_file(view, file.id);
  std::vector<BlockRow> blocks;
  blocks.reserve(file.block_count);
  for (uint32_t index = 0; index < file.block_count; ++index) {
    DFS_TRY(std::optional<BlockRow> block, find_file_block(view, file.id, index));
    if (!block)
      return fail(ErrorCode::kCorruptFormat, fmt::format("inode {}: it has no block {}", raw(file.id), index));
    blocks.push_back(*block);
  }
  return blocks;
}

}  // namespace dfs::namenode
