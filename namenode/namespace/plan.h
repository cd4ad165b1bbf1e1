#pragma once

#include <string>
#include <utility>
#include <vector>

#include "namenode/blocks/patience.h"
#include "namenode/journal/edit_record.h"
#include "namenode/store/tables.h"
#include "proto/base/clock.h"
#include "proto/base/error.h"
#include "proto/base/ids.h"
#include "proto/security/identity.h"

namespace dfs::namenode {

class Blocks;
class LeaseTable;
struct NamespaceSettings;

// On whose behalf an operation is planned or a query answered.
struct Caller {
  security::Identity identity;
  std::vector<std::string> groups;
  bool is_superuser = false;
  std::string client_address;  // IP alone
  std::string rpc_client_id;   // 16 bytes, or empty
  int32_t rpc_call_id = -2;
};

// What a mutation sees while it is planned: the newest state, applied but perhaps not yet durable. Plans run one at a
// time on the namespace thread; they read, decide and produce records, and change nothing themselves (but what only
// memory knows: the block recoveries of `blocks`).
struct PlanContext {
  const View& view;
  const NamespaceSettings& settings;
  const Caller& caller;
  Blocks& blocks;      // asked for targets and replica counts
  LeaseTable& leases;  // plans only read it; work that journals nothing renews
  WallTime wall;
  TimePoint now;
  Patience* patience = nullptr;  // null: the answer goes out
};

// A mutation decided: the answer that is sent once the records are durable, the records in order, and changes of rows
// that are not journaled (replica locations). No records: the answer goes out at once, after the batch before it.
// The answer may be an error although there are records: who asks for a file whose writer has gone is refused, and the
// recovery that this started is in the log.
template <class T>
struct Planned {
  Result<T> value;
  std::vector<EditRecord> records{};
  Batch locations{};
};

// The value of a plan that has nothing to say but that it is done.
struct Done {};

// What applying a record changed beyond the tables, for those who keep state in memory. `LeaseTable` follows opened
// and closed; `Blocks` follows the rest.
struct Effects {
  struct Opened {
    InodeId file;
    std::string holder;
  };
  std::vector<Opened> opened;
  std::vector<InodeId> closed;            // no longer under construction, or removed
  std::vector<BlockId> removed_blocks;    // their rows in kFileBlocks and kBlockIndex are gone in this batch
  std::vector<BlockId> completed_blocks;  // now subject to replication checks
  std::vector<InodeId> replication_changed;
};

// Applies one record: adds the changes of rows to `batch` (kEntries, kInodeIndex, kFileBlocks, kBlockIndex, kOpenFiles
// and counters, all of which are a function of the edit log alone) and what follows to `effects`. Live traffic,
// start-up replay and a standby all come through here. `view` shows all earlier records, also those of the same plan:
// write the batch to the tables before the next record is applied. Cannot fail on a record that was planned; an error
// means that the log does not fit the tables (naming the record and the path), and ends the replay.
Result<void> apply(const EditRecord& record, const View& view, Batch& batch, Effects& effects);

}  // namespace dfs::namenode
