#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "datanode/replicas/replica_reader.h"
#include "datanode/replicas/replica_store.h"
#include "datanode/transfer/watchdog.h"
#include "proto/hadoop/datatransfer.pb.h"
#include "proto/transfer/reader.h"

// The operations of data transfer, one file each. An operation that returns an error has its connection closed, as a
// stock DataNode does; what the peer is told before is the operation's business.
namespace dfs::datanode {
namespace pb = hadoop::hdfs;

// What all operations of one DataNode share.
struct TransferContext {
  ReplicaStore& store;
  std::chrono::milliseconds idle_deadline{60000};
  // For a reader of ours that takes no packet: it may be busy with what it has.
  std::chrono::milliseconds write_deadline{480000};
  bool sync_on_close = true;
  bool connect_by_host_name = false;
  Throttle balance_throttle{100u << 20};
  // Bandwidth is shared, so few movers at a time are enough (dfs.datanode.balance.max.concurrent.moves).
  std::atomic<int> movers = 0;
  std::atomic<int> movers_max = 100;
  // Copies to other DataNodes that are under way, for heartbeats.
  std::atomic<uint32_t> copies_in_progress = 0;
  // A copy on `source` failed verification here.
  std::function<void(const Block&, const pb::DatanodeInfoProto& source)> report_remote_corrupt = nullptr;
};

// One connection while it carries out an operation.
struct Session {
  TransferContext& context;
  std::shared_ptr<Stream> stream;
  transfer::Reader& reader;
  Watchdog& watchdog;
  Watchdog::Watch& watch;

  // Closes the connection from any thread, if it is still there.
  std::function<void()> closer(boost::asio::any_io_executor executor) const;
};

enum class Next { kKeepConnection, kCloseConnection };

Task<Result<Next>> read_block(Session& session, pb::OpReadBlockProto request);
Task<Result<Next>> write_block(Session& session, pb::OpWriteBlockProto request);
Task<Result<Next>> transfer_block(Session& session, pb::OpTransferBlockProto request);
Task<Result<Next>> copy_block(Session& session, pb::OpCopyBlockProto request);
Task<Result<Next>> replace_block(Session& session, pb::OpReplaceBlockProto request);
Task<Result<Next>> block_checksum(Session& session, pb::OpBlockChecksumProto request);

// Sends our replica of `block` to the first of `targets`, which hands it on to the others; verifies it on the way, and
// reports it where it is corrupt. Without a client it becomes a finalized replica there, nobody confirms it. With one,
// it becomes part of that client's pipeline, and this returns when it is there.
struct Copy {
  Block block;
  std::vector<pb::DatanodeInfoProto> targets;
  std::vector<pb::StorageTypeProto> storage_types = {};  // one for each target, or none
  std::vector<std::string> storage_ids = {};             // likewise
  std::string client = {};
  transfer::Stage stage = transfer::Stage::kSetupCreate;
};
Task<Result<void>> send_copy(TransferContext& context, Watchdog& watchdog, Copy copy);

// Common to several operations.

Block from_proto(const pb::ExtendedBlockProto& proto);
void to_proto(const Block& block, const std::string& pool, pb::ExtendedBlockProto& proto);
// kIo with stock's words if the block is of another pool, kRetriable while we do not know yet what we have.
Result<void> check_pool(const ReplicaStore& store, const pb::ExtendedBlockProto& block);
Task<Result<void>> respond(Session& session, transfer::Status status, std::string message);
Endpoint transfer_endpoint(const TransferContext& context, const pb::DatanodeInfoProto& node);

// The replica that a reader asks for, opened; waits a little for bytes that are on their way.
Task<Result<std::unique_ptr<ReplicaReader>>> open_for_reading(TransferContext& context, Block block,
                                                              uint64_t wanted_bytes);
// Sends [begin, end) of a replica as packets, then the empty last one. kChecksum where `verify` finds a mismatch.
struct Sending {
  uint64_t begin = 0;  // at the start of a chunk
  uint64_t end = 0;    // at the end of one or of the replica, unless it is verified or throttled
  bool sums = true;
  bool verify = false;
  Throttle* throttle = nullptr;
};
Task<Result<void>> send_packets(Stream& stream, Watchdog::Watch& watch, ReplicaReader& reader, Sending sending);

}  // namespace dfs::datanode
