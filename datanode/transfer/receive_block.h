#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datanode/replicas/replica_store.h"
#include "datanode/transfer/packet_writer.h"
#include "datanode/transfer/watchdog.h"
#include "proto/transfer/reader.h"

namespace dfs::datanode {

// Each DataNode further down may need this much longer to answer (HdfsConstants.READ_TIMEOUT_EXTENSION).
inline constexpr std::chrono::milliseconds kPatiencePerNode{5000};

// Takes in the packets of one block: forwards them to the next DataNode, writes them to the replica, and acknowledges
// them in order (BlockReceiver and its PacketResponder).
//
// As long as the sender keeps up, one of the volume's threads does it all, turn by turn: it takes what has arrived,
// hands it to the mirror, verifies and writes it, and, in a pipeline's last DataNode, acknowledges it. So a byte meets
// one thread and its cache. Waiting is done on the executor of the streams; there, too, the mirror's acknowledgements
// are combined with ours. Memory is one batch, so a slow disk or mirror slows the sender down.
class BlockReceiver {
 public:
  struct Mirror {
    std::unique_ptr<Stream> stream;
    std::unique_ptr<transfer::Reader> reader;
    size_t nodes = 0;  // this one and those behind it
  };
  struct Settings {
    checksum::Checksum sender_checksum;
    bool acknowledges = false;  // a client's pipeline; otherwise a copy, which is not acknowledged by packet
    bool verifies = false;
    bool sync_on_close = true;
    std::chrono::milliseconds idle_deadline{60000};
    Throttle* throttle = nullptr;
  };

  // What is referred to outlives the receiver. `upstream` is only written to when `acknowledges`.
  BlockReceiver(Settings settings, ReplicaStore& store, std::unique_ptr<ReplicaWriter> writer,
                std::shared_ptr<Stream> upstream, transfer::Reader& reader, Watchdog& watchdog, Watchdog::Watch& watch,
                std::optional<Mirror> mirror, boost::asio::any_io_executor executor);

  // Until the last packet is on disk and, in a client's pipeline, finalised and acknowledged. After an error the
  // replica stays as it was last written.
  Task<Result<void>> run();
  // The writer, if run() did not finalise the replica.
  std::unique_ptr<ReplicaWriter> take_writer() { return packets_.take(); }
  bool found_corruption() const { return found_corruption_; }

 private:
  struct Ack {
    int64_t seqno = 0;
    bool last = false;
    uint64_t end = 0;
    transfer::Status status = transfer::Status::kSuccess;
  };
  // What a turn on one of the volume's threads came to.
  struct Turn {
    Result<void> outcome;
    bool sender_failed = false;  // and not the disk
    bool corrupt = false;        // a packet failed verification
    bool starved = false;        // everything that has arrived is done
    bool last = false;           // the block is complete
    size_t bytes = 0;
    ByteView unforwarded;  // of batch_: the mirror has no room
  };

  // On the executor:
  Task<void> receive();
  Task<Result<void>> take_turns();
  Task<void> forward(ByteView bytes);
  Task<void> respond();
  Task<Result<bool>> respond_once();
  Task<Result<void>> pass_on_status(transfer::PipelineAck downstream);
  Task<Result<void>> mirror_is_lost();
  Task<Result<Ack>> next_ack();
  Task<Result<void>> send_acks();
  void fail_with(Error error);
  // Readers may see the block up to there, on either side.
  void note_acknowledged(uint64_t end);
  bool ended() const { return error_.has_value(); }
  // On the volume's threads:
  Turn take_turn();
  void forward_now(Turn& turn);
  void store(Turn& turn);
  void hand_to_responder(const std::vector<Ack>& acks);
  void acknowledge(const std::vector<Ack>& acks);
  bool send_acks_now();
  Result<void> finalise();

  const Settings settings_;
  const boost::asio::any_io_executor executor_;
  ReplicaStore& store_;
  std::shared_ptr<Replica> replica_;
  Volume& volume_;
  PacketWriter packets_;
  std::shared_ptr<Stream> upstream_;
  transfer::Reader& reader_;
  Watchdog::Watch& watch_;
  std::optional<Mirror> mirror_;
  std::optional<Watchdog::Watch> mirror_watch_;
  std::atomic<bool> mirror_failed_ = false;
  std::atomic<size_t> unacknowledged_ = 0;  // forwarded, not yet acknowledged by the mirror

  transfer::PacketBatch batch_;
  std::vector<Ack> acks_of_batch_;
  std::string ack_bytes_;  // for upstream
  size_t unsent_acks_ = 0;
  bool all_received_ = false;
  std::shared_ptr<Signal> changed_;
  std::optional<Error> error_;
  bool found_corruption_ = false;

  std::mutex acks_mutex_;
  std::deque<Ack> acks_;          // ours, for the responder
  bool responder_waits_ = false;  // for the next of them
};

}  // namespace dfs::datanode
