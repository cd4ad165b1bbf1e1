#include "client/write/output_stream.h"

#include <algorithm>

#include "proto/base/check.h"

namespace dfs::client {

namespace {

Task<void> expired(std::shared_ptr<asio::steady_timer> timer) {
  while (timer->expiry() > std::chrono::steady_clock::now() && !(co_await cancelled()))
    co_await timer->async_wait(kAwait);
}

// The result of `operation`, or kTimeout as soon as `timer`, which may be set anew meanwhile, has expired.
Task<Result<void>> unless_expired(std::shared_ptr<asio::steady_timer> timer, Task<Result<void>> operation) {
  using namespace asio::experimental::awaitable_operators;
  auto winner = co_await (without_cancellation_exceptions(std::move(operation)) ||
                          without_cancellation_exceptions(expired(std::move(timer))));
  if (winner.index() == 0) co_return std::get<0>(std::move(winner));
  co_return fail(ErrorCode::kTimeout, "the NameNode did not answer in time");
}

}  // namespace

OutputStream::OutputStream(Environment environment, BlockStreamer::Settings settings, bool sync_on_close,
                           std::optional<Tail> tail)
    : environment_(std::move(environment)),
      checksum_(settings.checksum),
      block_size_(settings.file.block_size),
      packet_bytes_(std::max<size_t>(settings.transfer.packet_bytes / checksum_.chunk_bytes, 1) *
                    checksum_.chunk_bytes),
      sync_on_close_(sync_on_close),
      position_(settings.file.length) {
  asio::any_io_executor executor = environment_.thread.executor();
  window_.emplace(settings.transfer.packets_outstanding_max,
                  [this, executor] { asio::post(executor, [streamer = streamer_.get()] { streamer->wake(); }); });
  give_up_ = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  streamer_ = std::make_unique<BlockStreamer>(executor, environment_.namenode, std::move(settings), *window_);
  if (tail) {
    const uint64_t length = tail->block.b().numbytes();
    if (tail->fill && length > 0 && length < block_size_) {
      packet_offset_ = sent_in_block_ = length;
      unaligned_start_ = length % checksum_.chunk_bytes != 0;
      streamer_->continue_block(std::move(tail->block));
    } else {
      streamer_->continue_after(tail->block.b());
    }
  }
  asio::post(executor, [streamer = streamer_.get()] { streamer->start(); });
}

OutputStream::~OutputStream() {
  abandon();
}

void OutputStream::abandon() {
  if (!streamer_) return;
  if (!closed_) closed_ = fail(ErrorCode::kIo, "the file was abandoned");
  if (environment_.thread.usable()) {
    (void)environment_.thread.run(streamer_->stop());
    streamer_.reset();
  } else {
    // In a child of fork() its tasks can neither run nor end.
    (void)streamer_.release();
  }
}

void OutputStream::give_up_at(std::chrono::steady_clock::time_point when) {
  window_->give_up_at(when);
  if (environment_.thread.usable())
    asio::post(environment_.thread.executor(), [timer = give_up_, when] { timer->expires_at(when); });
}

Result<void> OutputStream::call(Task<Result<void>> task) {
  return environment_.thread.run(unless_expired(give_up_, std::move(task)));
}

Result<void> OutputStream::check_open() {
  if (closed_) return fail(Error::from_java("java.nio.channels.ClosedChannelException", "the file is closed"));
  if (std::optional<Error> error = window_->error()) return fail(*std::move(error));
  return {};
}

size_t OutputStream::room() const {
  const uint64_t end = packet_offset_ + packet_->data.size();
  if (unaligned_start_) return checksum_.chunk_bytes - end % checksum_.chunk_bytes;
  return size_t(std::min<uint64_t>(packet_bytes_ - packet_->data.size(), block_size_ - end));
}

Result<void> OutputStream::write(std::span<const uint8_t> bytes) {
  DFS_TRY_OK(check_open());
  while (!bytes.empty()) {
    if (!packet_) {
      packet_ = window_->blank();
      packet_->data.clear();
    }
    const size_t part = std::min(bytes.size(), room());
    packet_->data.insert(packet_->data.end(), bytes.begin(), bytes.begin() + ptrdiff_t(part));
    bytes = bytes.subspan(part);
    position_ += part;
    const uint64_t end = packet_offset_ + packet_->data.size();
    const bool chunk_filled = unaligned_start_ && end % checksum_.chunk_bytes == 0;
    if (packet_->data.size() == packet_bytes_ || end == block_size_ || chunk_filled) {
      packet_->header.sync_block = false;
      DFS_TRY_OK(send_packet());
      unaligned_start_ = false;
      if (end == block_size_) DFS_TRY_OK(end_block());
    }
  }
  return {};
}

Result<void> OutputStream::send_packet() {
  packet_->header.offset_in_block = int64_t(packet_offset_);
  packet_->header.seqno = next_seqno_;
  packet_->header.last_packet_in_block = false;
  packet_->header.data_bytes = uint32_t(packet_->data.size());
  packet_->sums.resize(checksum_.sums_bytes(packet_->data.size()));
  checksum_.compute(packet_->data, packet_->sums);
  packet_offset_ += packet_->data.size();
  sent_in_block_ = packet_offset_;
  ++next_seqno_;
  return window_->push(std::move(packet_));
}

Result<void> OutputStream::end_block() {
  PacketPtr last = window_->blank();
  last->data.clear();
  last->sums.clear();
  last->header = {.offset_in_block = int64_t(sent_in_block_),
                  .seqno = next_seqno_++,
                  .last_packet_in_block = true,
                  .sync_block = sync_on_close_,
                  .data_bytes = 0};
  packet_offset_ = sent_in_block_ = 0;
  unaligned_start_ = false;
  return window_->push(std::move(last));
}

Result<void> OutputStream::flush(bool sync) {
  const bool fresh_bytes = packet_ && packet_offset_ + packet_->data.size() > sent_in_block_;
  if (fresh_bytes) {
    // The sum of an unfinished chunk changes with what follows, so its bytes are sent again with the rest of it; not
    // so where the chunk began before us, whose sum the DataNodes work out.
    std::vector<uint8_t> kept;
    const uint64_t end = packet_offset_ + packet_->data.size();
    if (!unaligned_start_) {
      const size_t tail = size_t(end % checksum_.chunk_bytes);
      kept.assign(packet_->data.end() - ptrdiff_t(tail), packet_->data.end());
    }
    packet_->header.sync_block = sync;
    DFS_TRY_OK(send_packet());
    if (!kept.empty()) {
      packet_ = window_->blank();
      packet_->data = kept;
      packet_offset_ = end - kept.size();
    }
  } else if (sync && sent_in_block_ > 0) {
    PacketPtr empty = window_->blank();
    empty->data.clear();
    empty->sums.clear();
    empty->header = {.offset_in_block = int64_t(sent_in_block_),
                     .seqno = next_seqno_++,
                     .last_packet_in_block = false,
                     .sync_block = true,
                     .data_bytes = 0};
    DFS_TRY_OK(window_->push(std::move(empty)));
  }
  return window_->wait_for_ack(next_seqno_ - 1);
}

Result<void> OutputStream::hflush() {
  DFS_TRY_OK(check_open());
  DFS_TRY_OK(flush(false));
  return call(streamer_->persist(false));
}

Result<void> OutputStream::hsync() {
  DFS_TRY_OK(check_open());
  DFS_TRY_OK(flush(true));
  return call(streamer_->persist(true));
}

Result<void> OutputStream::close() {
  if (closed_) return *closed_;
  Result<void> result = check_open();
  if (result) {
    const bool fresh_bytes = packet_ && packet_offset_ + packet_->data.size() > sent_in_block_;
    if (fresh_bytes) {
      packet_->header.sync_block = false;
      result = send_packet();
    }
    if (result && sent_in_block_ > 0 && next_seqno_ > 0) result = end_block();
    if (result) result = window_->wait_for_ack(next_seqno_ - 1);
    if (result) result = call(streamer_->complete());
  }
  closed_ = result;
  abandon();
  return result;
}

}  // namespace dfs::client
