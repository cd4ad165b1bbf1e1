#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/base/error.h"
#include "proto/base/ids.h"

namespace dfs::namenode {

// The tables that together are the namespace. Keys and values are laid out in rows.h.
enum class Table : uint8_t {
  kEntries,          // (parent, name) -> inode
  kInodeIndex,       // inode id -> (parent, name)
  kFileBlocks,       // (inode id, index) -> block
  kBlockIndex,       // block id -> (inode id, index)
  kReplicas,         // (block id, storage) -> replica
  kStorageReplicas,  // (storage, block id) -> replica, the same as in kReplicas
  kStorages,         // storage number -> its uuid, DataNode, type
  kOpenFiles,        // inode id -> lease holder
  kMeta,             // counters, last applied transaction, cluster identity
  kQuotaUsage,       // inode id of the root or a directory with a quota -> what is in it
  kRetries,          // (period, client, call) -> the first answer
  // Snapshots: see namespace/snapshots.h.
  kSnapshots,           // snapshottable directory (its snapshots by id, and by name) -> snapshot
  kVersions,            // (parent, name, snapshot) -> the inode that was there, or nothing
  kVersionsOfInode,     // (inode id, snapshot, newest first) -> (parent, name) of its version
  kVersionsOfSnapshot,  // (snapshot, parent, name) -> nothing
  kBlockVersions,       // (inode id, index, snapshot) -> the block that was there
};
inline constexpr size_t kTableCount = 16;

struct InodeRow;
// What a row of kEntries says, decoded once for all who look at it; null: there is no such row.
using InodePtr = std::shared_ptr<const InodeRow>;

// One moment of all tables, or the newest state (Tables itself). Thread-safe for reading.
class View {
 public:
  virtual ~View() = default;
  virtual Result<std::optional<std::string>> get(Table table, std::string_view key) const = 0;
  // The row of kEntries.
  virtual Result<InodePtr> inode(std::string_view entry_key) const;
  // get() of many keys at once, which costs less than one after the other. In order of the keys.
  virtual Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                                   const std::vector<std::string>& keys) const;
  // Calls `visit(key, value)` in key order from `from` while the key starts with `prefix`, until it returns false.
  virtual Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                            const std::function<bool(std::string_view, std::string_view)>& visit) const = 0;
  Result<void> scan(Table table, std::string_view prefix,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const {
    return scan(table, prefix, prefix, visit);
  }
  // scan() of kEntries with decoded inodes.
  virtual Result<void> scan_inodes(std::string_view prefix, std::string_view from,
                                   const std::function<bool(std::string_view key, const InodePtr& inode)>& visit) const;
  // A number that two moments have in common only if the rows of kEntries that begin with `directory` (its id) are the
  // same in both. 0: nothing is known.
  virtual uint64_t state_of_children(std::string_view directory) const {
    (void)directory;
    return 0;
  }
};

// What a row is to hold: bytes or, of kEntries, an inode in their place. Neither: the row goes.
struct RowContent {
  std::optional<std::string> value{};
  InodePtr inode{};
  bool is_gone() const { return !value && !inode; }
  std::optional<std::string> bytes() const;
  Result<InodePtr> decoded() const;  // null: it is gone
  size_t size() const;               // of the bytes, or of the inode in memory
};

// Changes that become visible together. Not thread-safe.
class Batch {
 public:
  struct Change : RowContent {
    Table table{};
    std::string key;
  };
  void put(Table table, std::string key, RowContent content) {
    changes_.push_back({std::move(content), table, std::move(key)});
  }
  void put(Table table, std::string key, std::string value) {
    put(table, std::move(key), RowContent{.value = std::move(value)});
  }
  // Into kEntries.
  void put(std::string entry_key, InodePtr inode) {
    put(Table::kEntries, std::move(entry_key), RowContent{.inode = std::move(inode)});
  }
  void erase(Table table, std::string key) { put(table, std::move(key), RowContent{}); }
  void put(std::vector<Change> changes);
  // Of kRetries: every row before `end` goes, and none may be put there until another cut has a lower end. Where that
  // is so, rows that went may be there again.
  struct Cut {
    Table table;
    std::string end;
  };
  void erase_before(Table table, std::string end) { cuts_.push_back({table, std::move(end)}); }
  const std::vector<Change>& changes() const { return changes_; }
  // The changes, for one who ends this batch.
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  const std::vector<Cut>& cuts() const { return cuts_; }
  bool empty() const { return changes_.empty() && cuts_.empty(); }
  void clear() {
    changes_.clear();
    cuts_.clear();
  }

 private:
  std::vector<Change> changes_;
  std::vector<Cut> cuts_;
};

// What tables on disk may keep in memory of rows and of blocks of their files, half each: one and a half times what the
// files take when they are opened, within these bounds. That is about what half of the rows take that are looked up.
struct CacheBytes {
  CacheBytes(uint64_t exactly) : at_least(exactly), at_most(exactly) {}
  CacheBytes(uint64_t least, uint64_t most) : at_least(least), at_most(most) {}
  uint64_t at_least, at_most;
};

// The materialised view of the edit log. One thread writes, and it alone reads the newest state here; others read
// snapshots.
//
// What is written is in memory first, and goes to the disk in large pieces, each with all that was written up to some
// moment. So a crash loses what was written last, in all tables together, and replay from last_applied() brings it
// back. Three invariants (see namenode/README.md): a batch carries the transaction id that it applies, all tables
// reach the disk together, and nothing does before the journal has made its transaction durable.
class Tables : public View {
 public:
  // Blocks the calling thread, one of the tables, until the transaction is durable; false: the journal has failed,
  // nothing may be written to the disk.
  using DurableGate = std::function<bool(TransactionId)>;

  // Applies `batch` and records `applied` as the last applied transaction, atomically. kNoTransaction: the batch
  // changes only what is not journaled (replica locations), the last applied id stays. Never waits for the disk; after
  // that has failed nothing is written any more.
  virtual Result<void> write(Batch batch, TransactionId applied) = 0;
  // Waits while the disk is far behind what is written. Whoever writes calls it now and then, when no transaction that
  // was written still has to be handed to the journal by itself.
  virtual void wait_for_room() {}
  // This moment, for as long as the result lives.
  virtual std::shared_ptr<const View> snapshot() = 0;
  // The last applied transaction id that write() recorded (or that was found when opened).
  virtual TransactionId last_applied() const = 0;
  // Everything written so far is on disk when it returns (after the gate has let it pass). On any thread.
  virtual Result<void> flush() = 0;
  // The last transaction that a crash at this moment would find applied: edits up to it may be purged.
  virtual TransactionId durable_applied() const = 0;

  // Writes what flush() would keep as tables of their own into `directory`, which must not exist; durable on return.
  virtual Result<void> copy_to(const std::string& directory) = 0;

  // What last_applied() of the tables in `directory` would be; nothing where there are none. They may not be open.
  static Result<std::optional<TransactionId>> last_applied_in(const std::string& directory);
  // In memory, for tests: flush() is a no-op that counts as durable.
  static std::unique_ptr<Tables> in_memory();
  // RocksDB in `directory` (made if missing). `gate` is called before anything is written there.
  static Result<std::unique_ptr<Tables>> open_rocksdb(const std::string& directory, CacheBytes cache, DurableGate gate);
};

}  // namespace dfs::namenode
