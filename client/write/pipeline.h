#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "client/datanode/transfer_settings.h"
#include "client/write/outgoing_packet.h"
#include "client/write/packet_window.h"
#include "proto/base/task.h"
#include "proto/io/stream.h"
#include "proto/transfer/op.h"
#include "proto/transfer/reader.h"

namespace hadoop::hdfs {
class LocatedBlockProto;
}

namespace dfs::client {

// A pipeline that could not be set up, or broke.
struct PipelineFailure {
  Error error;
  int bad_node = 0;  // index of the DataNode that is to blame
  bool restarting = false;
};

// What a WRITE_BLOCK operation asks for besides the block and its DataNodes.
struct PipelineRequest {
  transfer::Stage stage = transfer::Stage::kSetupCreate;
  uint64_t block_size = 0;
  uint64_t acknowledged_bytes = 0;
  uint64_t sent_bytes = 0;
  uint64_t new_generation_stamp = 0;
};

// One connection to the first DataNode of a pipeline, packets out and acknowledgements in. It lives from one set-up to
// the end of the block or the first failure; whoever recovers makes a new one.
//
// Belongs to the client's thread. close() must have returned before destruction.
class Pipeline {
 public:
  // `window` and `settings` outlive the pipeline. `wake` is called on the client's thread when packets were
  // acknowledged or the pipeline has failed.
  Pipeline(asio::any_io_executor executor, const TransferSettings& settings, checksum::Checksum checksum,
           PacketWindow& window, std::function<void()> wake);

  // `nodes` outlives the call. With kCloseRecovery the block is final at once and nothing may be sent.
  Task<std::optional<PipelineFailure>> set_up(const hadoop::hdfs::LocatedBlockProto& nodes, PipelineRequest request);
  // Sends some packets in one go; they wait for their acknowledgements in here. A failure shows in failure().
  Task<void> send(std::vector<PacketPtr> packets);
  Task<void> send_heartbeat();
  Task<void> close();

  const std::optional<PipelineFailure>& failure() const { return failure_; }
  bool all_acknowledged() const { return unacknowledged_.empty(); }
  // Of the block, as far as acknowledged by this pipeline.
  uint64_t acknowledged_bytes() const { return acknowledged_bytes_; }
  std::deque<PacketPtr> take_unacknowledged() { return std::move(unacknowledged_); }

 private:
  Task<void> receive_acks();
  void fail_with(PipelineFailure failure);

  const TransferSettings& settings_;
  checksum::Checksum checksum_;
  PacketWindow& window_;
  std::function<void()> wake_;
  TaskGroup tasks_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<transfer::Reader> reader_;
  std::string nodes_text_;
  std::vector<std::string> node_addresses_;
  std::chrono::milliseconds ack_deadline_{};
  std::deque<PacketPtr> unacknowledged_;
  // A packet's memory may only be used again once the write that carried it has returned.
  bool sending_ = false;
  std::vector<PacketPtr> acknowledged_while_sending_;
  uint64_t acknowledged_bytes_ = 0;
  std::optional<PipelineFailure> failure_;
};

// Asks `from` to copy what it has of the block to the nodes named in `targets` (TRANSFER_BLOCK), and waits for the end.
Task<Result<void>> transfer_block(const TransferSettings& settings, const hadoop::hdfs::LocatedBlockProto& block,
                                  int from, const hadoop::hdfs::LocatedBlockProto& targets);

}  // namespace dfs::client
