#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {

// A namespace whose blocks have the replicas that the test gives them.
class FsckFixture : public NamespaceFixture {
 protected:
  FsckFixture() : datanodes(*blocks.datanodes()) {
    for (size_t i = 0; i < datanodes.datanodes.size(); ++i) datanodes.datanodes.change(i).transfer_port = 9866;
  }

  // Of each block of the file on the first `count` DataNodes; `spoil` changes a replica's row.
  void place(const std::string& path, uint32_t count, void (*spoil)(ReplicaRow&) = nullptr) {
    Batch batch;
    for (const BlockRow& block : blocks_of_file(*tables, status(path)->inode->id).value()) {
      for (const LocatedReplica& there : replicas_of(*tables, block.id).value()) {
        batch.erase(Table::kReplicas, replica_key(block.id, there.storage));
      }
      for (uint32_t i = 1; i <= count; ++i) {
        ReplicaRow row{
            .generation_stamp = block.generation_stamp, .length = block.length, .state = ReplicaRowState::kFinalized};
        if (spoil != nullptr) spoil(row);
        batch.put(Table::kReplicas, replica_key(block.id, StorageNumber(i)), encode(row));
      }
    }
    ASSERT_TRUE(tables->write(batch, kNoTransaction));
  }
  std::string block_of(const std::string& path) const {
    return "blk_" + std::to_string(raw(blocks_of_file(*tables, status(path)->inode->id).value().front().id));
  }
  Query query_of(const Caller& who) const {
    return {.view = *tables, .settings = settings, .caller = who, .datanodes = datanodes};
  }

  DatanodeView datanodes;
};

}  // namespace dfs::namenode
