#include <fmt/format.h>

#include <algorithm>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/apply_records.h"
#include "namenode/namespace/file_blocks.h"
#include "namenode/namespace/quota.h"

// What FSEditLogLoader does with the records of files.
namespace dfs::namenode {
namespace {

BlockRow row_of(const EditBlock& block, BlockState state) {
  return BlockRow{
      .id = block.id, .generation_stamp = block.generation_stamp, .length = block.num_bytes, .state = state};
}

void complete(BlockRow& row, RecordChange& change) {
  row.state = BlockState::kComplete;
  row.truncate_length.reset();
  row.copied_from.reset();
  change.effects().completed_blocks.push_back(row.id);
}

uint64_t total_length(const std::vector<BlockRow>& blocks) {
  uint64_t total = 0;
  for (const BlockRow& block : blocks) total += block.length;
  return total;
}

enum class LastBlock : bool { kStaysOpen, kCompletes };

// The file's blocks become those of the record (FSEditLogLoader.updateBlocks): of the last one another stamp and
// length, one fewer at the end, or more. `file` is changed and not yet put.
Result<void> update_blocks(std::string_view path, const std::vector<EditBlock>& blocks, LastBlock last, InodeRow& file,
                           RecordChange& change) {
  DFS_TRY(std::vector<BlockRow> rows, blocks_of_file(change, file));
  const size_t common = std::min(rows.size(), blocks.size());
  for (size_t i = 0; i < common; ++i) {
    const EditBlock& block = blocks[i];
    BlockRow& row = rows[i];
    const bool is_last = i + 1 == blocks.size();
    const bool may_restamp = is_last && rows.size() == blocks.size();
    if (row.id != block.id || (row.generation_stamp != block.generation_stamp && !may_restamp)) {
      return fail(misfit(path, fmt::format("block {} is {}_{} and not {}_{}", i, raw(row.id), raw(row.generation_stamp),
                                           raw(block.id), raw(block.generation_stamp))));
    }
    const BlockRow before = row;
    row.length = block.num_bytes;
    row.generation_stamp = block.generation_stamp;
    DFS_TRY_OK(change.raise(Counter::kGenerationStamp, raw(block.generation_stamp)));
    if (row.state != BlockState::kComplete && (!is_last || last == LastBlock::kCompletes)) {
      complete(row, change);
    }
    if (row != before) change.put_block(file.id, uint32_t(i), row, false);
    if (row.copied_from != before.copied_from) {
      DFS_TRY_OK(change.drop_unneeded_blocks(file.id, RecordChange::InTree::kYes));
    }
  }
  if (blocks.size() < rows.size()) {
    if (!file.under_construction || blocks.size() + 1 != rows.size()) {
      return fail(misfit(path, fmt::format("{} of {} blocks are to go", rows.size() - blocks.size(), rows.size())));
    }
    DFS_TRY_OK(change.retire_block(file.id, uint32_t(blocks.size()), rows.back()));
    rows.pop_back();
  }
  const size_t known = rows.size();
  for (size_t i = known; i < blocks.size(); ++i) {
    const bool complete = last == LastBlock::kCompletes || i + 1 < blocks.size();
    rows.push_back(row_of(blocks[i], complete ? BlockState::kComplete : BlockState::kUnderConstruction));
    change.put_block(file.id, uint32_t(i), rows.back(), true);
    if (complete) change.effects().completed_blocks.push_back(blocks[i].id);
  }
  DFS_TRY_OK(change.add_to(Counter::kBlockCount, int64_t(rows.size() - known)));
  file.block_count = uint32_t(rows.size());
  file.length = total_length(rows);
  return {};
}

// FSDirAppendOp.prepareFileForAppend: `file` is changed and not yet put.
Result<void> reopen(InodeRow& file, const OpenFileRow& holder, bool new_block, RecordChange& change) {
  file.under_construction = true;
  change.open(file.id, holder);
  if (new_block || file.block_count == 0) return {};
  DFS_TRY(std::optional<BlockRow> last, find_file_block(change, file.id, file.block_count - 1));
  if (!last || last->length == file.preferred_block_size) return {};
  last->state = BlockState::kUnderConstruction;
  change.put_block(file.id, file.block_count - 1, *last, false);
  return {};
}

// Charges what a file that has changed takes more of quotas than before.
Result<void> charge_more(const InodePath& path, const QuotaCounts& before, const InodeRow& file, RecordChange& change) {
  DFS_TRY(QuotaCounts after, counts_of(change, file, policy_of(path)));
  return change.charge(path, path.length() - 1, after -= before);
}
Result<QuotaCounts> counts_of(const InodePath& path, const RecordChange& change) {
  return counts_of(change, *path.last(), policy_of(path));
}

}  // namespace

Result<void> apply_record(const AddOp& op, RecordChange& change) {
  if (op.erasure_coding_policy_id != 0) {
    return fail(ErrorCode::kUnsupported, op.path + ": erasure coding is not supported yet");
  }
  const OpenFileRow holder{.holder = op.client_name, .client_machine = op.client_machine};
  DFS_TRY(InodePath path, resolve(change, op.path));
  if (path.last() != nullptr && path.last()->type == InodeType::kFile && !op.overwrite) {
    InodeRow file = *path.last();
    DFS_TRY(QuotaCounts before, counts_of(path, change));
    if (!file.under_construction) {
      DFS_TRY_OK(change.keep_version(path.key()));
      DFS_TRY_OK(reopen(file, holder, false, change));
    }
    file.access_time_ms = op.atime_ms;
    file.modification_time_ms = op.mtime_ms;
    DFS_TRY_OK(update_blocks(op.path, op.blocks, LastBlock::kStaysOpen, file, change));
    DFS_TRY_OK(charge_more(path, before, file, change));
    change.put_entry(path.key(), std::move(file));
    return {};
  }
  QuotaCounts replaced;
  if (path.last() != nullptr) {
    if (path.last()->type != InodeType::kFile) return fail(misfit(op.path, "it is not a file"));
    DFS_TRY(replaced,
            change.remove_tree(path.key(), path.shared(path.length() - 1), policy_above(path, path.length() - 1)));
    DFS_TRY_OK(change.touch_parent(path, -1, op.mtime_ms));
  } else {
    DFS_TRY(path, new_path(change, op.path));
  }
  InodeRow file = new_inode(InodeType::kFile, op.inode_id, op.permissions, op.mtime_ms);
  file.access_time_ms = op.atime_ms;
  file.replication = op.replication;
  file.preferred_block_size = op.block_size;
  file.under_construction = true;
  file.storage_policy = op.storage_policy_id;
  file.xattrs = op.xattrs;
  if (!op.acl_entries.empty()) DFS_TRY_OK(set_acl(file, op.acl_entries));
  DFS_TRY_OK(update_blocks(op.path, op.blocks, LastBlock::kStaysOpen, file, change));
  change.open(file.id, holder);
  DFS_TRY(QuotaCounts added, counts_of(change, file, policy_above(path, path.length() - 1)));
  DFS_TRY_OK(change.charge(path, path.length() - 1, added -= replaced));
  return change.add_inode(path, std::move(file));
}

Result<void> apply_record(const CloseOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.path));
  InodeRow file = *path.last();
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  DFS_TRY_OK(update_blocks(op.path, op.blocks, LastBlock::kCompletes, file, change));
  if (file.under_construction) {
    file.under_construction = false;
    change.close(file.id);
    // A snapshot that was taken while the file was written has all of it.
    change.put_entry(path.key(), file);
  }
  file.access_time_ms = op.atime_ms;
  file.modification_time_ms = op.mtime_ms;
  DFS_TRY_OK(charge_more(path, before, file, change));
  return change.put_inode(path.key(), std::move(file));
}

Result<void> apply_record(const AppendOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.path));
  InodeRow file = *path.last();
  if (file.under_construction) return {};
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  DFS_TRY_OK(change.keep_version(path.key()));
  DFS_TRY_OK(reopen(file, {.holder = op.client_name, .client_machine = op.client_machine}, op.new_block, change));
  DFS_TRY_OK(charge_more(path, before, file, change));
  return change.put_inode(path.key(), std::move(file));
}

Result<void> apply_record(const AddBlockOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.path));
  InodeRow file = *path.last();
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  if (op.penultimate_block.has_value() != (file.block_count > 0)) {
    return fail(misfit(op.path, fmt::format("it has {} blocks before this one", file.block_count)));
  }
  if (op.penultimate_block) {
    const EditBlock& block = *op.penultimate_block;
    DFS_TRY(std::optional<BlockRow> row, find_file_block(change, file.id, file.block_count - 1));
    if (!row || row->id != block.id || row->generation_stamp != block.generation_stamp) {
      return fail(
          misfit(op.path, fmt::format("its last block is not {}_{}", raw(block.id), raw(block.generation_stamp))));
    }
    file.length += block.num_bytes - row->length;
    const BlockRow stored = *row;
    row->length = block.num_bytes;
    if (row->state != BlockState::kComplete) complete(*row, change);
    if (*row != stored) change.put_block(file.id, file.block_count - 1, *row, false);
    if (row->copied_from != stored.copied_from) {
      DFS_TRY_OK(change.drop_unneeded_blocks(file.id, RecordChange::InTree::kYes));
    }
  }
  change.put_block(file.id, file.block_count, row_of(op.last_block, BlockState::kUnderConstruction), true);
  ++file.block_count;
  file.length += op.last_block.num_bytes;
  DFS_TRY_OK(change.add_to(Counter::kBlockCount, 1));
  DFS_TRY_OK(charge_more(path, before, file, change));
  change.put_entry(path.key(), std::move(file));
  return {};
}

Result<void> apply_record(const UpdateBlocksOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.path));
  InodeRow file = *path.last();
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  DFS_TRY_OK(update_blocks(op.path, op.blocks, LastBlock::kStaysOpen, file, change));
  DFS_TRY_OK(charge_more(path, before, file, change));
  change.put_entry(path.key(), std::move(file));
  return {};
}

Result<void> apply_record(const TruncateOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.source));
  InodeRow file = *path.last();
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(change, file));
  size_t kept = 0;
  uint64_t length = 0;
  for (; kept < blocks.size() && op.new_length > length; ++kept) length += blocks[kept].length;
  if (length < op.new_length) return fail(misfit(op.source, "it is shorter than what it is to be cut to"));
  DFS_TRY_OK(change.keep_version(path.key()));
  for (size_t i = kept; i < blocks.size(); ++i) DFS_TRY_OK(change.retire_block(file.id, uint32_t(i), blocks[i]));
  file.block_count = uint32_t(kept);
  file.length = length;
  file.modification_time_ms = op.timestamp_ms;
  if ((length == op.new_length) == op.truncate_block.has_value()) {
    return fail(misfit(op.source, "the new length is at the end of a block only if no block is to be cut"));
  }
  if (op.truncate_block) {
    BlockRow& last = blocks[kept - 1];
    const uint64_t cut_length = last.length - (length - op.new_length);
    const bool copies = last.id != op.truncate_block->id;
    if (copies) {
      DFS_TRY(bool kept_whole, change.retire_block(file.id, uint32_t(kept - 1), last));
      if (!kept_whole) return fail(misfit(op.source, "a block is to be copied that no snapshot has"));
      file.length = op.new_length;
      last = {.id = op.truncate_block->id,
              .generation_stamp = op.truncate_block->generation_stamp,
              .length = cut_length,
              .copied_from = last.id};
      DFS_TRY_OK(change.raise(Counter::kLastBlockId, raw(last.id)));
      DFS_TRY_OK(change.add_to(Counter::kBlockCount, 1));
    }
    last.state = BlockState::kUnderConstruction;
    last.truncate_length = cut_length;
    change.put_block(file.id, uint32_t(kept - 1), last, copies);
    DFS_TRY_OK(change.raise(Counter::kGenerationStamp, raw(op.truncate_block->generation_stamp)));
    file.under_construction = true;
    change.open(file.id, {.holder = op.client_name, .client_machine = op.client_machine});
  }
  DFS_TRY_OK(charge_more(path, before, file, change));
  return change.put_inode(path.key(), std::move(file));
}

Result<void> apply_record(const ConcatDeleteOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.target));
  InodeRow target = *path.last();
  DFS_TRY(QuotaCounts before, counts_of(path, change));
  const uint8_t policy = policy_above(path, path.length() - 1);
  bool replication_changes = false;
  for (const std::string& source : op.sources) {
    DFS_TRY(InodePath source_path, existing_file(change, source));
    const InodeRow& row = *source_path.last();
    if (row.id == target.id) return fail(misfit(source, "it is the target of the concat"));
    DFS_TRY(QuotaCounts joined, counts_of(change, row, policy));
    before += joined;
    DFS_TRY(std::vector<BlockRow> blocks, blocks_of_file(change, row));
    for (uint32_t i = 0; i < blocks.size(); ++i) {
      change.erase(Table::kFileBlocks, file_block_key(row.id, i));
      change.put_block(target.id, target.block_count++, blocks[i], true);
      target.length += blocks[i].length;
    }
    replication_changes = replication_changes || row.replication != target.replication;
    DFS_TRY_OK(change.remove_inode(source_path.key(), row));
    DFS_TRY_OK(change.touch_parent(source_path, -1, 0));
  }
  target.modification_time_ms = op.timestamp_ms;
  DFS_TRY_OK(change.put_inode(path.key(), target));
  DFS_TRY_OK(charge_more(path, before, target, change));
  if (replication_changes) change.effects().replication_changed.push_back(target.id);
  return change.touch_parent(path, 0, op.timestamp_ms);
}

Result<void> apply_record(const ReassignLeaseOp& op, RecordChange& change) {
  DFS_TRY(InodePath path, existing_file(change, op.path));
  DFS_TRY(std::optional<std::string> bytes, change.get(Table::kOpenFiles, inode_key(path.last()->id)));
  if (!bytes) return fail(misfit(op.path, "it is not open for writing"));
  DFS_TRY(OpenFileRow row, decode<OpenFileRow>(*bytes));
  row.holder = op.new_holder;
  change.open(path.last()->id, row);
  return {};
}

Result<void> apply_record(const AllocateBlockIdOp& op, RecordChange& change) {
  // Ids with the highest bit set are of striped block groups, which have a counter of their own.
  if (int64_t(raw(op.block_id)) < 0) return {};
  return change.raise(Counter::kLastBlockId, raw(op.block_id));
}

Result<void> apply_record(const SetGenstampV2Op& op, RecordChange& change) {
  return change.raise(Counter::kGenerationStamp, raw(op.generation_stamp));
}

}  // namespace dfs::namenode
