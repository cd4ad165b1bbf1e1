#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/blocks/stored_block.h"
#include "namenode/datanodes/topology.h"
#include "namenode/store/rows.h"
#include "proto/base/log.h"

namespace dfs::namenode {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A DataNode as far as its reports and commands go: one storage and the replicas in it.
struct FakeDatanode {
  std::string uuid;
  std::string rack_host;
  std::string storage_uuid;
  bool up = true;
  uint8_t storage_type = 1;
  uint64_t remaining_bytes = 1ull << 40;
  std::map<BlockId, ReportedReplica> replicas;
  std::vector<TransferCommand> transfers;  // received, not yet carried out
  std::vector<InvalidateCommand> invalidations;
  std::vector<RecoverCommand> recoveries;
};

// Tables in memory, ClusterBlocks and DataNodes, in virtual time. Every call is one batch, as the namespace thread
// makes them.
class BlockWorld {
 public:
  explicit BlockWorld(ClusterBlocks::Settings settings = {}, std::string topology = {}, uint64_t seed = 1)
      : settings_(settings), topology_(std::move(topology)), seed_(seed), tables_(Tables::in_memory()) {
    spdlog::set_level(spdlog::level::off);
    restart();
  }

  ClusterBlocks& blocks() { return *blocks_; }
  Tables& tables() { return *tables_; }
  TimePoint now() const { return now_; }
  WallTime wall() const { return WallTime(std::chrono::duration_cast<milliseconds>(now_.time_since_epoch())); }

  // The NameNode ends and starts anew on the same tables.
  void restart() {
    blocks_ = std::make_unique<ClusterBlocks>(settings_, hosts_, seed_);
    ASSERT_TRUE(blocks_->start(*tables_, now_));
  }

  template <class F>
  auto in_batch(F work) {
    Batch batch;
    auto result = work(batch);
    EXPECT_TRUE(tables_->write(batch, kNoTransaction));
    return result;
  }

  FakeDatanode& add_datanode(int i, uint8_t storage_type = 1) {
    auto datanode = std::make_unique<FakeDatanode>();
    datanode->uuid = "dn" + std::to_string(i);
    datanode->rack_host = "10.0.0." + std::to_string(i);
    datanode->storage_uuid = "DS-" + std::to_string(i);
    datanode->storage_type = storage_type;
    datanodes_.push_back(std::move(datanode));
    bring_up(*datanodes_.back());
    return *datanodes_.back();
  }
  // Registers, and sends its first heartbeat and full report.
  void bring_up(FakeDatanode& datanode) {
    datanode.up = true;
    introduce(datanode);
    EXPECT_TRUE(report(datanode));
  }
  void introduce(FakeDatanode& datanode) {
    Registration registration;
    registration.datanode_uuid = datanode.uuid;
    registration.ip_address = datanode.rack_host;
    registration.host_name = datanode.uuid + ".example";
    registration.transfer_port = 9866;
    registration.software_version = "3.4.1";
    registration.network_location =
        Topology::parse(topology_).location_of(registration.ip_address, registration.host_name);
    EXPECT_TRUE(blocks_->register_datanode(registration, wall(), now_));
    beat(datanode);
  }
  // refreshNodes: "10.0.0.N" to be decommissioned.
  void exclude(std::string_view hosts) { set_hosts(HostLists::of_files("", hosts)); }
  void set_hosts(HostLists hosts) {
    hosts_ = std::move(hosts);
    blocks_->set_hosts(hosts_, wall());
  }
  AdminState admin_state(const FakeDatanode& datanode) {
    for (const DatanodeStatus& status : blocks_->datanodes()->datanodes) {
      if (status.uuid == datanode.uuid) return status.admin_state;
    }
    ADD_FAILURE() << datanode.uuid << " is not in the view";
    return AdminState::kNormal;
  }
  Commands beat(FakeDatanode& datanode) {
    Heartbeat heartbeat;
    StorageReport& storage = heartbeat.storages.emplace_back();
    storage.storage_uuid = datanode.storage_uuid;
    storage.storage_type = datanode.storage_type;
    storage.capacity_bytes = 1ull << 41;
    storage.remaining_bytes = datanode.remaining_bytes;
    Result<Commands> commands = in_batch(
        [&](Batch& batch) { return blocks_->heartbeat(*tables_, batch, datanode.uuid, heartbeat, wall(), now_); });
    EXPECT_TRUE(commands);
    if (!commands) return {};
    std::ranges::copy(commands->transfers, std::back_inserter(datanode.transfers));
    std::ranges::copy(commands->invalidations, std::back_inserter(datanode.invalidations));
    std::ranges::copy(commands->recoveries, std::back_inserter(datanode.recoveries));
    return *commands;
  }
  Result<void> report(FakeDatanode& datanode, std::optional<BlockReportPart> part = std::nullopt) {
    StorageReplicas replicas;
    replicas.storage_uuid = datanode.storage_uuid;
    replicas.storage_type = datanode.storage_type;
    for (const auto& [id, replica] : datanode.replicas) replicas.replicas.push_back(replica);
    FullReport report(datanode.uuid, {replicas}, part);
    Result<bool> more = true;
    while (more && *more) more = report_some(report);
    if (!more) return fail(std::move(more).error());
    return {};
  }
  Result<bool> report_some(FullReport& report) {
    return in_batch([&](Batch& batch) { return blocks_->full_report(*tables_, batch, report, wall(), now_); });
  }
  Result<void> tell(FakeDatanode& datanode, ReplicaEvent::Kind kind, const BlockRow& block, std::string hint = {}) {
    std::vector<ReplicaEvent> events{{kind, block.id, block.length, block.generation_stamp, std::move(hint)}};
    return in_batch([&](Batch& batch) {
      return blocks_->incremental_report(*tables_, batch, datanode.uuid, datanode.storage_uuid, datanode.storage_type,
                                         events);
    });
  }
  // The DataNode has a finalized replica from now on, and says so.
  void receive(FakeDatanode& datanode, const BlockRow& block) {
    datanode.replicas[block.id] = {block.id, block.length, block.generation_stamp, ReportedState::kFinalized};
    EXPECT_TRUE(tell(datanode, ReplicaEvent::Kind::kReceived, block));
  }

  // A file of one complete block; no replicas yet.
  BlockRow add_file(uint16_t replication, uint64_t length = 1000, BlockState state = BlockState::kComplete,
                    uint8_t storage_policy = 0) {
    ++files_;
    InodeRow inode;
    inode.id = InodeId(20000 + files_);
    inode.type = InodeType::kFile;
    inode.replication = replication;
    inode.block_count = 1;
    inode.storage_policy = storage_policy;
    inode.under_construction = state == BlockState::kUnderConstruction;
    BlockRow block;
    block.id = BlockId(raw(kLastReservedBlock) + files_);
    block.generation_stamp = GenerationStamp(1000 + files_);
    block.length = length;
    block.state = state;
    put_file(inode, block);
    return block;
  }
  void put_block(const BlockRow& block) {
    Result<std::optional<BlockOwner>> owner = find_owner(*tables_, block.id);
    ASSERT_TRUE(owner && *owner);
    Batch batch;
    batch.put(Table::kFileBlocks, file_block_key((*owner)->file, (*owner)->index), encode(block));
    ASSERT_TRUE(tables_->write(batch, kNoTransaction));
    if (block.state == BlockState::kComplete) {
      ASSERT_TRUE(blocks_->completed(*tables_, std::vector{block.id}));
    }
  }
  void set_replication(const BlockRow& block, uint16_t replication) {
    Result<std::optional<BlockOwner>> owner = find_owner(*tables_, block.id);
    ASSERT_TRUE(owner && *owner);
    InodeRow inode = **find_entry(*tables_, kRootInode, name_of((*owner)->file));
    inode.replication = replication;
    Batch batch;
    batch.put(Table::kEntries, entry_key(kRootInode, name_of(inode.id)), encode(inode));
    ASSERT_TRUE(tables_->write(batch, kNoTransaction));
    ASSERT_TRUE(blocks_->replication_changed(*tables_, inode.id));
  }
  void remove_file(const BlockRow& block) {
    Result<std::optional<BlockOwner>> owner = find_owner(*tables_, block.id);
    ASSERT_TRUE(owner && *owner);
    Batch batch;
    batch.erase(Table::kEntries, entry_key(kRootInode, name_of((*owner)->file)));
    batch.erase(Table::kInodeIndex, inode_key((*owner)->file));
    batch.erase(Table::kFileBlocks, file_block_key((*owner)->file, 0));
    batch.erase(Table::kBlockIndex, block_key(block.id));
    batch.put(Table::kMeta, counter_key(Counter::kBlockCount), encode_counter(block_count_ -= 1));
    ASSERT_TRUE(blocks_->removed(*tables_, batch, std::vector{block.id}));
    ASSERT_TRUE(tables_->write(batch, kNoTransaction));
  }

  void pass(milliseconds time) { now_ += time; }
  void round() {
    Result<bool> more = true;
    while (more && *more) more = begin_round();
    EXPECT_TRUE(more);
  }
  // As far as it comes at once.
  Result<bool> begin_round() {
    return in_batch([&](Batch& batch) { return blocks_->periodic(*tables_, batch, wall(), now_); });
  }
  // A few rounds at this moment, with heartbeats of those that are up; commands are not carried out.
  void settle() {
    for (int i = 0; i < 3; ++i) {
      round();
      for (auto& datanode : datanodes_) {
        if (datanode->up) beat(*datanode);
      }
    }
  }
  // Every command is carried out and reported, second by second.
  void run_for(seconds time) {
    for (auto end = now_ + time; now_ < end; pass(seconds(1))) {
      round();
      for (auto& datanode : datanodes_) {
        if (!datanode->up) continue;
        if (beat(*datanode).must_register) bring_up(*datanode);
        carry_out(*datanode);
      }
    }
  }
  void carry_out(FakeDatanode& datanode) {
    for (const TransferCommand& transfer : std::exchange(datanode.transfers, {})) {
      if (!datanode.replicas.contains(transfer.block.id)) continue;
      for (const CommandTarget& target : transfer.targets) {
        FakeDatanode* to = find(target.datanode.uuid);
        if (to && to->up && !to->replicas.contains(transfer.block.id)) receive(*to, transfer.block);
      }
    }
    for (const InvalidateCommand& invalidation : std::exchange(datanode.invalidations, {})) {
      auto replica = datanode.replicas.find(invalidation.block);
      if (replica == datanode.replicas.end() || replica->second.generation_stamp != invalidation.generation_stamp) {
        continue;
      }
      BlockRow block;
      block.id = invalidation.block;
      block.length = replica->second.length;
      block.generation_stamp = invalidation.generation_stamp;
      datanode.replicas.erase(replica);
      EXPECT_TRUE(tell(datanode, ReplicaEvent::Kind::kDeleted, block));
    }
  }

  FakeDatanode* find(const std::string& uuid) {
    for (auto& datanode : datanodes_) {
      if (datanode->uuid == uuid) return datanode.get();
    }
    return nullptr;
  }
  std::vector<std::unique_ptr<FakeDatanode>>& datanodes() { return datanodes_; }
  // Good replicas that DataNodes which are up really have.
  size_t held(const BlockRow& block) const {
    size_t count = 0;
    for (const auto& datanode : datanodes_) {
      auto replica = datanode->replicas.find(block.id);
      count += datanode->up && replica != datanode->replicas.end() &&
               replica->second.generation_stamp == block.generation_stamp && replica->second.length == block.length;
    }
    return count;
  }
  std::vector<LocatedReplica> rows(BlockId block) {
    Result<std::vector<LocatedReplica>> rows = replicas_of(*tables_, block);
    EXPECT_TRUE(rows);
    return rows ? *rows : std::vector<LocatedReplica>();
  }
  std::optional<ReplicaRowState> row_state(BlockId block, const FakeDatanode& datanode) {
    std::shared_ptr<const DatanodeView> view = blocks_->datanodes();
    for (const LocatedReplica& row : rows(block)) {
      auto place = view->by_storage.find(uint32_t(row.storage));
      if (place != view->by_storage.end() && view->datanodes[place->second.datanode].uuid == datanode.uuid) {
        return row.replica.state;
      }
    }
    return std::nullopt;
  }
  StorageNumber storage_of(const FakeDatanode& datanode) {
    std::shared_ptr<const DatanodeView> view = blocks_->datanodes();
    for (const DatanodeStatus& status : view->datanodes) {
      if (status.uuid == datanode.uuid) return status.storages.at(0).number;
    }
    ADD_FAILURE() << datanode.uuid << " is not in the view";
    return {};
  }
  size_t commanded_deletions() const {
    size_t count = 0;
    for (const auto& datanode : datanodes_) count += datanode->invalidations.size();
    return count;
  }

 private:
  static std::string name_of(InodeId file) { return "file" + std::to_string(raw(file)); }
  void put_file(const InodeRow& inode, const BlockRow& block) {
    Batch batch;
    batch.put(Table::kEntries, entry_key(kRootInode, name_of(inode.id)), encode(inode));
    batch.put(Table::kInodeIndex, inode_key(inode.id), encode(EntryKey{kRootInode, name_of(inode.id)}));
    batch.put(Table::kFileBlocks, file_block_key(inode.id, 0), encode(block));
    batch.put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{inode.id, 0}));
    batch.put(Table::kMeta, counter_key(Counter::kBlockCount), encode_counter(block_count_ += 1));
    batch.put(Table::kMeta, counter_key(Counter::kGenerationStamp), encode_counter(raw(block.generation_stamp)));
    ASSERT_TRUE(tables_->write(batch, kNoTransaction));
  }

  ClusterBlocks::Settings settings_;
  std::string topology_;
  HostLists hosts_;
  uint64_t seed_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<ClusterBlocks> blocks_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  std::vector<std::unique_ptr<FakeDatanode>> datanodes_;
  uint64_t files_ = 0;
  uint64_t block_count_ = 0;
};

}  // namespace dfs::namenode
