#include "client/read/file_blocks.h"

#include "client/datanode/visible_length.h"
#include "proto/base/task.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {
// Locations are asked for this many bytes of file at a time: ten blocks of Hadoop's default size, as DFSClient does.
constexpr uint64_t kPageBytes = 10ull * (128 << 20);
// A last block whose DataNodes have not reported yet gets its location within a heartbeat or two.
constexpr int kLastBlockTries = 4;
constexpr std::chrono::seconds kLastBlockPause{2};
}  // namespace

Task<Result<void>> FileBlocks::refresh() {
  for (int tries = 1;; ++tries) {
    DFS_CO_TRY(LocatedBlocksProto located, co_await namenode_.block_locations(path_, 0, kPageBytes));
    if (located.has_ecpolicy())
      co_return fail(ErrorCode::kUnsupported, path_ + ": erasure-coded files are not supported");
    if (located.has_fileencryptioninfo())
      co_return fail(ErrorCode::kUnsupported, path_ + ": encrypted files are not supported");
    uint64_t length = located.filelength();
    BlockPtr open_block;
    if (!located.islastblockcomplete() && located.has_lastblock()) {
      auto last = std::make_shared<LocatedBlockProto>(std::move(*located.mutable_lastblock()));
      if (last->locs_size() == 0 && last->b().numbytes() > 0) {
        if (tries == kLastBlockTries)
          co_return fail(ErrorCode::kIo, "Could not obtain the last block locations of " + path_);
        DFS_CO_TRY_OK(co_await sleep_for(kLastBlockPause));
        continue;
      }
      uint64_t visible = 0;
      if (last->locs_size() > 0) {
        DFS_CO_TRY(visible, co_await visible_length(*last, user_, settings_));
      }
      last->mutable_b()->set_numbytes(visible);
      length = last->offset() + visible;
      if (visible > 0) open_block = std::move(last);
    }
    blocks_.clear();
    for (LocatedBlockProto& block : *located.mutable_blocks()) {
      const uint64_t offset = block.offset();
      if (offset < located.filelength()) blocks_[offset] = std::make_shared<LocatedBlockProto>(std::move(block));
    }
    open_block_ = std::move(open_block);
    length_ = length;
    co_return Result<void>{};
  }
}

BlockPtr FileBlocks::cached(uint64_t offset) const {
  if (open_block_ && offset >= open_block_->offset()) return open_block_;
  auto after = blocks_.upper_bound(offset);
  if (after == blocks_.begin()) return nullptr;
  const BlockPtr& block = std::prev(after)->second;
  return offset < block->offset() + block->b().numbytes() ? block : nullptr;
}

Task<Result<void>> FileBlocks::fetch(uint64_t offset) {
  DFS_CO_TRY(LocatedBlocksProto located, co_await namenode_.block_locations(path_, offset, kPageBytes));
  for (LocatedBlockProto& block : *located.mutable_blocks()) {
    const uint64_t start = block.offset();
    if (open_block_ && start == open_block_->offset()) {
      // The writer may have gone on; this file stays as long as it was.
      block.mutable_b()->set_numbytes(open_block_->b().numbytes());
      open_block_ = std::make_shared<LocatedBlockProto>(std::move(block));
    } else if (start < length_) {
      blocks_[start] = std::make_shared<LocatedBlockProto>(std::move(block));
    }
  }
  co_return Result<void>{};
}

Task<Result<BlockPtr>> FileBlocks::at(uint64_t offset) {
  if (BlockPtr block = cached(offset)) co_return block;
  co_return co_await refetch(offset);
}

Task<Result<BlockPtr>> FileBlocks::refetch(uint64_t offset) {
  DFS_CO_TRY_OK(co_await fetch(offset));
  if (BlockPtr block = cached(offset)) co_return block;
  co_return fail(ErrorCode::kIo, "Could not find target position " + std::to_string(offset) + " in " + path_ +
                                     ": the file was changed while it is read");
}

}  // namespace dfs::client
