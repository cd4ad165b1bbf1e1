#include "datanode/transfer/receive_block.h"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>

#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
using namespace asio::experimental::awaitable_operators;
using transfer::Packet;
using transfer::PipelineAck;
using transfer::Status;

namespace {
// A turn ends, so that others of the volume have theirs, after this much.
constexpr size_t kTurnBytes = 4u << 20;
constexpr std::chrono::milliseconds kTurnTime{20};
// For the next packet of a sender that keeps up; a wake-up of two threads costs as much as some ten microseconds.
constexpr std::chrono::milliseconds kLinger{1};
// Of a sender that keeps up so many packets are acknowledged together: each of these sendings would wake it.
constexpr size_t kAcksTogether = 8;
}  // namespace

BlockReceiver::BlockReceiver(Settings settings, ReplicaStore& store, std::unique_ptr<ReplicaWriter> writer,
                             std::shared_ptr<Stream> upstream, transfer::Reader& reader, Watchdog& watchdog,
                             Watchdog::Watch& watch, std::optional<Mirror> mirror, asio::any_io_executor executor)
    : settings_(settings),
      executor_(executor),
      store_(store),
      replica_(writer->shared()),
      volume_(replica_->volume()),
      packets_({.sender_checksum = settings.sender_checksum,
                .verifies = settings.verifies,
                .sync_on_close = settings.sync_on_close,
                .sender = upstream->remote()},
               std::move(writer)),
      upstream_(std::move(upstream)),
      reader_(reader),
      watch_(watch),
      mirror_(std::move(mirror)),
      changed_(std::make_shared<Signal>(executor)) {
  if (mirror_) {
    mirror_watch_.emplace(watchdog, *mirror_->stream, settings_.idle_deadline + kPatiencePerNode * int(mirror_->nodes));
  }
}

void BlockReceiver::fail_with(Error error) {
  if (!error_) error_ = std::move(error);
  // Ends what the others wait for.
  upstream_->close();
  if (mirror_) mirror_->stream->close();
  changed_->notify();
}

Task<Result<void>> BlockReceiver::run() {
  if (mirror_ && settings_.acknowledges) {
    co_await (without_cancellation_exceptions(receive()) && without_cancellation_exceptions(respond()));
  } else {
    co_await receive();
  }
  if (error_) co_return fail(*error_);
  co_return Result<void>{};
}

Task<void> BlockReceiver::receive() {
  auto received = co_await take_turns();
  if (!received) {
    // The responder has to say who is at fault before the connection ends.
    if (found_corruption_ && mirror_ && settings_.acknowledges) {
      if (!error_) error_ = std::move(received).error();
    } else {
      fail_with(std::move(received).error());
    }
  }
  all_received_ = true;
  changed_->notify();
}

Task<Result<void>> BlockReceiver::take_turns() {
  bool starved = reader_.buffered() == 0;
  while (!ended()) {
    if (starved) DFS_CO_TRY_OK(co_await upstream_->wait_readable());
    watch_.touch();
    Turn turn = co_await run_on(volume_.executor(), [this] { return take_turn(); });
    if (!mirror_ && settings_.acknowledges) {
      auto sent = co_await send_acks();
      if (turn.outcome && !sent) turn = {.outcome = std::move(sent), .sender_failed = true, .unforwarded = {}};
    }
    if (!turn.outcome) {
      found_corruption_ = turn.corrupt;
      if (!turn.sender_failed) store_.note_error(volume_, turn.outcome.error());
      co_return std::move(turn.outcome);
    }
    if (!turn.unforwarded.empty()) co_await forward(turn.unforwarded);
    if (turn.last) break;
    if (settings_.throttle) {
      if (auto pause = settings_.throttle->take(turn.bytes); pause.count() > 0) {
        DFS_CO_TRY_OK(co_await sleep_for(pause));
      }
    }
    starved = turn.starved;
  }
  co_return Result<void>{};
}

Task<void> BlockReceiver::forward(ByteView bytes) {
  if (mirror_failed_) co_return;
  asio::const_buffer buffer(bytes.data(), bytes.size());
  auto forwarded = co_await mirror_->stream->write(std::span(&buffer, 1));
  if (forwarded || ended()) co_return;
  log::info("Writing blk_{} to mirror {}: {}", int64_t(raw(replica_->id())), mirror_->stream->remote(),
            forwarded.error().message());
  mirror_failed_ = true;
  // A copy goes on without its mirror; the client of a pipeline is told by the acknowledgements.
  mirror_->stream->close();
}

BlockReceiver::Turn BlockReceiver::take_turn() {
  Turn turn{.outcome = {}, .unforwarded = {}};
  const auto end = std::chrono::steady_clock::now() + kTurnTime;
  while (turn.outcome && !turn.last && turn.unforwarded.empty()) {
    if (turn.bytes >= kTurnBytes || std::chrono::steady_clock::now() >= end) break;
    auto taken = reader_.packets_now(batch_);
    if (!taken) {
      turn.outcome = fail(std::move(taken).error());
      turn.sender_failed = true;
    } else if (!*taken) {
      Volume::IdleThread idle(volume_);
      if (!send_acks_now()) break;
      if (idle.allowed() && upstream_->linger_readable(kLinger)) continue;
      turn.starved = true;
      break;
    } else {
      watch_.touch();
      turn.bytes += batch_.whole.size();
      if (mirror_ && !mirror_failed_) forward_now(turn);
      store(turn);
      if (unsent_acks_ >= kAcksTogether && !send_acks_now()) break;
    }
  }
  send_acks_now();
  return turn;
}

// In the last DataNode of a pipeline. False if some are left, for which somebody has to wait.
bool BlockReceiver::send_acks_now() {
  if (mirror_ || ack_bytes_.empty()) return true;
  ack_bytes_.erase(0, upstream_->write_now(ack_bytes_));
  unsent_acks_ = 0;
  return ack_bytes_.empty();
}

void BlockReceiver::forward_now(Turn& turn) {
  if (unacknowledged_ == 0 || !settings_.acknowledges) mirror_watch_->touch();
  unacknowledged_ += batch_.packets.size();
  const size_t sent = mirror_->stream->write_now(as_text(batch_.whole));
  turn.unforwarded = batch_.whole.subspan(sent);
}

void BlockReceiver::store(Turn& turn) {
  PacketWriter::Written written = packets_.write(batch_);
  acks_of_batch_.clear();
  for (size_t i = 0; i < written.packets + written.corrupt; ++i) {
    const transfer::PacketHeader& header = batch_.packets[i].header;
    acks_of_batch_.push_back({.seqno = header.seqno,
                              .last = header.last_packet_in_block,
                              .end = uint64_t(header.offset_in_block) + header.data_bytes,
                              .status = i < written.packets ? Status::kSuccess : Status::kErrorChecksum});
  }
  turn.corrupt = written.corrupt;
  turn.outcome = std::move(written.outcome);
  turn.last = turn.outcome && batch_.packets.back().header.last_packet_in_block;
  if (!settings_.acknowledges) return;
  if (mirror_) {
    hand_to_responder(acks_of_batch_);
  } else {
    if (turn.last) turn.outcome = finalise();
    if (turn.outcome || turn.corrupt) acknowledge(acks_of_batch_);
  }
}

Result<void> BlockReceiver::finalise() {
  return store_.finalise(packets_.take(), packets_.ends_on_disk(), "");
}

void BlockReceiver::acknowledge(const std::vector<Ack>& acks) {
  uint64_t end = 0;
  for (const Ack& ack : acks) {
    if (ack.status == Status::kSuccess) end = std::max(end, ack.end);
    transfer::encode_ack({.seqno = ack.seqno, .replies = {ack.status}, .downstream_nanos = 0}, ack_bytes_);
  }
  note_acknowledged(end);
  unsent_acks_ += acks.size();
}

void BlockReceiver::note_acknowledged(uint64_t end) {
  replica_->update([end](Replica::View& view) {
    view.acknowledged_bytes = std::max(view.acknowledged_bytes, std::min(end, view.on_disk_bytes));
  });
}

void BlockReceiver::hand_to_responder(const std::vector<Ack>& acks) {
  std::lock_guard lock(acks_mutex_);
  acks_.insert(acks_.end(), acks.begin(), acks.end());
  if (std::exchange(responder_waits_, false)) asio::post(executor_, [changed = changed_] { changed->notify(); });
}

Task<void> BlockReceiver::respond() {
  while (true) {
    auto finished = co_await respond_once();
    if (!finished) {
      fail_with(std::move(finished).error());
      co_return;
    }
    if (*finished) co_return;
  }
}

Task<Result<void>> BlockReceiver::send_acks() {
  if (ack_bytes_.empty()) co_return Result<void>{};
  asio::const_buffer buffer(ack_bytes_.data(), ack_bytes_.size());
  auto sent = co_await upstream_->write(std::span(&buffer, 1));
  ack_bytes_.clear();
  watch_.touch();
  co_return sent;
}

// True after the acknowledgement of the last packet.
Task<Result<bool>> BlockReceiver::respond_once() {
  // What the mirror has acknowledged together is passed on together.
  if (mirror_->reader->buffered() == 0) DFS_CO_TRY_OK(co_await send_acks());
  if (mirror_failed_) co_return fail((co_await mirror_is_lost()).error());
  auto downstream = co_await mirror_->reader->ack();
  if (ended() && !found_corruption_) co_return fail(*error_);
  if (!downstream) {
    log::info("Reading acknowledgements of blk_{} from {}: {}", int64_t(raw(replica_->id())), mirror_->stream->remote(),
              downstream.error().message());
    mirror_failed_ = true;
    co_return fail((co_await mirror_is_lost()).error());
  }
  mirror_watch_->touch();
  if (downstream->seqno == transfer::kUnknownSeqno) {
    DFS_CO_TRY_OK(co_await pass_on_status(*std::move(downstream)));
    co_return false;
  }
  DFS_CO_TRY(const Ack ack, co_await next_ack());
  --unacknowledged_;
  if (downstream->seqno != ack.seqno) {
    co_return fail(ErrorCode::kIo, fmt::format("PacketResponder: blk_{}: seqno: expected={}, received={}",
                                               int64_t(raw(replica_->id())), ack.seqno, downstream->seqno));
  }
  if (!downstream->replies.empty() && downstream->replies[0] == Status::kErrorChecksum) {
    co_return fail(ErrorCode::kIo,
                   "Shutting down writer and responder since the down streams reported the data sent by this thread "
                   "is corrupt");
  }
  // A last packet that was not taken ends nothing.
  const bool last = ack.last && ack.status == Status::kSuccess;
  if (last) DFS_CO_TRY_OK(co_await run_on(volume_.executor(), [this] { return finalise(); }));
  PipelineAck answer{.seqno = ack.seqno, .replies = {ack.status}, .downstream_nanos = 0};
  answer.replies.insert(answer.replies.end(), downstream->replies.begin(), downstream->replies.end());
  if (answer.is_success()) note_acknowledged(ack.end);
  transfer::encode_ack(answer, ack_bytes_);
  if (last || ack.status == Status::kErrorChecksum) DFS_CO_TRY_OK(co_await send_acks());
  if (ack.status == Status::kErrorChecksum) {
    co_return fail(ErrorCode::kChecksum,
                   "Shutting down writer and responder due to a checksum error in received data. The error response "
                   "has been sent upstream.");
  }
  co_return last;
}

// Not about one packet: an out-of-band status, or a failure further down.
Task<Result<void>> BlockReceiver::pass_on_status(PipelineAck downstream) {
  downstream.replies.insert(downstream.replies.begin(), Status::kSuccess);
  transfer::encode_ack(downstream, ack_bytes_);
  co_return co_await send_acks();
}

// The client hears that the node behind us is at fault, and then takes the pipeline down. Never succeeds.
Task<Result<void>> BlockReceiver::mirror_is_lost() {
  transfer::encode_ack({.seqno = transfer::kUnknownSeqno, .replies = {Status::kSuccess, Status::kError}}, ack_bytes_);
  DFS_CO_TRY_OK(co_await send_acks());
  // Once all is received nobody reads what comes from upstream, not even its end.
  while (!ended() && !all_received_) co_await changed_->wait();
  if (error_) co_return fail(*error_);
  co_return fail(ErrorCode::kEof, "The pipeline has lost " + mirror_->stream->remote());
}

// Ours for the packet that comes next, when it is written.
Task<Result<BlockReceiver::Ack>> BlockReceiver::next_ack() {
  while (true) {
    {
      std::lock_guard lock(acks_mutex_);
      if (!acks_.empty()) {
        const Ack ack = acks_.front();
        acks_.pop_front();
        co_return ack;
      }
      responder_waits_ = true;
    }
    if (!ack_bytes_.empty()) {
      DFS_CO_TRY_OK(co_await send_acks());
      continue;
    }
    if (error_) co_return fail(*error_);
    if (all_received_) co_return fail(ErrorCode::kEof, "The pipeline ended before its last packet");
    co_await changed_->wait();
  }
}

}  // namespace dfs::datanode
