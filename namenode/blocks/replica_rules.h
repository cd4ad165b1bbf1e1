#pragma once

#include <cstdint>
#include <optional>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// ReplicaStateProto: what a DataNode says of a replica.
enum class ReportedState : uint8_t { kFinalized, kBeingWritten, kWaitingToBeRecovered, kUnderRecovery, kTemporary };

struct ReportedReplica {
  BlockId block{};
  uint64_t length = 0;
  GenerationStamp generation_stamp{};
  ReportedState state = ReportedState::kFinalized;
  bool operator==(const ReportedReplica&) const = default;
};

// What is to stand in the replica's row; nothing: the report says nothing new (BlockManager.checkReplicaCorrupt).
// A block under construction takes what its DataNodes say, but for a finalized replica that is older than it; once it
// is complete, its stamp and length are the measure.
std::optional<ReplicaRowState> judge(const BlockRow& block, const ReportedReplica& reported);

// Finalized, of this stamp and, where the block is complete, of its length: may be read, counted and copied.
bool is_good(const BlockRow& block, const ReplicaRow& replica);
// Expected or being written under this stamp: may yet become good.
bool is_arriving(const BlockRow& block, const ReplicaRow& replica);

}  // namespace dfs::namenode
