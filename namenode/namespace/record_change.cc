#include "namenode/namespace/record_change.h"

#include <algorithm>

#include "namenode/namespace/permission.h"
#include "proto/base/check.h"

namespace dfs::namenode {

EntryKey parent_key(const InodePath& path) {
  DFS_CHECK(path.parent() != nullptr);
  size_t position = path.length() - 2;
  if (position == 0) return EntryKey{.parent = kNoInode, .name = ""};
  return EntryKey{.parent = path.at(position - 1)->id, .name = path.components()[position - 1]};
}

Result<std::optional<std::string>> RecordChange::get(Table table, std::string_view key) const {
  if (auto found = rows_.find(std::pair(table, std::string(key))); found != rows_.end()) return found->second;
  return view_.get(table, key);
}

void RecordChange::put(Table table, std::string key, std::string value) {
  rows_[std::pair(table, std::move(key))] = std::move(value);
}
void RecordChange::erase(Table table, std::string key) {
  rows_[std::pair(table, std::move(key))] = std::nullopt;
}

void RecordChange::finish() {
  for (auto& [row, value] : rows_) {
    if (value) {
      batch_.put(row.first, row.second, *std::move(value));
    } else {
      batch_.erase(row.first, row.second);
    }
  }
  rows_.clear();
}

Result<void> RecordChange::add_inode(const EntryKey& parent, std::string name, const InodeRow& inode) {
  DFS_TRY(std::optional<InodeRow> directory, find_entry(*this, parent.parent, parent.name));
  DFS_CHECK(directory.has_value());
  EntryKey key{.parent = directory->id, .name = std::move(name)};
  put_inode(key, inode);
  put(Table::kInodeIndex, inode_key(inode.id), encode(key));
  DFS_TRY_OK(touch_directory(parent, 1, inode.modification_time_ms));
  DFS_TRY_OK(raise(Counter::kLastInodeId, raw(inode.id)));
  return add_to(inode.type == InodeType::kDirectory ? Counter::kDirectoryCount : Counter::kFileCount, 1);
}

Result<void> RecordChange::remove_inode(const EntryKey& key, const InodeRow& inode) {
  erase(Table::kEntries, entry_key(key.parent, key.name));
  erase(Table::kInodeIndex, inode_key(inode.id));
  return add_to(inode.type == InodeType::kDirectory ? Counter::kDirectoryCount : Counter::kFileCount, -1);
}

Result<void> RecordChange::remove_blocks_of(const InodeRow& file) {
  if (file.block_count == 0) return {};
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(*this, file.id));
  for (uint32_t index = 0; index < blocks.size(); ++index) remove_block(file.id, index, blocks[index].id);
  return add_to(Counter::kBlockCount, -int64_t(blocks.size()));
}

Result<QuotaCounts> RecordChange::remove_tree(const EntryKey& key, const InodeRow& inode, uint8_t inherited_policy) {
  struct Doomed {
    EntryKey key;
    InodeRow row;
    uint8_t inherited_policy;
  };
  QuotaCounts removed;
  std::vector<Doomed> left{{key, inode, inherited_policy}};
  while (!left.empty()) {
    const auto [entry, row, inherited] = std::move(left.back());
    left.pop_back();
    DFS_TRY(QuotaCounts counts, counts_of(view_, row, inherited));
    removed += counts;
    if (row.type == InodeType::kDirectory && row.child_count > 0) {
      const uint8_t policy = row.storage_policy != 0 ? row.storage_policy : inherited;
      DFS_TRY_OK(for_each_child(view_, row.id, [&](std::string_view name, const InodeRow& child) -> Result<bool> {
        left.push_back({EntryKey{.parent = row.id, .name = std::string(name)}, child, policy});
        return true;
      }));
    }
    if (has_usage_row(row)) erase(Table::kQuotaUsage, inode_key(row.id));
    if (row.under_construction) close(row.id);
    if (row.type == InodeType::kFile) DFS_TRY_OK(remove_blocks_of(row));
    DFS_TRY_OK(remove_inode(entry, row));
  }
  return removed;
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

Result<void> RecordChange::move_inode(const EntryKey& from, const EntryKey& to, const InodeRow& inode) {
  erase(Table::kEntries, entry_key(from.parent, from.name));
  put_inode(to, inode);
  put(Table::kInodeIndex, inode_key(inode.id), encode(to));
  return {};
}

Result<void> RecordChange::touch_directory(const EntryKey& directory, int children, uint64_t modification_time_ms) {
  DFS_TRY(std::optional<InodeRow> row, find_entry(*this, directory.parent, directory.name));
  DFS_CHECK(row.has_value());
  row->child_count = uint32_t(int64_t(row->child_count) + children);
  row->modification_time_ms = std::max(row->modification_time_ms, modification_time_ms);
  put_inode(directory, *row);
  return {};
}

void RecordChange::put_block(InodeId file, uint32_t index, const BlockRow& block, bool is_new) {
  put(Table::kFileBlocks, file_block_key(file, index), encode(block));
  if (is_new) put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{.file = file, .index = index}));
}

void RecordChange::remove_block(InodeId file, uint32_t index, BlockId block) {
  erase(Table::kFileBlocks, file_block_key(file, index));
  erase(Table::kBlockIndex, block_key(block));
  effects_.removed_blocks.push_back(block);
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
