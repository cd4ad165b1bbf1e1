#include "client/read/replica_reader.h"

#include <algorithm>

#include "proto/base/log.h"
#include "proto/base/task.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {
// dfs.client.max.block.acquire.failures
constexpr int kRefetchesMax = 3;
}  // namespace

void ReplicaReader::close() {
  if (reader_) reader_->close();
  reader_.reset();
}

Task<Result<void>> ReplicaReader::next(ReceivedBytes& into) {
  into.slices.clear();
  into.bytes = 0;
  while (true) {
    if (!reader_) {
      if (position_ >= end_) co_return Result<void>{};
      DFS_CO_TRY_OK(co_await open());
    }
    Result<void> received = co_await reader_->next(into);
    if (co_await cancelled()) {
      close();
      co_return fail(ErrorCode::kCancelled, "reading " + source_.blocks.path() + " was cancelled");
    }
    if (!received) {
      co_await blame(std::move(received).error());
      continue;
    }
    if (into.bytes > 0) {
      position_ += into.bytes;
      refetches_ = 0;
      co_return Result<void>{};
    }
    if (auto stream = co_await reader_->finish()) source_.connections.put(datanode_, std::move(stream));
    reader_.reset();
  }
}

Task<Result<void>> ReplicaReader::open() {
  while (true) {
    DFS_CO_TRY(BlockPtr block, co_await source_.blocks.at(position_));
    if (!block_ || block_->b().blockid() != block->b().blockid()) corrupt_.clear();
    block_ = std::move(block);
    for (int replica = 0; replica < block_->locs_size(); ++replica) {
      if (source_.dead.contains(block_->locs(replica).id().datanodeuuid())) continue;
      Result<void> opened = co_await try_replica(block_, replica);
      if (opened) co_return Result<void>{};
      if (co_await cancelled()) co_return opened;
      co_await blame(std::move(opened).error());
    }
    DFS_CO_TRY_OK(co_await no_replica_left(block_));
  }
}

Task<Result<void>> ReplicaReader::try_replica(const BlockPtr& block, int replica) {
  replica_ = replica;
  datanode_ = transfer_endpoint(block->locs(replica).id(), source_.settings);
  block_end_ = std::min(end_, block->offset() + block->b().numbytes());
  const uint64_t in_block = position_ - block->offset();
  bool fresh = false;
  while (true) {
    Result<Connections::Connection> got;
    if (fresh)
      got = co_await source_.connections.connect(datanode_);
    else
      got = co_await source_.connections.get(datanode_);
    DFS_CO_TRY(Connections::Connection connection, std::move(got));
    const bool reused = connection.reused;
    reader_ = std::make_unique<BlockReader>(std::move(connection.stream));
    Result<void> started =
        co_await with_deadline(source_.settings.io_deadline, "READ_BLOCK",
                               reader_->start(*block, in_block, block_end_ - position_, source_.settings));
    if (started) co_return started;
    close();
    // A connection that had been idle may have been closed by the DataNode meanwhile.
    if (!reused || co_await cancelled() || started.error().code() == ErrorCode::kTimeout) co_return started;
    fresh = true;
  }
}

Task<void> ReplicaReader::blame(Error error) {
  close();
  const DatanodeInfoProto& node = block_->locs(replica_);
  last_failure_ = datanode_.to_string() + ": " + error.message();
  source_.dead.insert(node.id().datanodeuuid());
  log::debug("reading {} at {} from {}: {}", source_.blocks.path(), position_, datanode_.to_string(),
             error.to_string());
  if (error.code() != ErrorCode::kChecksum) co_return;
  corrupt_.insert(node.id().datanodeuuid());
  Result<void> reported = co_await source_.namenode.report_bad_block(
      *block_, node, replica_ < block_->storageids_size() ? block_->storageids(replica_) : std::string());
  if (!reported) log::debug("reportBadBlocks: {}", reported.error().to_string());
}

Task<Result<void>> ReplicaReader::no_replica_left(const BlockPtr& block) {
  const bool all_corrupt = !block->locs().empty() && std::ranges::all_of(block->locs(), [&](const auto& node) {
    return corrupt_.contains(node.id().datanodeuuid());
  });
  if (refetches_ >= kRefetchesMax || all_corrupt) {
    const std::string where = source_.blocks.path() + " at offset " + std::to_string(position_) + " (block " +
                              std::to_string(block->b().blockid()) + ")";
    if (all_corrupt) co_return fail(ErrorCode::kChecksum, "every replica is corrupt: " + where + "; " + last_failure_);
    co_return fail(Error::from_java("org.apache.hadoop.hdfs.BlockMissingException",
                                    "Could not obtain block: " + where +
                                        (last_failure_.empty() ? ": no DataNode holds it" : "; " + last_failure_)));
  }
  // 100 ms, 1 s, 3 s: long enough for a DataNode that restarts.
  constexpr std::chrono::milliseconds kPauses[kRefetchesMax] = {
      std::chrono::milliseconds(100), std::chrono::milliseconds(1000), std::chrono::milliseconds(3000)};
  DFS_CO_TRY_OK(co_await sleep_for(kPauses[refetches_++]));
  source_.dead.clear();
  DFS_CO_TRY_OK(co_await source_.blocks.refetch(position_));
  co_return Result<void>{};
}

}  // namespace dfs::client
