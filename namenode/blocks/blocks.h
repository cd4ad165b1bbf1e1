#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/blocks/patience.h"
#include "namenode/datanodes/datanode_view.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

struct PlacementRequest {
  uint32_t count = 0;
  std::string client_address;          // prefer a DataNode there, if any
  std::vector<std::string> excluded;   // DataNode uuids
  std::vector<std::string> favored;    // "host:port" or "ip:port" of transfer addresses
  std::vector<StorageNumber> present;  // already hold the block (getAdditionalDatanode, re-replication)
  uint64_t block_size = 0;
  uint8_t storage_policy = 0;  // 0: the default policy
  bool no_local_write = false;
  std::string source{};  // the DataNode that copies the block, by uuid; in place of a client
};

// A last block whose writer is gone, or that is being truncated: its DataNodes agree on a length under a new stamp.
struct BlockRecovery {
  BlockRow block;
  GenerationStamp recovery_stamp{};
  std::optional<uint64_t> truncate_length;  // the length to cut to; otherwise the replicas decide
  std::optional<BlockId> copy_to{};         // a copy of this id is cut, and the replicas stay as they are
  TimePoint started{};
  // The file's block that comes out of it.
  BlockId result() const { return copy_to.value_or(block.id); }
};

// What the namespace asks of the block side, and what follows from records. The block side keeps in memory what the
// tables do not say: which DataNodes are alive, work queued, counts. It lives on the namespace thread.
class Blocks {
 public:
  virtual ~Blocks() = default;

  // At most `count` storages in pipeline order; fewer where the cluster has no more. An error with Hadoop's text
  // ("File ... could only be written to 0 of the 1 minReplication nodes...") is the caller's to make when empty.
  virtual std::vector<StorageNumber> choose_targets(const PlacementRequest& request) = 0;
  // Finalized replicas with this stamp and length on DataNodes that are alive. Under construction a length of 0 is one
  // that is not known.
  virtual Result<uint32_t> live_replicas(const View& view, const BlockRow& block) = 0;
  // Adds kExpected rows for a block that the pipeline `targets` is about to write, replacing those there.
  virtual Result<void> expect(const View& view, Batch& batch, BlockId block, GenerationStamp stamp,
                              std::span<const StorageNumber> targets) = 0;

  // Sends `recovery` to a primary among the block's replicas with its next heartbeat, in place of an earlier recovery
  // of this block. Called as the last step of a plan. Forgotten when the block is completed or removed, and by a
  // restart.
  virtual Result<void> recover(const View& view, BlockRecovery recovery) = 0;
  virtual std::optional<BlockRecovery> recovery_of(BlockId result) const = 0;
  // A reader found the replica on this storage (by uuid; empty: any storage of the DataNode) corrupt.
  virtual Result<void> report_bad(const View& view, Batch& batch, const BlockRow& block, std::string_view datanode_uuid,
                                  std::string_view storage_uuid) = 0;
  // Whether every DataNode that may hold a replica has said what it holds: a block without a location has no replica.
  virtual bool locations_settled() const = 0;
  // Blocks without any good replica, in order of their ids, after `from`, at most `count_max`.
  virtual std::vector<BlockId> corrupt_blocks(BlockId from, size_t count_max) const = 0;

  // Follow-ups of applied records (see Effects), in the batch of the record.
  virtual Result<void> removed(const View& view, Batch& batch, std::span<const BlockId> blocks) = 0;
  virtual Result<void> completed(const View& view, std::span<const BlockId> blocks) = 0;
  virtual Result<void> replication_changed(const View& view, InodeId file) = 0;

  // What has come since the last call, of what plans may wait for.
  virtual std::vector<Awaited> take_arrived() { return {}; }
  // How soon its periodic work wants to go on; nothing: as usual.
  virtual std::optional<std::chrono::milliseconds> next_round() const { return std::nullopt; }

  virtual std::shared_ptr<const DatanodeView> datanodes() const = 0;  // thread-safe
  // Whether mutations are refused now, with SafeModeException's message ("Cannot create file /x. Name node is in safe
  // mode...").
  virtual bool in_safe_mode() const = 0;
  // Safe mode by hand; leaving also ends that of the start-up.
  virtual void enter_safe_mode() = 0;
  virtual void leave_safe_mode() = 0;
  // Safe mode of its own for as long as it holds: a disk of the NameNode is nearly full.
  virtual void set_resources_low(bool low) = 0;
};

}  // namespace dfs::namenode
