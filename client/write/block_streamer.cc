#include "client/write/block_streamer.h"

#include <algorithm>

#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::client {

using namespace hadoop::hdfs;
using transfer::Stage;

namespace {
// What goes out in one writev.
constexpr size_t kPacketsPerWrite = 16;
}  // namespace

BlockStreamer::BlockStreamer(asio::any_io_executor executor, Namenode& namenode, Settings settings,
                             PacketWindow& window)
    : executor_(executor),
      namenode_(namenode),
      settings_(std::move(settings)),
      window_(window),
      tasks_(executor),
      event_(executor, asio::steady_timer::time_point::max()) {}

void BlockStreamer::continue_block(LocatedBlockProto block) {
  block_ = std::move(block);
  sent_bytes_ = block_.b().numbytes();
  appending_ = true;
  was_appended_ = true;
}

Task<Result<void>> BlockStreamer::stop() {
  tasks_.cancel();
  co_await tasks_.join();
  co_await drop_pipeline();
  co_return Result<void>{};
}

Task<bool> BlockStreamer::wait_for_event(std::chrono::nanoseconds at_most) {
  event_.expires_after(at_most);
  auto [error] = co_await event_.async_wait(kAwait);
  co_return bool(error);
}

Task<void> BlockStreamer::run() {
  Result<void> ended = co_await serve();
  co_await drop_pipeline();
  if (!ended) window_.fail_with(std::move(ended).error());
}

Task<Result<void>> BlockStreamer::serve() {
  // Half of what a DataNode waits for, so that a quiet pipeline stays up.
  const auto heartbeat_interval = settings_.transfer.io_deadline / 2;
  while (!(co_await cancelled())) {
    if (pipeline_ && pipeline_->failure()) {
      DFS_CO_TRY_OK(co_await recover());
      continue;
    }
    if (window_.has_packets()) {
      DFS_CO_TRY_OK(co_await send_queued());
      continue;
    }
    const bool woken = co_await wait_for_event(pipeline_ ? heartbeat_interval : std::chrono::hours(1));
    if (!woken && pipeline_ && !pipeline_->failure()) co_await pipeline_->send_heartbeat();
  }
  co_return fail(ErrorCode::kCancelled, "writing " + settings_.path + " was given up");
}

Task<Result<void>> BlockStreamer::send_queued() {
  if (!pipeline_) {
    if (appending_) {
      DFS_CO_TRY_OK(co_await rebuild_pipeline(Stage::kSetupAppend, Stage::kSetupAppendRecovery, false));
      appending_ = false;
    } else {
      DFS_CO_TRY_OK(co_await set_up_new_block());
    }
  }
  std::vector<PacketPtr> batch;
  PacketPtr last;
  while (batch.size() < kPacketsPerWrite && window_.has_packets() && !last) {
    PacketPtr packet = window_.pop();
    if (packet->header.last_packet_in_block) {
      last = std::move(packet);
    } else {
      sent_bytes_ = std::max(sent_bytes_, packet->end_in_block());
      if (packet->header.sync_block) flushed_ = true;
      batch.push_back(std::move(packet));
    }
  }
  if (!batch.empty()) co_await pipeline_->send(std::move(batch));
  if (last) DFS_CO_TRY_OK(co_await finish_block(std::move(last)));
  co_return Result<void>{};
}

// The end of a block goes out only when everything before it is acknowledged: only then does a failure leave no doubt
// about how long the DataNodes' replicas are (PIPELINE_CLOSE_RECOVERY).
Task<Result<void>> BlockStreamer::finish_block(PacketPtr last) {
  const int64_t seqno = last->header.seqno;
  const auto idle = settings_.transfer.io_deadline / 2;
  while (!pipeline_->failure() && !pipeline_->all_acknowledged()) {
    const bool woken = co_await wait_for_event(idle);
    if (co_await cancelled()) co_return fail(ErrorCode::kCancelled, "writing " + settings_.path + " was given up");
    if (!woken && !pipeline_->failure()) co_await pipeline_->send_heartbeat();
  }
  if (pipeline_->failure()) {
    std::deque<PacketPtr> again;
    again.push_back(std::move(last));
    window_.push_back_unacknowledged(std::move(again));
    co_return Result<void>{};
  }
  closing_ = true;
  std::vector<PacketPtr> packets;
  packets.push_back(std::move(last));
  co_await pipeline_->send(std::move(packets));
  while (!pipeline_->failure() && !pipeline_->all_acknowledged()) {
    co_await wait_for_event(idle);
    if (co_await cancelled()) co_return fail(ErrorCode::kCancelled, "writing " + settings_.path + " was given up");
  }
  // A DataNode may close the connection right behind its last acknowledgement.
  if (!pipeline_->all_acknowledged()) co_return Result<void>{};
  block_.mutable_b()->set_numbytes(pipeline_->acknowledged_bytes());
  co_await drop_pipeline();
  end_block();
  window_.acknowledged(seqno);
  co_return Result<void>{};
}

void BlockStreamer::end_block() {
  previous_ = block_.b();
  block_.Clear();
  closing_ = false;
  flushed_ = false;
  was_appended_ = false;
  sent_bytes_ = 0;
  recoveries_ = 0;
  progress_at_recovery_ = 0;
  failed_.clear();
}

Task<void> BlockStreamer::drop_pipeline() {
  if (!pipeline_) co_return;
  co_await pipeline_->close();
  pipeline_.reset();
}

Task<std::optional<PipelineFailure>> BlockStreamer::connect(PipelineRequest request) {
  request.block_size = settings_.file.block_size;
  request.acknowledged_bytes = block_.b().numbytes();
  request.sent_bytes = sent_bytes_;
  pipeline_ =
      std::make_unique<Pipeline>(executor_, settings_.transfer, settings_.checksum, window_, [this] { wake(); });
  std::optional<PipelineFailure> failure = co_await pipeline_->set_up(block_, request);
  if (failure)
    co_await drop_pipeline();
  else
    log::debug("block {} of {}: pipeline {} is up", block_.b().blockid(), settings_.path, nodes_text());
  co_return failure;
}

Task<Result<void>> BlockStreamer::allocate_block() {
  const auto give_up = std::chrono::steady_clock::now() + settings_.transfer.total_deadline;
  std::chrono::milliseconds pause{1};
  while (true) {
    auto block = co_await namenode_.add_block(settings_.path, settings_.file.inode, previous_, excluded_);
    if (block) {
      block_ = *std::move(block);
      block_.mutable_b()->set_numbytes(0);
      co_return Result<void>{};
    }
    // DataNodes that could not be reached a while ago are better than none.
    if (block.error().code() == ErrorCode::kIo && !excluded_.empty()) {
      excluded_.clear();
      continue;
    }
    // The block before has not been reported yet.
    if (block.error().code() != ErrorCode::kNotReplicatedYet || std::chrono::steady_clock::now() + pause > give_up)
      co_return fail(std::move(block).error());
    DFS_CO_TRY_OK(co_await sleep_for(pause));
    pause = std::min(pause * 2, std::chrono::milliseconds(400));
  }
}

Task<Result<void>> BlockStreamer::set_up_new_block() {
  // dfs.client.block.write.retries, and the first try
  constexpr int kTries = 4;
  std::string last_error;
  for (int tries = 0; tries < kTries; ++tries) {
    DFS_CO_TRY_OK(co_await allocate_block());
    if (block_.locs_size() == 0)
      co_return fail(ErrorCode::kIo, "the NameNode named no DataNode for a new block of " + settings_.path);
    unpersisted_block_ = true;
    auto failure = co_await connect({.stage = Stage::kSetupCreate});
    if (!failure) co_return Result<void>{};
    if (co_await cancelled()) co_return fail(std::move(failure->error));
    last_error = failure->error.message();
    log::debug("block {} of {}: {}", block_.b().blockid(), settings_.path, failure->error.to_string());
    DFS_CO_TRY_OK(co_await namenode_.abandon_block(settings_.path, settings_.file.inode, block_.b()));
    excluded_.push_back(block_.locs(failure->bad_node));
    block_.Clear();
  }
  co_return fail(ErrorCode::kIo, "Unable to create new block for " + settings_.path + ": " + last_error);
}

std::string BlockStreamer::nodes_text() const {
  std::string text = "[";
  for (const DatanodeInfoProto& node : block_.locs())
    text += (text.size() > 1 ? ", " : "") + node.id().ipaddr() + ":" + std::to_string(node.id().xferport());
  return text + "]";
}

void BlockStreamer::remove_node(int index) {
  failed_.push_back(block_.locs(index));
  block_.mutable_locs()->DeleteSubrange(index, 1);
  if (index < block_.storagetypes_size()) block_.mutable_storagetypes()->erase(block_.storagetypes().begin() + index);
  if (index < block_.storageids_size()) block_.mutable_storageids()->DeleteSubrange(index, 1);
}

Task<Result<void>> BlockStreamer::recover() {
  // dfs.client.pipeline.recovery.max-retries: the same packet failed this often, so it is the packet.
  constexpr int kRecoveriesMax = 5;
  PipelineFailure failure = *pipeline_->failure();
  block_.mutable_b()->set_numbytes(std::max(block_.b().numbytes(), pipeline_->acknowledged_bytes()));
  std::deque<PacketPtr> unacknowledged = pipeline_->take_unacknowledged();
  co_await drop_pipeline();
  log::debug("block {} of {}: pipeline {} failed at {}: {}", block_.b().blockid(), settings_.path, nodes_text(),
             block_.b().numbytes(), failure.error.to_string());
  if (block_.b().numbytes() > progress_at_recovery_) recoveries_ = 0;
  progress_at_recovery_ = block_.b().numbytes();
  if (!failure.restarting && ++recoveries_ > kRecoveriesMax)
    co_return fail(ErrorCode::kIo, "Failing write. Tried pipeline recovery " + std::to_string(kRecoveriesMax) +
                                       " times without success: " + failure.error.message());

  // A lone DataNode that announced its restart is worth waiting for; it is the only one with the bytes.
  if (failure.restarting && block_.locs_size() == 1) {
    DFS_CO_TRY_OK(co_await sleep_for(std::chrono::seconds(4)));
  } else {
    if (block_.locs_size() <= 1)
      co_return fail(ErrorCode::kIo,
                     "All datanodes " + nodes_text() + " are bad. Aborting... (" + failure.error.message() + ")");
    remove_node(failure.bad_node);
  }
  if (!closing_) {
    window_.push_back_unacknowledged(std::move(unacknowledged));
    co_return co_await rebuild_pipeline(Stage::kSetupStreamingRecovery, Stage::kSetupStreamingRecovery, true);
  }
  DFS_CO_TRY_OK(co_await rebuild_pipeline(Stage::kCloseRecovery, Stage::kCloseRecovery, true));
  DFS_CHECK(unacknowledged.size() == 1);
  const int64_t seqno = unacknowledged.front()->header.seqno;
  window_.recycle(std::move(unacknowledged.front()));
  co_await drop_pipeline();
  end_block();
  window_.acknowledged(seqno);
  co_return Result<void>{};
}

Task<Result<void>> BlockStreamer::rebuild_pipeline(Stage stage, Stage recovery_stage, bool recovering) {
  const ExtendedBlockProto before = block_.b();
  const auto give_up = std::chrono::steady_clock::now() + settings_.transfer.total_deadline;
  if (block_.locs_size() == 0)
    co_return fail(ErrorCode::kIo,
                   "Could not get block locations. Source file \"" + settings_.path + "\" - Aborting...");
  while (true) {
    if (recovering) DFS_CO_TRY_OK(co_await replace_lost_datanode());
    DFS_CO_TRY(LocatedBlockProto updated, co_await namenode_.update_block_for_pipeline(block_.b()));
    const uint64_t new_stamp = updated.b().generationstamp();
    *block_.mutable_blocktoken() = updated.blocktoken();
    auto failure = co_await connect({.stage = recovering ? recovery_stage : stage, .new_generation_stamp = new_stamp});
    if (!failure) {
      block_.mutable_b()->set_generationstamp(new_stamp);
      unpersisted_block_ = true;
      DFS_CO_TRY_OK(co_await namenode_.update_pipeline(before, block_));
      co_return Result<void>{};
    }
    if (co_await cancelled()) co_return fail(std::move(failure->error));
    recovering = true;
    log::debug("block {} of {}: pipeline {} could not be rebuilt: {}", block_.b().blockid(), settings_.path,
               nodes_text(), failure->error.to_string());
    if (block_.locs_size() <= 1) {
      if (std::chrono::steady_clock::now() > give_up || !failure->restarting)
        co_return fail(ErrorCode::kIo,
                       "All datanodes " + nodes_text() + " are bad. Aborting... (" + failure->error.message() + ")");
      DFS_CO_TRY_OK(co_await sleep_for(std::chrono::seconds(1)));
      continue;
    }
    remove_node(failure->bad_node);
  }
}

// ReplaceDatanodeOnFailure's DEFAULT policy: worth it for three replicas and more, when half are lost or bytes were
// already promised to readers.
Task<Result<void>> BlockStreamer::replace_lost_datanode() {
  const int replication = settings_.file.replication;
  const int nodes = block_.locs_size();
  if (!settings_.replace_datanodes || nodes >= replication) co_return Result<void>{};
  const bool wanted =
      settings_.replace_always || (replication >= 3 && (nodes <= replication / 2 || was_appended_ || flushed_));
  if (!wanted) co_return Result<void>{};

  constexpr int kTries = 3;
  std::vector<DatanodeInfoProto> exclude = failed_;
  Error last(ErrorCode::kIo, "Failed to add a node");
  for (int tries = 0; tries < kTries; ++tries) {
    auto extended = co_await namenode_.additional_datanode(settings_.path, settings_.file.inode, block_, exclude);
    int added = -1;
    if (extended) {
      for (int i = 0; i < extended->locs_size() && added < 0; ++i) {
        const bool known = std::any_of(block_.locs().begin(), block_.locs().end(), [&](const DatanodeInfoProto& node) {
          return node.id().datanodeuuid() == extended->locs(i).id().datanodeuuid();
        });
        if (!known) added = i;
      }
    }
    if (!extended || added < 0) {
      last = extended ? Error(ErrorCode::kIo,
                              "Failed to replace a bad datanode on the existing pipeline due to no more good datanodes "
                              "being available to try. (Nodes: current=" +
                                  nodes_text() + ")")
                      : std::move(extended).error();
      break;
    }
    LocatedBlockProto target;
    *target.mutable_blocktoken() = extended->blocktoken();
    *target.add_locs() = extended->locs(added);
    if (added < extended->storagetypes_size()) target.add_storagetypes(extended->storagetypes(added));
    if (added < extended->storageids_size()) target.add_storageids(extended->storageids(added));
    Result<void> copied = co_await transfer_block(settings_.transfer, block_, tries % nodes, target);
    if (copied) {
      *block_.mutable_locs() = extended->locs();
      *block_.mutable_storagetypes() = extended->storagetypes();
      *block_.mutable_storageids() = extended->storageids();
      co_return Result<void>{};
    }
    if (co_await cancelled()) co_return copied;
    last = std::move(copied).error();
    exclude.push_back(extended->locs(added));
  }
  if (settings_.replace_best_effort) {
    log::warn("{}: going on with {}: {}", settings_.path, nodes_text(), last.message());
    co_return Result<void>{};
  }
  co_return fail(std::move(last));
}

Task<Result<void>> BlockStreamer::persist(bool update_length) {
  flushed_ = true;
  if (!unpersisted_block_ && !update_length) co_return Result<void>{};
  int64_t length = -1;
  if (update_length && pipeline_) length = int64_t(pipeline_->acknowledged_bytes());
  // A block or a new pipeline may come while this call is under way, and a call that fails has persisted nothing.
  unpersisted_block_ = false;
  Result<void> persisted = co_await namenode_.fsync(settings_.path, settings_.file.inode, length);
  if (!persisted) unpersisted_block_ = true;
  co_return persisted;
}

Task<Result<void>> BlockStreamer::complete() {
  const auto give_up = std::chrono::steady_clock::now() + settings_.transfer.total_deadline;
  std::chrono::milliseconds pause{1};
  // A block taken over for append to which nothing was written is the file's last one still.
  const ExtendedBlockProto last = block_.b().poolid().empty() ? previous_ : block_.b();
  while (true) {
    DFS_CO_TRY(bool done, co_await namenode_.complete(settings_.path, settings_.file.inode, last));
    if (done) co_return Result<void>{};
    if (std::chrono::steady_clock::now() + pause > give_up)
      co_return fail(ErrorCode::kIo, "Unable to close file " + settings_.path + " because the last block " +
                                         std::to_string(last.blockid()) + " does not have enough number of replicas.");
    DFS_CO_TRY_OK(co_await sleep_for(pause));
    pause = std::min(pause * 2, std::chrono::milliseconds(400));
  }
}

}  // namespace dfs::client
