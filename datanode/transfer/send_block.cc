// READ_BLOCK (BlockSender).
#include <fmt/format.h>

#include <algorithm>

#include "datanode/transfer/operation.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
Task<Result<std::unique_ptr<ReplicaReader>>> open_for_reading(TransferContext& context, Block block,
                                                              uint64_t wanted_bytes) {
  using namespace std::chrono_literals;
  const std::string name = to_string(context.store.pool_id(), block);
  auto replica = context.store.lookup(block.id);
  if (!replica) {
    co_return fail(ErrorCode::kReplicaNotFound,
                   "Replica not found for " + name +
                       ". The block may have been removed recently by the balancer or by intentionally reducing the "
                       "replication factor. This condition is usually harmless. To be certain, please check the "
                       "preceding datanode log messages for signs of a more serious issue.");
  }
  // BlockSender waits up to three seconds for a writer that is behind what its reader has heard. As long, we wait for
  // files that are being moved or cut.
  constexpr int kLooks = 300;
  for (int look = 0;; ++look) {
    const Replica::View view = replica->view();
    if (view.state == ReplicaState::kRbw && view.on_disk_bytes < wanted_bytes && look < kLooks) {
      DFS_CO_TRY_OK(co_await sleep_for(10ms));
      continue;
    }
    if (view.block.generation < block.generation) {
      co_return fail(ErrorCode::kIo, fmt::format("Replica gen stamp < block genstamp, block={}, replica={}", name,
                                                 to_string(context.store.pool_id(), view.block)));
    }
    if (!view.visible_bytes()) {
      co_return fail(ErrorCode::kIo, fmt::format("Replica is not readable, block={}, replica={}, {}", name,
                                                 to_string(context.store.pool_id(), view.block), name_of(view.state)));
    }
    auto reader = co_await run_on(replica->volume().executor(), [&] { return ReplicaReader::open(replica); });
    if (reader) co_return reader;
    const ErrorCode code = reader.error().code();
    if ((code == ErrorCode::kFileNotFound || code == ErrorCode::kCorruptFormat) && look < kLooks &&
        context.store.lookup(block.id) == replica && !replica->is_unchanged_since(view)) {
      DFS_CO_TRY_OK(co_await sleep_for(10ms));
      continue;
    }
    log::warn("Opening {}: {}", name, reader.error().to_string());
    context.store.note_read_error(replica, view, reader.error());
    co_return reader;
  }
}

namespace {

struct Range {
  std::unique_ptr<ReplicaReader> reader;
  Sending sending;
};

Task<Result<Range>> open_range(TransferContext& context, const pb::OpReadBlockProto& request) {
  const pb::ExtendedBlockProto& wanted = request.header().baseheader().block();
  DFS_CO_TRY_OK(check_pool(context.store, wanted));
  const uint64_t begin = request.offset();
  Range range;
  uint64_t length = request.len();
  DFS_CO_TRY(range.reader, co_await open_for_reading(context, from_proto(wanted),
                                                     length > UINT64_MAX - begin ? UINT64_MAX : begin + length));
  const uint64_t end = range.reader->length_bytes();
  if (begin > end || length > end - begin) {
    co_return fail(ErrorCode::kIo,
                   fmt::format(" Offset {} and length {} don't match block {} ( blockLen {} )", begin, int64_t(length),
                               to_string(context.store.pool_id(), range.reader->block()), end));
  }
  const uint32_t chunk_bytes = range.reader->checksum().chunk_bytes;
  range.sending.begin = begin - begin % chunk_bytes;
  range.sending.end = std::min(end, (begin + length + chunk_bytes - 1) / chunk_bytes * chunk_bytes);
  range.sending.sums = request.sendchecksums();
  co_return range;
}

}  // namespace

Task<Result<Next>> read_block(Session& session, pb::OpReadBlockProto request) {
  auto range = co_await open_range(session.context, request);
  if (!range) {
    std::string block = to_string(session.context.store.pool_id(), from_proto(request.header().baseheader().block()));
    DFS_CO_TRY_OK(co_await respond(session, transfer::Status::kError,
                                   fmt::format("opReadBlock {} received exception {}: {}", block,
                                               range.error().java_class(), range.error().message())));
    co_return fail(std::move(range).error());
  }
  pb::BlockOpResponseProto response;
  response.set_status(pb::SUCCESS);
  checksum::Checksum checksum = range->reader->checksum();
  if (!range->sending.sums) checksum.type = checksum::Type::kNull;
  transfer::to_proto(checksum, *response.mutable_readopchecksuminfo()->mutable_checksum());
  response.mutable_readopchecksuminfo()->set_chunkoffset(range->sending.begin);
  DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, response));
  session.watch.set_patience(session.context.write_deadline);
  auto sent = co_await send_packets(*session.stream, session.watch, *range->reader, range->sending);
  if (!sent) {
    // Most often a reader that has enough and closes the connection: no fault of the replica.
    session.context.store.note_read_error(range->reader->shared(), range->reader->view(), sent.error());
    co_return fail(std::move(sent).error());
  }
  session.watch.set_patience(session.context.idle_deadline);
  pb::ClientReadStatusProto status;
  if (!co_await session.reader.message(status)) co_return Next::kCloseConnection;
  if (status.status() != pb::CHECKSUM_OK && status.status() != pb::SUCCESS) {
    log::info("{} reports {} after reading {}", session.stream->remote(), pb::Status_Name(status.status()),
              to_string(session.context.store.pool_id(), range->reader->block()));
  }
  co_return Next::kKeepConnection;
}

}  // namespace dfs::datanode
