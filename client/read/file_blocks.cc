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

// A block of the answer must be the one that is known at its place. A file that has been deleted and written anew under
// the same name has other blocks, and its bytes must not follow those of the old one (DFSInputStream's "Blocklist has
// changed"). Lengths may differ: the last block grows while it is written.
Result<void> FileBlocks::check_same_file(const LocatedBlocksProto& located) const {
  const auto changed = [this] { return fail(ErrorCode::kIo, "Blocklist for " + path_ + " has changed!"); };
  const auto agree = [](const LocatedBlockProto& known, const LocatedBlockProto& block) {
    if (known.offset() == block.offset()) return known.b().blockid() == block.b().blockid();
    const LocatedBlockProto& first = known.offset() < block.offset() ? known : block;
    const LocatedBlockProto& second = known.offset() < block.offset() ? block : known;
    return first.offset() + first.b().numbytes() <= second.offset();
  };
  for (const LocatedBlockProto& block : located.blocks()) {
    auto after = blocks_.upper_bound(block.offset());
    if (after != blocks_.end() && !agree(*after->second, block)) return changed();
    if (after != blocks_.begin() && !agree(*std::prev(after)->second, block)) return changed();
    if (open_block_ && !agree(*open_block_, block)) return changed();
  }
  return {};
}

Task<Result<void>> FileBlocks::refresh() {
  for (int tries = 1;; ++tries) {
    DFS_CO_TRY(LocatedBlocksProto located, co_await namenode_.block_locations(path_, 0, kPageBytes));
    if (located.has_ecpolicy())
      co_return fail(ErrorCode::kUnsupported, path_ + ": erasure-coded files are not supported");
    if (located.has_fileencryptioninfo())
      co_return fail(ErrorCode::kUnsupported, path_ + ": encrypted files are not supported");
    DFS_CO_TRY_OK(check_same_file(located));
    uint64_t length = located.filelength();
    BlockPtr open_block;
    if (!located.islastblockcomplete() && located.has_lastblock()) {
      auto last = std::make_shared<LocatedBlockProto>(std::move(*located.mutable_lastblock()));
      // A NameNode that has just started does not know who holds it, nor how much of it there is.
      if (last->locs_size() == 0) {
        if (tries == kLastBlockTries)
          co_return fail(ErrorCode::kIo, "Could not obtain the last block locations of " + path_);
        DFS_CO_TRY_OK(co_await sleep_for(kLastBlockPause));
        continue;
      }
      DFS_CO_TRY(const uint64_t visible, co_await visible_length(*last, user_, settings_));
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

uint64_t FileBlocks::known_before(uint64_t offset) const {
  if (open_block_ && offset >= open_block_->offset()) return open_block_->offset();
  auto after = blocks_.upper_bound(offset);
  return after == blocks_.begin() ? 0 : std::prev(after)->first;
}

Task<Result<void>> FileBlocks::fetch(uint64_t offset) {
  // The answer begins with a block that is known already, so that it can be seen to be about the same file.
  const uint64_t known = known_before(offset);
  const bool near = offset - known <= kPageBytes;
  const uint64_t from = near ? known : offset;
  DFS_CO_TRY(LocatedBlocksProto located, co_await namenode_.block_locations(path_, from, offset - from + kPageBytes));
  DFS_CO_TRY_OK(check_same_file(located));
  if (!near) {
    DFS_CO_TRY(LocatedBlocksProto again, co_await namenode_.block_locations(path_, known, 1));
    DFS_CO_TRY_OK(check_same_file(again));
  }
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
