#include "client/write/pipeline.h"

#include "client/datanode/connections.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

Pipeline::Pipeline(asio::any_io_executor executor, const TransferSettings& settings, checksum::Checksum checksum,
                   PacketWindow& window, std::function<void()> wake)
    : settings_(settings), checksum_(checksum), window_(window), wake_(std::move(wake)), tasks_(executor) {}

Task<std::optional<PipelineFailure>> Pipeline::set_up(const LocatedBlockProto& nodes, PipelineRequest request) {
  for (const DatanodeInfoProto& node : nodes.locs()) {
    node_addresses_.push_back(node.id().ipaddr() + ":" + std::to_string(node.id().xferport()));
    nodes_text_ += (nodes_text_.empty() ? "" : ", ") + node_addresses_.back();
  }
  ack_deadline_ = settings_.io_deadline + settings_.extra_per_node * nodes.locs_size();
  acknowledged_bytes_ = request.acknowledged_bytes;

  auto stream = co_await connect_tcp(transfer_endpoint(nodes.locs(0).id(), settings_), settings_.connect_deadline);
  if (!stream) co_return PipelineFailure{.error = std::move(stream).error(), .bad_node = 0, .restarting = false};
  stream_ = *std::move(stream);
  reader_ = std::make_unique<transfer::Reader>(*stream_);

  OpWriteBlockProto op;
  auto& base = *op.mutable_header()->mutable_baseheader();
  *base.mutable_block() = nodes.b();
  base.mutable_block()->set_numbytes(request.block_size);
  *base.mutable_token() = nodes.blocktoken();
  op.mutable_header()->set_clientname(settings_.client_name);
  for (int i = 1; i < nodes.locs_size(); ++i) *op.add_targets() = nodes.locs(i);
  op.set_stage(OpWriteBlockProto::BlockConstructionStage(request.stage));
  op.set_pipelinesize(uint32_t(nodes.locs_size()));
  op.set_minbytesrcvd(request.acknowledged_bytes);
  op.set_maxbytesrcvd(request.sent_bytes);
  op.set_latestgenerationstamp(request.new_generation_stamp);
  transfer::to_proto(checksum_, *op.mutable_requestedchecksum());
  op.mutable_cachingstrategy();
  if (nodes.storagetypes_size() > 0) op.set_storagetype(nodes.storagetypes(0));
  for (int i = 1; i < nodes.storagetypes_size(); ++i) op.add_targetstoragetypes(nodes.storagetypes(i));
  if (nodes.storageids_size() > 0) op.set_storageid(nodes.storageids(0));
  for (int i = 1; i < nodes.storageids_size(); ++i) op.add_targetstorageids(nodes.storageids(i));
  op.set_pinning(false);

  BlockOpResponseProto response;
  Result<void> answered = co_await with_deadline(ack_deadline_, "WRITE_BLOCK to " + nodes_text_,
                                                 transfer::send_op(*stream_, transfer::Op::kWriteBlock, op));
  if (answered)
    answered = co_await with_deadline(ack_deadline_, "WRITE_BLOCK to " + nodes_text_, reader_->message(response));
  if (answered) {
    answered = transfer::check_status(transfer::Status(response.status()), response.message(),
                                      "WRITE_BLOCK to " + nodes_text_ + ", first bad link " + response.firstbadlink());
  }
  if (!answered) {
    PipelineFailure failure{.error = std::move(answered).error(), .bad_node = 0, .restarting = false};
    failure.restarting = response.status() == Status::OOB_RESTART;
    for (size_t i = 0; i < node_addresses_.size(); ++i)
      if (response.firstbadlink() == node_addresses_[i]) failure.bad_node = int(i);
    stream_->close();
    co_return failure;
  }
  if (request.stage != transfer::Stage::kCloseRecovery) tasks_.spawn(receive_acks());
  co_return std::nullopt;
}

void Pipeline::fail_with(PipelineFailure failure) {
  if (!failure_) failure_ = std::move(failure);
  stream_->close();
  wake_();
}

Task<void> Pipeline::send(std::vector<PacketPtr> packets) {
  std::vector<transfer::EncodedPacketHeader> headers;
  headers.reserve(packets.size());
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(packets.size() * 3);
  for (const PacketPtr& packet : packets) {
    headers.emplace_back(packet->header, packet->sums.size());
    ByteView header = headers.back().bytes();
    buffers.emplace_back(header.data(), header.size());
    if (packet->data.empty()) continue;
    buffers.emplace_back(packet->sums.data(), packet->sums.size());
    buffers.emplace_back(packet->data.data(), packet->data.size());
  }
  for (PacketPtr& packet : packets) unacknowledged_.push_back(std::move(packet));
  sending_ = true;
  Result<void> sent =
      co_await with_deadline(ack_deadline_, "writing to the pipeline " + nodes_text_, stream_->write(buffers));
  sending_ = false;
  for (PacketPtr& packet : acknowledged_while_sending_) window_.recycle(std::move(packet));
  acknowledged_while_sending_.clear();
  if (!sent) fail_with({.error = std::move(sent).error(), .bad_node = 0, .restarting = false});
}

Task<void> Pipeline::send_heartbeat() {
  transfer::PacketHeader header;
  header.seqno = transfer::kHeartbeatSeqno;
  transfer::EncodedPacketHeader encoded(header, 0);
  const asio::const_buffer buffer(encoded.bytes().data(), encoded.bytes().size());
  Result<void> sent = co_await with_deadline(ack_deadline_, "writing to the pipeline " + nodes_text_,
                                             stream_->write(std::span(&buffer, 1)));
  if (!sent) fail_with({.error = std::move(sent).error(), .bad_node = 0, .restarting = false});
}

Task<void> Pipeline::receive_acks() {
  transfer::PipelineAck ack;
  while (true) {
    // Most of them come many at a time, and only a wait needs a deadline.
    Result<bool> came = reader_->ack_now(ack);
    if (came && !*came) {
      Result<void> waited = co_await with_deadline(
          ack_deadline_, "waiting for acknowledgements of the pipeline " + nodes_text_, stream_->wait_readable());
      if (waited) continue;
      came = fail(std::move(waited).error());
    }
    if (!came) {
      if (!(co_await cancelled())) fail_with({.error = std::move(came).error(), .bad_node = 0, .restarting = false});
      co_return;
    }
    for (size_t i = ack.replies.size(); i-- > 0;) {
      const transfer::Status reply = ack.replies[i];
      if (reply == transfer::Status::kSuccess) continue;
      const std::string node = i < node_addresses_.size() ? node_addresses_[i] : "?";
      fail_with({.error = Error(ErrorCode::kIo, "Bad response " + transfer::name_of(reply) + " from datanode " + node),
                 .bad_node = int(std::min(i, node_addresses_.size() - 1)),
                 .restarting = reply == transfer::Status::kOobRestart});
      co_return;
    }
    if (ack.seqno == transfer::kHeartbeatSeqno) continue;
    if (unacknowledged_.empty() || unacknowledged_.front()->header.seqno != ack.seqno) {
      fail_with({.error = Error(ErrorCode::kIo, "unexpected acknowledgement of packet " + std::to_string(ack.seqno) +
                                                    " from the pipeline " + nodes_text_),
                 .bad_node = 0,
                 .restarting = false});
      co_return;
    }
    PacketPtr packet = std::move(unacknowledged_.front());
    unacknowledged_.pop_front();
    acknowledged_bytes_ = std::max(acknowledged_bytes_, packet->end_in_block());
    const bool last = packet->header.last_packet_in_block;
    if (sending_)
      acknowledged_while_sending_.push_back(std::move(packet));
    else
      window_.recycle(std::move(packet));
    // The end of the block is told to the writer by whoever finishes the block.
    if (!last) window_.acknowledged(ack.seqno);
    if (unacknowledged_.empty()) wake_();
    if (last) co_return;
  }
}

Task<void> Pipeline::close() {
  if (stream_) stream_->close();
  tasks_.cancel();
  co_await tasks_.join();
}

Task<Result<void>> transfer_block(const TransferSettings& settings, const LocatedBlockProto& block, int from,
                                  const LocatedBlockProto& targets) {
  OpTransferBlockProto op;
  auto& base = *op.mutable_header()->mutable_baseheader();
  *base.mutable_block() = block.b();
  *base.mutable_token() = targets.blocktoken();
  op.mutable_header()->set_clientname(settings.client_name);
  *op.mutable_targets() = targets.locs();
  *op.mutable_targetstoragetypes() = targets.storagetypes();
  *op.mutable_targetstorageids() = targets.storageids();
  DFS_CO_TRY(auto stream,
             co_await connect_tcp(transfer_endpoint(block.locs(from).id(), settings), settings.connect_deadline));
  transfer::Reader reader(*stream);
  BlockOpResponseProto response;
  // As DataStreamer.computeTransferReadTimeout: longer for more bytes.
  const auto deadline = settings.io_deadline * (2 + int64_t(block.b().numbytes() / (200 * (64 << 10))));
  DFS_CO_TRY_OK(co_await with_deadline(settings.io_deadline, "TRANSFER_BLOCK",
                                       transfer::send_op(*stream, transfer::Op::kTransferBlock, op)));
  DFS_CO_TRY_OK(co_await with_deadline(deadline, "TRANSFER_BLOCK", reader.message(response)));
  stream->close();
  DFS_CO_TRY_OK(transfer::check_status(transfer::Status(response.status()), response.message(), "TRANSFER_BLOCK"));
  co_return Result<void>{};
}

}  // namespace dfs::client
