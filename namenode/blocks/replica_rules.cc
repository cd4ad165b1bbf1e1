#include "namenode/blocks/replica_rules.h"

namespace dfs::namenode {

std::optional<ReplicaRowState> judge(const BlockRow& block, const ReportedReplica& reported) {
  bool complete = block.state == BlockState::kComplete;
  switch (reported.state) {
    case ReportedState::kFinalized:
      if (reported.generation_stamp < block.generation_stamp) return ReplicaRowState::kCorrupt;
      if (complete && (reported.generation_stamp != block.generation_stamp || reported.length != block.length)) {
        return ReplicaRowState::kCorrupt;
      }
      return ReplicaRowState::kFinalized;
    case ReportedState::kBeingWritten:
    case ReportedState::kWaitingToBeRecovered:
      if (!complete) {
        // A stale one is a loser of pipeline recovery: its fate is decided when the block is complete.
        return ReplicaRowState::kBeingWritten;
      }
      if (reported.generation_stamp != block.generation_stamp) return ReplicaRowState::kCorrupt;
      // HDFS-2791: a report that left before the replica was finalized is late, not wrong.
      if (reported.state == ReportedState::kBeingWritten) return std::nullopt;
      return ReplicaRowState::kCorrupt;
    case ReportedState::kUnderRecovery:
    case ReportedState::kTemporary:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_good(const BlockRow& block, const ReplicaRow& replica) {
  return replica.state == ReplicaRowState::kFinalized && replica.generation_stamp == block.generation_stamp &&
         (block.state != BlockState::kComplete || replica.length == block.length);
}

bool is_arriving(const BlockRow& block, const ReplicaRow& replica) {
  return (replica.state == ReplicaRowState::kExpected || replica.state == ReplicaRowState::kBeingWritten) &&
         replica.generation_stamp == block.generation_stamp;
}

}  // namespace dfs::namenode
