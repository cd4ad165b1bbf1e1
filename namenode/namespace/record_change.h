#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/quota.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"

namespace dfs::namenode {

// The rows that one record changes. Reads of single rows through it see its own changes; scans see only what was there
// before (each record scans nothing that it has changed). finish() hands one change per row to the batch.
class RecordChange final : public View {
 public:
  RecordChange(const View& view, Batch& batch, Effects& effects) : view_(view), batch_(batch), effects_(effects) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return view_.scan(table, prefix, from, visit);
  }

  Effects& effects() { return effects_; }

  // A new inode below `parent`: its rows, the parent's count and modification time, the counters.
  Result<void> add_inode(const EntryKey& parent, std::string name, const InodeRow& inode);
  // An inode without anything below it goes. What it counts for in its parent is the caller's.
  Result<void> remove_inode(const EntryKey& key, const InodeRow& inode);
  // An inode with all that is below it; blocks and leases follow through the effects. What it counted for in quotas,
  // under the storage policy of the directory above it; to charge that to those directories is the caller's.
  Result<QuotaCounts> remove_tree(const EntryKey& key, const InodeRow& inode, uint8_t inherited_policy);
  Result<void> move_inode(const EntryKey& from, const EntryKey& to, const InodeRow& inode);
  void put_inode(const EntryKey& key, const InodeRow& inode) {
    put(Table::kEntries, entry_key(key.parent, key.name), encode(inode));
  }
  // One child more (1), fewer (-1) or as many; the modification time never goes back.
  Result<void> touch_directory(const EntryKey& directory, int children, uint64_t modification_time_ms);

  // Adds to what quotas count in the first `count` directories of the path.
  Result<void> charge(const InodePath& path, size_t count, const QuotaCounts& change);
  void put_quota_usage(const InodeRow& directory, const QuotaCounts& counts) {
    put(Table::kQuotaUsage, inode_key(directory.id), encode(kept_by(directory, counts)));
  }

  void put_block(InodeId file, uint32_t index, const BlockRow& block, bool is_new);
  void remove_block(InodeId file, uint32_t index, BlockId block);

  void open(InodeId file, const OpenFileRow& row);
  void close(InodeId file);

  Result<void> add_to(Counter counter, int64_t delta);
  // A counter that only grows: ids and stamps given out.
  Result<void> raise(Counter counter, uint64_t value);

  void put(Table table, std::string key, std::string value);
  void erase(Table table, std::string key);
  void finish();

 private:
  Result<void> remove_blocks_of(const InodeRow& file);

  const View& view_;
  Batch& batch_;
  Effects& effects_;
  std::map<std::pair<Table, std::string>, std::optional<std::string>> rows_;
};

// The key of the entry of the parent of `path`. Requires: the parent is there.
EntryKey parent_key(const InodePath& path);

}  // namespace dfs::namenode
