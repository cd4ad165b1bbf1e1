#include "namenode/namespace/record_change.h"

#include <algorithm>

#include "namenode/store/merged_scan.h"
#include "proto/base/check.h"

namespace dfs::namenode {

Result<std::optional<std::string>> RecordChange::get(Table table, std::string_view key) const {
  if (const RowContent* changed = rows_.find(table, key)) return changed->bytes();
  return view_.get(table, key);
}

Result<InodePtr> RecordChange::inode(std::string_view entry_key) const {
  if (const RowContent* changed = rows_.find(Table::kEntries, entry_key)) return changed->inode;
  return view_.inode(entry_key);
}

void RecordChange::put(Table table, std::string key, std::string value) {
  DFS_CHECK(table != Table::kEntries);
  rows_.put(table, std::move(key), {.value = std::move(value)});
}
void RecordChange::put_entry(const EntryKey& key, InodePtr inode) {
  rows_.put(Table::kEntries, entry_key(key.parent, key.name), {.inode = std::move(inode)});
}
void RecordChange::erase(Table table, std::string key) {
  rows_.put(table, std::move(key), {});
}

void RecordChange::finish() {
  batch_.put(rows_.take());
}

Result<void> RecordChange::scan(Table table, std::string_view prefix, std::string_view from,
                                const std::function<bool(std::string_view, std::string_view)>& visit) const {
  const std::vector<const Batch::Change*> own = rows_.in_order(table, prefix, from);
  return scan_merged(
      view_, table, prefix, from, own.begin(), own.end(), [](auto row) -> const std::string& { return (*row)->key; },
      [](auto row) { return (*row)->bytes(); }, visit);
}

Result<void> RecordChange::add_inode(const InodePath& path, InodeRow inode) {
  const InodeId id = inode.id;
  const uint64_t modification_time_ms = inode.modification_time_ms;
  const Counter counted = inode.type == InodeType::kDirectory ? Counter::kDirectoryCount : Counter::kFileCount;
  const EntryKey key = path.key();
  DFS_TRY_OK(put_inode(key, std::move(inode)));
  put(Table::kInodeIndex, inode_key(id), encode(key));
  DFS_TRY_OK(touch_parent(path, 1, modification_time_ms));
  DFS_TRY_OK(raise(Counter::kLastInodeId, raw(id)));
  return add_to(counted, 1);
}

Result<RecordChange::Gone> RecordChange::remove_inode(const EntryKey& key, const InodeRow& inode) {
  DFS_TRY_OK(erase_entry(key));
  erase(Table::kInodeIndex, inode_key(inode.id));
  if (inode.snapshottable) DFS_TRY_OK(set_snapshottable(inode.id, false));
  DFS_TRY(bool any, has_snapshots());
  if (any) {
    DFS_TRY(bool versions, has_versions(inode.id));
    if (versions) return Gone::kInSnapshotsOnly;
  }
  DFS_TRY_OK(add_to(inode.type == InodeType::kDirectory ? Counter::kDirectoryCount : Counter::kFileCount, -1));
  return Gone::kForGood;
}

Result<QuotaCounts> RecordChange::remove_tree(const EntryKey& key, const InodePtr& inode, uint8_t inherited_policy) {
  struct Doomed {
    EntryKey key;
    InodePtr inode;
    uint8_t inherited_policy;
  };
  QuotaCounts removed;
  std::vector<Doomed> left{{key, inode, inherited_policy}};
  while (!left.empty()) {
    const auto [entry, doomed, inherited] = std::move(left.back());
    left.pop_back();
    const InodeRow& row = *doomed;
    DFS_TRY(QuotaCounts counts, counts_of(view_, row, inherited));
    removed += counts;
    if (row.type == InodeType::kDirectory && row.child_count > 0) {
      const uint8_t policy = row.storage_policy != 0 ? row.storage_policy : inherited;
      DFS_TRY_OK(for_each_child(
          view_, row.id, std::nullopt, "", [&](std::string_view name, const InodePtr& child) -> Result<bool> {
            left.push_back({EntryKey{.parent = row.id, .name = std::string(name)}, child, policy});
            return true;
          }));
    }
    DFS_TRY_OK(remove_alone(entry, row));
  }
  return removed;
}

Result<void> RecordChange::remove_alone(const EntryKey& key, const InodeRow& inode) {
  if (has_usage_row(inode)) erase(Table::kQuotaUsage, inode_key(inode.id));
  DFS_TRY(Gone gone, remove_inode(key, inode));
  if (inode.under_construction) close(inode.id);
  if (inode.type == InodeType::kFile && (inode.block_count > 0 || gone == Gone::kInSnapshotsOnly)) {
    DFS_TRY_OK(drop_unneeded_blocks(inode.id, InTree::kNo));
  }
  return {};
}

Result<void> RecordChange::detach_tree(const EntryKey& key, const InodePtr& inode, Charged charged) {
  return move_inode(key, detached_key(inode->id, charged), inode);
}

Result<void> RecordChange::charge_detached_trees() {
  std::vector<std::pair<EntryKey, InodePtr>> uncharged;
  DFS_TRY_OK(for_each_child(*this, kDetachedTrees, std::nullopt, "",
                            [&](std::string_view name, const InodePtr& tree) -> Result<bool> {
                              EntryKey key{.parent = kDetachedTrees, .name = std::string(name)};
                              if (key == detached_key(tree->id, Charged::kNo)) uncharged.emplace_back(key, tree);
                              return true;
                            }));
  for (const auto& [key, tree] : uncharged) {
    DFS_TRY_OK(move_inode(key, detached_key(tree->id, Charged::kYes), tree));
  }
  return {};
}

Result<void> RecordChange::charge_root(const QuotaCounts& change) {
  DFS_TRY(InodePtr root, inode_at(*this, kNoInode, ""));
  if (!root) return fail(ErrorCode::kIllegalState, "The namespace has no root: it is not formatted.");
  return charge(InodePath({}, {std::move(root)}), 1, change);
}

Result<void> RecordChange::charge(const InodePath& path, size_t count, const QuotaCounts& change) {
  if (change == QuotaCounts()) return {};
  for (size_t i = 0; i < count; ++i) {
    const InodeRow& directory = *path.at(i);
    if (!has_usage_row(directory)) continue;
    DFS_TRY(std::optional<QuotaCounts> used, find_quota_usage(*this, directory.id));
    if (!used) return fail(ErrorCode::kCorruptFormat, path.path(i) + ": nothing says what is in it for its quota");
    *used += change;
    put_quota_usage(directory, *used);
  }
  return {};
}

Result<void> RecordChange::move_inode(const EntryKey& from, const EntryKey& to, const InodePtr& inode) {
  DFS_TRY_OK(erase_entry(from));
  DFS_TRY(bool any, has_snapshots());
  if (any) {
    DFS_TRY_OK(put_inode(to, *inode));
  } else {
    put_entry(to, inode);
  }
  put(Table::kInodeIndex, inode_key(inode->id), encode(to));
  return {};
}

Result<void> RecordChange::touch(const InodePath& path, size_t position, int children, uint64_t modification_time_ms) {
  EntryKey key = path.key(position);
  const RowContent* changed = rows_.find(Table::kEntries, entry_key(key.parent, key.name));
  const InodePtr& now = changed != nullptr ? changed->inode : path.shared(position);
  DFS_CHECK(now != nullptr);
  InodeRow row = *now;
  row.child_count = uint32_t(int64_t(row.child_count) + children);
  row.modification_time_ms = std::max(row.modification_time_ms, modification_time_ms);
  return put_inode(key, std::move(row));
}

void RecordChange::put_block(InodeId file, uint32_t index, const BlockRow& block, bool is_new) {
  put(Table::kFileBlocks, file_block_key(file, index), encode(block));
  if (is_new) put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{.file = file, .index = index}));
}

void RecordChange::open(InodeId file, const OpenFileRow& row) {
  put(Table::kOpenFiles, inode_key(file), encode(row));
  effects_.opened.push_back({file, row.holder});
}

void RecordChange::close(InodeId file) {
  erase(Table::kOpenFiles, inode_key(file));
  effects_.closed.push_back(file);
}

Result<void> RecordChange::add_to(Counter which, int64_t delta) {
  if (delta == 0) return {};
  DFS_TRY(uint64_t value, counter(*this, which));
  put(Table::kMeta, counter_key(which), encode_counter(uint64_t(int64_t(value) + delta)));
  return {};
}

Result<void> RecordChange::raise(Counter which, uint64_t value) {
  DFS_TRY(uint64_t current, counter(*this, which));
  if (value > current) put(Table::kMeta, counter_key(which), encode_counter(value));
  return {};
}

}  // namespace dfs::namenode
