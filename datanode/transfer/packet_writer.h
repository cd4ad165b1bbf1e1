#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datanode/replicas/replica_writer.h"
#include "proto/transfer/reader.h"

namespace dfs::datanode {

// Verifies the packets of one block and appends them to its replica.
//
// Every call blocks and belongs on the volume's executor, one at a time.
class PacketWriter {
 public:
  struct Settings {
    checksum::Checksum sender_checksum;
    bool verifies = false;
    bool sync_on_close = true;
    std::string sender;  // for messages
  };
  // How far a batch got on the disk.
  struct Written {
    Result<void> outcome;
    size_t packets = 0;    // done
    bool corrupt = false;  // the next one failed verification
  };

  PacketWriter(Settings settings, std::unique_ptr<ReplicaWriter> replica)
      : settings_(std::move(settings)), replica_(std::move(replica)) {}

  Written write(const transfer::PacketBatch& batch);
  // Whether we or the client want the finalized files on disk when the block is closed
  // (BlockReceiver.dirSyncOnFinalize).
  bool ends_on_disk() const { return ends_on_disk_; }
  Replica& replica() const { return replica_->replica(); }
  const std::shared_ptr<Replica>& shared() const { return replica_->shared(); }
  std::unique_ptr<ReplicaWriter> take() { return std::move(replica_); }

 private:
  Result<void> write(const transfer::Packet& packet, bool& corrupt);

  const Settings settings_;
  std::unique_ptr<ReplicaWriter> replica_;
  std::vector<uint8_t> made_sums_;
  bool ends_on_disk_ = false;
};

}  // namespace dfs::datanode
