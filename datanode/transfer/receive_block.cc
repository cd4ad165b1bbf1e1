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

BlockReceiver::BlockReceiver(Settings settings, ReplicaStore& store, std::unique_ptr<ReplicaWriter> writer,
                             std::shared_ptr<Stream> upstream, transfer::Reader& reader, Watchdog& watchdog,
                             Watchdog::Watch& watch, std::optional<Mirror> mirror, asio::any_io_executor executor)
    : settings_(settings),
      store_(store),
      writer_(std::move(writer)),
      upstream_(std::move(upstream)),
      reader_(reader),
      watch_(watch),
      mirror_(std::move(mirror)),
      changed_(std::move(executor)) {
  if (mirror_) {
    mirror_watch_.emplace(watchdog, *mirror_->stream, settings_.idle_deadline + kPatiencePerNode * int(mirror_->nodes));
  }
}

void BlockReceiver::fail_with(Error error) {
  if (!error_) error_ = std::move(error);
  // Ends what the others wait for.
  upstream_->close();
  if (mirror_) mirror_->stream->close();
  changed_.notify();
}

Task<Result<void>> BlockReceiver::run() {
  co_await (without_cancellation_exceptions(receive()) && without_cancellation_exceptions(store_batches()) &&
            without_cancellation_exceptions(respond()));
  if (error_) co_return fail(*error_);
  co_return Result<void>{};
}

Task<void> BlockReceiver::receive() {
  for (size_t turn = 0; !ended(); ++turn) {
    Batch& batch = batches_[turn % 2];
    while (batch.users > 0 && !ended()) co_await changed_.wait();
    if (ended()) break;
    watch_.touch();
    if (auto read = co_await reader_.packets(batch.packets); !read) {
      fail_with(std::move(read).error());
      break;
    }
    watch_.touch();
    const bool last = batch.packets.packets.back().header.last_packet_in_block;
    const size_t bytes = batch.packets.whole.size();
    batch.users = 1;
    received_.push_back(&batch);
    if (last) all_received_ = true;
    if (mirror_ && !mirror_failed_) {
      ++batch.users;
      if (unacknowledged_ == 0 || !settings_.acknowledges) mirror_watch_->touch();
      unacknowledged_ += batch.packets.packets.size();
      changed_.notify();
      asio::const_buffer whole(batch.packets.whole.data(), batch.packets.whole.size());
      auto forwarded = co_await mirror_->stream->write(std::span(&whole, 1));
      --batch.users;
      if (!forwarded && !ended()) {
        log::info("Writing blk_{} to mirror {}: {}", int64_t(raw(writer_->replica().id())), mirror_->stream->remote(),
                  forwarded.error().message());
        mirror_failed_ = true;
        // A copy goes on without its mirror; the client of a pipeline is told by the acknowledgements.
        mirror_->stream->close();
      }
    }
    changed_.notify();
    if (last) break;
    if (settings_.throttle) {
      if (auto pause = settings_.throttle->take(bytes); pause.count() > 0) {
        if (auto slept = co_await sleep_for(pause); !slept) fail_with(std::move(slept).error());
      }
    }
  }
  all_received_ = true;
  changed_.notify();
}

Task<void> BlockReceiver::store_batches() {
  auto executor = writer_->replica().volume().executor();
  while (true) {
    while (received_.empty() && !all_received_) co_await changed_.wait();
    if (received_.empty()) break;
    Batch& batch = *received_.front();
    received_.pop_front();
    Written written = co_await run_on(executor, [&] { return write(batch.packets); });
    for (size_t i = 0; i < written.packets + written.corrupt; ++i) {
      const transfer::PacketHeader& header = batch.packets.packets[i].header;
      acks_.push_back({.seqno = header.seqno,
                       .last = header.last_packet_in_block,
                       .end = uint64_t(header.offset_in_block) + header.data_bytes,
                       .status = i < written.packets ? Status::kSuccess : Status::kErrorChecksum});
    }
    --batch.users;
    watch_.touch();
    changed_.notify();
    if (!written.outcome) {
      found_corruption_ = written.corrupt;
      store_.note_error(writer_->replica().volume(), written.outcome.error());
      // The responder has to say who is at fault before the connection ends.
      if (written.corrupt && settings_.acknowledges) {
        error_ = written.outcome.error();
        all_received_ = true;
      } else {
        fail_with(std::move(written.outcome).error());
      }
      break;
    }
  }
  all_written_ = true;
  changed_.notify();
}

BlockReceiver::Written BlockReceiver::write(const transfer::PacketBatch& batch) {
  Written written;
  for (const Packet& packet : batch.packets) {
    if (written.outcome = write(packet, written.corrupt); !written.outcome) break;
    ++written.packets;
  }
  if (auto flushed = writer_->flush(); !flushed && written.outcome) {
    written.outcome = std::move(flushed);
    written.packets = 0;
  }
  return written;
}

Result<void> BlockReceiver::write(const Packet& packet, bool& corrupt) {
  const transfer::PacketHeader& header = packet.header;
  if (!packet.data.empty()) {
    const checksum::Checksum& theirs = settings_.sender_checksum;
    const checksum::Checksum& ours = writer_->checksum();
    ByteView sums = packet.sums;
    if (!sums.empty() && sums.size() != theirs.sums_bytes(packet.data.size())) {
      return fail(ErrorCode::kIo,
                  fmt::format("Invalid checksum length: received length is {} but expected length is {}", sums.size(),
                              theirs.sums_bytes(packet.data.size())));
    }
    if (!sums.empty() && (settings_.verifies || theirs.type != ours.type)) {
      if (auto bad = theirs.first_mismatch(packet.data, sums)) {
        corrupt = true;
        return fail(ErrorCode::kChecksum,
                    fmt::format("Unexpected checksum mismatch while writing blk_{} from {} at offset {}",
                                int64_t(raw(writer_->replica().id())), upstream_->remote(),
                                header.offset_in_block + int64_t(*bad)));
      }
    }
    if (sums.empty() || theirs.type != ours.type) {
      made_sums_.resize(ours.sums_bytes(packet.data.size()));
      ours.compute(packet.data, made_sums_);
      sums = made_sums_;
    }
    DFS_TRY_OK(writer_->append(uint64_t(header.offset_in_block), packet.data, sums));
  }
  // At the end of the block the sync runs here, beside that of the DataNodes further down, and not after theirs.
  if (header.sync_block || (header.last_packet_in_block && settings_.sync_on_close)) {
    DFS_TRY_OK(writer_->flush());
    DFS_TRY_OK(writer_->sync());
  }
  return {};
}

Task<void> BlockReceiver::respond() {
  if (!settings_.acknowledges) co_return;
  while (true) {
    auto finished = co_await respond_once();
    if (!finished) {
      fail_with(std::move(finished).error());
      co_return;
    }
    if (*finished) co_return;
  }
}

// True after the acknowledgement of the last packet.
Task<Result<bool>> BlockReceiver::respond_once() {
  PipelineAck downstream;
  if (mirror_ && !mirror_failed_) {
    auto ack = co_await mirror_->reader->ack();
    if (ended() && !found_corruption_) co_return fail(*error_);
    if (ack) {
      mirror_watch_->touch();
      downstream = *std::move(ack);
    } else {
      log::info("Reading acknowledgements of blk_{} from {}: {}", int64_t(raw(writer_->replica().id())),
                mirror_->stream->remote(), ack.error().message());
      mirror_failed_ = true;
    }
  }
  if (mirror_ && mirror_failed_) {
    // The client hears that the node behind us is at fault, and then takes the pipeline down.
    ack_bytes_.clear();
    transfer::encode_ack({.seqno = transfer::kUnknownSeqno, .replies = {Status::kSuccess, Status::kError}}, ack_bytes_);
    asio::const_buffer buffer(ack_bytes_.data(), ack_bytes_.size());
    DFS_CO_TRY_OK(co_await upstream_->write(std::span(&buffer, 1)));
    // Once all is received nobody reads what comes from upstream, not even its end.
    while (!ended() && !all_received_) co_await changed_.wait();
    if (error_) co_return fail(*error_);
    co_return fail(ErrorCode::kEof, "The pipeline has lost " + mirror_->stream->remote());
  }
  if (mirror_ && downstream.seqno == transfer::kUnknownSeqno) {
    // Not about one packet: an out-of-band status, or a failure further down.
    downstream.replies.insert(downstream.replies.begin(), Status::kSuccess);
    ack_bytes_.clear();
    transfer::encode_ack(downstream, ack_bytes_);
    asio::const_buffer buffer(ack_bytes_.data(), ack_bytes_.size());
    DFS_CO_TRY_OK(co_await upstream_->write(std::span(&buffer, 1)));
    co_return false;
  }
  while (acks_.empty() && !ended() && !all_written_) co_await changed_.wait();
  if (acks_.empty()) {
    if (error_) co_return fail(*error_);
    co_return fail(ErrorCode::kEof, "The pipeline ended before its last packet");
  }
  if (mirror_) {
    --unacknowledged_;
    if (downstream.seqno != acks_.front().seqno) {
      co_return fail(ErrorCode::kIo,
                     fmt::format("PacketResponder: blk_{}: seqno: expected={}, received={}",
                                 int64_t(raw(writer_->replica().id())), acks_.front().seqno, downstream.seqno));
    }
    if (!downstream.replies.empty() && downstream.replies[0] == Status::kErrorChecksum) {
      co_return fail(ErrorCode::kIo,
                     "Shutting down writer and responder since the down streams reported the data sent by this thread "
                     "is corrupt");
    }
  }
  // Without a mirror all of them are acknowledged at once. A last packet that was not taken ends nothing.
  const Ack& newest = mirror_ ? acks_.front() : acks_.back();
  const bool last = newest.last && newest.status == Status::kSuccess;
  if (last) {
    auto finalised = co_await run_on(writer_->replica().volume().executor(),
                                     [&] { return store_.finalise(std::move(writer_), settings_.sync_on_close, ""); });
    if (!finalised) co_return fail(std::move(finalised).error());
  }
  DFS_CO_TRY_OK(co_await acknowledge(std::move(downstream.replies)));
  co_return last&& acks_.empty();
}

// The last DataNode of a pipeline acknowledges all it has written at once; one with a mirror, packet by packet.
Task<Result<void>> BlockReceiver::acknowledge(std::vector<Status> downstream) {
  ack_bytes_.clear();
  std::shared_ptr<Replica> replica = writer_ ? writer_->shared() : nullptr;
  bool corrupt = false;
  do {
    Ack ack = acks_.front();
    acks_.pop_front();
    PipelineAck answer{.seqno = ack.seqno, .replies = {ack.status}, .downstream_nanos = 0};
    answer.replies.insert(answer.replies.end(), downstream.begin(), downstream.end());
    if (replica && answer.is_success()) {
      replica->update([&](Replica::View& view) {
        view.acknowledged_bytes = std::max(view.acknowledged_bytes, std::min(ack.end, view.on_disk_bytes));
      });
    }
    corrupt = ack.status == Status::kErrorChecksum;
    transfer::encode_ack(answer, ack_bytes_);
  } while (!mirror_ && !acks_.empty() && !corrupt);
  asio::const_buffer buffer(ack_bytes_.data(), ack_bytes_.size());
  DFS_CO_TRY_OK(co_await upstream_->write(std::span(&buffer, 1)));
  watch_.touch();
  if (corrupt) {
    co_return fail(ErrorCode::kChecksum,
                   "Shutting down writer and responder due to a checksum error in received data. The error response "
                   "has been sent upstream.");
  }
  co_return Result<void>{};
}

}  // namespace dfs::datanode
