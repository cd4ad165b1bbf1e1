// Replicas on their way out as packets (BlockSender.sendPacket).
#include <fmt/format.h>

#include <algorithm>

#include "datanode/transfer/operation.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

using namespace asio::experimental::awaitable_operators;

// Cuts [begin, end) into packets. The first is small, so that a short or abandoned read costs little; then they grow.
class PacketSizes {
 public:
  explicit PacketSizes(uint32_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}
  size_t next(uint64_t rest_bytes) {
    const size_t whole_chunks = std::max<size_t>(packet_bytes_ / chunk_bytes_, 1) * chunk_bytes_;
    packet_bytes_ = std::min(packet_bytes_ * 2, kMax);
    return size_t(std::min<uint64_t>(whole_chunks, rest_bytes));
  }

 private:
  static constexpr size_t kFirst = 64u << 10, kMax = 512u << 10;
  const uint32_t chunk_bytes_;
  size_t packet_bytes_ = kFirst;
};

// Packets whose data nobody looks at here: it goes from the file to the stream, on the volume's threads, for as long as
// the stream takes it.
class PacketsFromFile {
 public:
  PacketsFromFile(Stream& stream, ReplicaReader& reader, const Sending& sending)
      : stream_(stream),
        reader_(reader),
        sending_(sending),
        sizes_(reader.checksum().chunk_bytes),
        at_(sending.begin) {}

  enum class Progress { kDone, kStreamFull, kTurnOver };
  // [volume]
  Result<Progress> go_on() {
    for (size_t sent = 0; sent < kTurnBytes;) {
      if (head_.empty() && data_bytes_ == 0) {
        if (ended_) return Progress::kDone;
        DFS_TRY_OK(begin_packet());
      }
      if (!head_.empty()) {
        const size_t count =
            stream_.write_now(head_, data_bytes_ > 0 ? Stream::Follows::kMore : Stream::Follows::kNothing);
        if (count == 0) return Progress::kStreamFull;
        head_.remove_prefix(count);
      } else {
        DFS_TRY(size_t count, stream_.send_file_now(reader_.data(), at_, data_bytes_));
        if (count == 0) return Progress::kStreamFull;
        at_ += count;
        data_bytes_ -= count;
        sent += count;
        if (data_bytes_ == 0) DFS_TRY_OK(reader_.check_not_cut());
      }
    }
    return Progress::kTurnOver;
  }
  // After kStreamFull.
  Task<Result<void>> wait() {
    // Waiting for room alone would not tell that the stream has failed.
    if (head_.empty()) co_return co_await stream_.wait_writable();
    co_return co_await stream_.write(std::exchange(head_, {}));
  }

 private:
  // What one stream may send before another one of the volume has its turn.
  static constexpr size_t kTurnBytes = 4u << 20;

  Result<void> begin_packet() {
    data_bytes_ = sizes_.next(sending_.end - at_);
    ended_ = data_bytes_ == 0;
    const size_t sums_bytes = sending_.sums ? reader_.checksum().sums_bytes(data_bytes_) : 0;
    const transfer::EncodedPacketHeader header({.offset_in_block = int64_t(at_),
                                                .seqno = seqno_++,
                                                .last_packet_in_block = ended_,
                                                .data_bytes = uint32_t(data_bytes_)},
                                               sums_bytes);
    memory_.resize(header.bytes().size() + sums_bytes);
    std::ranges::copy(header.bytes(), memory_.begin());
    DFS_TRY_OK(reader_.check_not_cut());
    if (sums_bytes > 0) {
      DFS_TRY_OK(reader_.read_sums(at_, at_ + data_bytes_, std::span(memory_).subspan(header.bytes().size())));
    }
    head_ = as_text(memory_);
    return {};
  }

  Stream& stream_;
  ReplicaReader& reader_;
  const Sending& sending_;
  PacketSizes sizes_;
  int64_t seqno_ = 0;
  bool ended_ = false;
  std::vector<uint8_t> memory_;
  std::string_view head_;  // header and sums that are not sent yet
  uint64_t at_;
  size_t data_bytes_ = 0;  // of this packet, not sent yet
};

Task<Result<void>> send_from_file(Stream& stream, Watchdog::Watch& watch, ReplicaReader& reader,
                                  const Sending& sending) {
  using Progress = PacketsFromFile::Progress;
  PacketsFromFile packets(stream, reader, sending);
  while (true) {
    watch.touch();
    DFS_CO_TRY(Progress progress,
               co_await run_on(reader.replica().volume().executor(), [&] { return packets.go_on(); }));
    if (progress == Progress::kDone) co_return Result<void>{};
    if (progress == Progress::kStreamFull) DFS_CO_TRY_OK(co_await packets.wait());
    if (co_await cancelled()) co_return fail(ErrorCode::kCancelled, "cancelled");
  }
}

struct Piece {
  uint64_t offset = 0;
  std::vector<uint8_t> memory;
  std::span<uint8_t> sums, data;
};

// Reads the next piece on the volume's threads.
Task<Result<void>> read_piece(ReplicaReader& reader, const Sending& sending, Piece& piece, size_t length) {
  const size_t sums_bytes = sending.sums || sending.verify ? reader.checksum().sums_bytes(length) : 0;
  if (piece.memory.size() < sums_bytes + length) piece.memory.resize(sums_bytes + length);
  piece.sums = std::span(piece.memory).first(sums_bytes);
  piece.data = std::span(piece.memory).subspan(sums_bytes, length);
  co_return co_await run_on(reader.replica().volume().executor(), [&]() -> Result<void> {
    DFS_TRY_OK(reader.read(piece.offset, piece.data, piece.sums));
    if (!sending.verify) return {};
    if (auto bad = reader.first_mismatch(piece.offset, piece.data, piece.sums)) {
      return fail(ErrorCode::kChecksum,
                  fmt::format("Checksum failed at {} of blk_{}", *bad, int64_t(raw(reader.block().id))));
    }
    return {};
  });
}

Task<Result<void>> nothing_to_read() {
  co_return Result<void>{};
}

Task<Result<void>> send_from_memory(Stream& stream, Watchdog::Watch& watch, ReplicaReader& reader,
                                    const Sending& sending) {
  Piece pieces[2];
  PacketSizes sizes(reader.checksum().chunk_bytes);
  uint64_t next = sending.begin;
  int64_t seqno = 0;
  if (next < sending.end) {
    size_t length = sizes.next(sending.end - next);
    pieces[0].offset = next;
    next += length;
    DFS_CO_TRY_OK(co_await read_piece(reader, sending, pieces[0], length));
    for (int current = 0;; current = 1 - current) {
      Piece& piece = pieces[current];
      Piece& ahead = pieces[1 - current];
      watch.touch();
      if (sending.throttle) {
        if (auto pause = sending.throttle->take(piece.data.size()); pause.count() > 0) {
          DFS_CO_TRY_OK(co_await sleep_for(pause));
        }
      }
      transfer::PacketHeader header{
          .offset_in_block = int64_t(piece.offset), .seqno = seqno++, .data_bytes = uint32_t(piece.data.size())};
      const bool more = next < sending.end;
      size_t ahead_bytes = more ? sizes.next(sending.end - next) : 0;
      ahead.offset = next;
      next += ahead_bytes;
      ByteView sums = sending.sums ? ByteView(piece.sums) : ByteView();
      // While this piece is on its way the disk reads the next.
      auto [sent, read] = co_await (
          without_cancellation_exceptions(transfer::send_packet(stream, header, sums, piece.data)) &&
          without_cancellation_exceptions(more ? read_piece(reader, sending, ahead, ahead_bytes) : nothing_to_read()));
      DFS_CO_TRY_OK(std::move(sent));
      DFS_CO_TRY_OK(std::move(read));
      if (!more) break;
    }
  }
  watch.touch();
  co_return co_await transfer::send_packet(
      stream, {.offset_in_block = int64_t(sending.end), .seqno = seqno, .last_packet_in_block = true}, {}, {});
}

}  // namespace

Task<Result<void>> send_packets(Stream& stream, Watchdog::Watch& watch, ReplicaReader& reader, Sending sending) {
  // What is still being written may be cut, and sendfile sends what the file holds when the bytes leave.
  const bool may_be_cut = reader.view().state != ReplicaState::kFinalized;
  if (sending.verify || sending.throttle || may_be_cut)
    co_return co_await send_from_memory(stream, watch, reader, sending);
  co_return co_await send_from_file(stream, watch, reader, sending);
}

}  // namespace dfs::datanode
