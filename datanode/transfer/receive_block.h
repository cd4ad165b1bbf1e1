#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datanode/replicas/replica_store.h"
#include "datanode/transfer/watchdog.h"
#include "proto/transfer/reader.h"

namespace dfs::datanode {

// Each DataNode further down may need this much longer to answer (HdfsConstants.READ_TIMEOUT_EXTENSION).
inline constexpr std::chrono::milliseconds kPatiencePerNode{5000};

// Takes in the packets of one block: forwards them to the next DataNode, writes them to the replica, and acknowledges
// them in order (BlockReceiver and its PacketResponder).
//
// Three coroutines work hand in hand: one reads and forwards, one has the volume's threads verify and write, one sends
// the acknowledgements. Packets stay in the memory they were received in; two batches bound what is on the way, so a
// slow disk or mirror slows the sender down. Lives on the executor of its streams.
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
  std::unique_ptr<ReplicaWriter> take_writer() { return std::move(writer_); }
  bool found_corruption() const { return found_corruption_; }

 private:
  struct Ack {
    int64_t seqno = 0;
    bool last = false;
    uint64_t end = 0;
    transfer::Status status = transfer::Status::kSuccess;
  };
  struct Batch {
    transfer::PacketBatch packets;
    int users = 0;  // the disk and the mirror
  };
  // How far a batch got on the disk.
  struct Written {
    Result<void> outcome;
    size_t packets = 0;    // done
    bool corrupt = false;  // the next one failed verification
  };

  Task<void> receive();
  Task<void> store_batches();
  Task<void> respond();
  Written write(const transfer::PacketBatch& batch);
  Result<void> write(const transfer::Packet& packet, bool& corrupt);
  Task<Result<bool>> respond_once();
  Task<Result<void>> acknowledge(std::vector<transfer::Status> downstream);
  void fail_with(Error error);
  bool ended() const { return error_.has_value(); }

  const Settings settings_;
  ReplicaStore& store_;
  std::unique_ptr<ReplicaWriter> writer_;
  std::shared_ptr<Stream> upstream_;
  transfer::Reader& reader_;
  Watchdog::Watch& watch_;
  std::optional<Mirror> mirror_;
  std::optional<Watchdog::Watch> mirror_watch_;
  bool mirror_failed_ = false;

  Batch batches_[2];
  std::deque<Batch*> received_;  // to be written
  bool all_received_ = false;
  bool all_written_ = false;
  std::deque<Ack> acks_;
  size_t unacknowledged_ = 0;  // forwarded, not yet acknowledged by the mirror
  Signal changed_;
  std::optional<Error> error_;
  bool found_corruption_ = false;
  std::vector<uint8_t> made_sums_;
  std::string ack_bytes_;
};

}  // namespace dfs::datanode
