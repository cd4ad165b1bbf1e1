#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "namenode/blocks/blocks.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

// Where a DataNode finds another, and the storage there.
struct CommandTarget {
  StorageNumber storage{};
  std::string storage_uuid;
  uint8_t storage_type = 1;
  DatanodeStatus datanode;  // without its storages
};

// Copy the block to the targets (DNA_TRANSFER).
struct TransferCommand {
  BlockRow block;
  std::vector<CommandTarget> targets;
};
// Delete the replica of this stamp (DNA_INVALIDATE).
struct InvalidateCommand {
  BlockId block{};
  GenerationStamp generation_stamp{};
};
// Have the replicas agree on a length (DNA_RECOVERBLOCK).
struct RecoverCommand {
  BlockRecovery recovery;
  std::vector<CommandTarget> replicas;
};

// What a heartbeat is answered with.
struct Commands {
  bool must_register = false;  // then nothing else
  bool overtaken = false;      // likewise: the DataNode has sent another heartbeat, and may never read this answer
  std::vector<RecoverCommand> recoveries;
  std::vector<TransferCommand> transfers;
  std::vector<InvalidateCommand> invalidations;
  // Nothing to say yet: the answer waits (Awaited::Kind::kCommands), and held() is asked for it.
  struct Held {
    uint64_t ticket = 0;
    TimePoint until{};
  };
  std::optional<Held> held{};
  bool empty() const { return !must_register && recoveries.empty() && transfers.empty() && invalidations.empty(); }
};

}  // namespace dfs::namenode
