#include "namenode/namespace/retries.h"

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/operations/files.h"
#include "namenode/namespace/operations/open_files.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/settings.h"
#include "namenode/namespace/snapshots.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

constexpr size_t kClientIdBytes = 16;

// The RPC layer's own calls have an id below zero.
bool can_be_repeated(const RpcIds& ids) {
  return ids.client_id.size() == kClientIdBytes && ids.call_id >= 0;
}

// Single rows as they are when `batch` has been written.
class Written final : public View {
 public:
  Written(const View& before, const Batch& batch) : before_(before), batch_(batch) {}
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    for (auto change = batch_.changes().rbegin(); change != batch_.changes().rend(); ++change) {
      if (change->table == table && change->key == key) return change->bytes();
    }
    return before_.get(table, key);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return before_.scan(table, prefix, from, visit);
  }

 private:
  const View& before_;
  const Batch& batch_;
};

Result<InodeRow> written_file(const View& written, const std::string& path) {
  DFS_TRY(InodePath resolved, resolve(written, path));
  if (resolved.last() == nullptr) return fail(ErrorCode::kCorruptFormat, path + " is not there to be answered with");
  return *resolved.last();
}

// The row of a file that `batch` makes or changes, as it stands there.
std::optional<std::string> changed_file(InodeId id, const Batch& batch) {
  for (const Batch::Change& change : batch.changes()) {
    if (change.inode && change.inode->id == id) return encode(*change.inode);
  }
  return std::nullopt;
}

// `inode` and the last block as append() answers with it, less the replicas, which may be others by then.
Result<std::string> answer_of(const AppendOp& op, const View& written) {
  DFS_TRY(InodeRow file, written_file(written, op.path));
  std::string answer;
  ByteWriter out(answer);
  const std::string inode = encode(file);
  out.varint(inode.size());
  out.bytes(inode);
  std::optional<BlockRow> last;
  if (file.block_count > 0) {
    DFS_TRY(last, find_file_block(written, file.id, file.block_count - 1));
  }
  const bool goes_on = last && (op.new_block || last->length != file.preferred_block_size);
  out.u8(goes_on ? (op.new_block ? 1 : 2) : 0);
  if (!goes_on) return answer;
  out.varint(raw(last->id));
  out.varint(raw(last->generation_stamp));
  out.varint(last->length);
  return answer;
}

Result<std::string> answer_of(const EditRecord& record, const View& before, const Batch& batch) {
  const Written written(before, batch);
  if (const auto* add = std::get_if<AddOp>(&record)) {
    if (std::optional<std::string> made = changed_file(add->inode_id, batch)) return *std::move(made);
    DFS_TRY(InodeRow file, written_file(written, add->path));
    return encode(file);
  }
  if (const auto* append = std::get_if<AppendOp>(&record)) return answer_of(*append, written);
  if (const auto* truncate = std::get_if<TruncateOp>(&record)) {
    return std::string(1, truncate->truncate_block ? '\0' : '\1');
  }
  if (const auto* snapshot = std::get_if<CreateSnapshotOp>(&record)) {
    return snapshot_path(snapshot->snapshot_root, snapshot->snapshot_name);
  }
  return std::string();
}

void put_row(const RpcIds& ids, RetryRow row, const NamespaceSettings& settings, WallTime wall, Batch& batch) {
  if (!can_be_repeated(ids) || settings.retry_expiry.count() <= 0) return;
  row.created_ms = to_millis(wall);
  batch.put(Table::kRetries, retry_key(retry_period(settings, wall), ids.client_id, ids.call_id), encode(row));
}

}  // namespace

const RpcIds& ids_to_remember(const EditRecord& record, const RpcIds& caller) {
  static const RpcIds kNone;
  if (std::holds_alternative<TruncateOp>(record)) return caller;
  // Hadoop has a place for ids in OP_ADD_BLOCK, but addBlock finds out by itself that it is repeated.
  if (std::holds_alternative<AddBlockOp>(record)) return kNone;
  const RpcIds* ids = rpc_ids_of(record);
  return ids != nullptr ? *ids : kNone;
}

Result<void> remember_answer(const EditRecord& record, const RpcIds& ids, const View& before,
                             const NamespaceSettings& settings, WallTime wall, Batch& batch) {
  if (!can_be_repeated(ids) || settings.retry_expiry.count() <= 0) return {};
  DFS_TRY(std::string answer, answer_of(record, before, batch));
  put_row(ids, {.operation = uint8_t(code_of(record)), .answer = std::move(answer)}, settings, wall, batch);
  return {};
}

void remember_unlogged(const RpcIds& ids, const NamespaceSettings& settings, WallTime wall, Batch& batch) {
  put_row(ids, {.operation = kNotInLog}, settings, wall, batch);
}

Result<std::optional<RetryRow>> find_retry(const View& view, const RpcIds& ids, uint8_t operation,
                                           const NamespaceSettings& settings, WallTime wall) {
  const std::optional<RetryRow> none;
  if (!can_be_repeated(ids) || settings.retry_expiry.count() <= 0) return none;
  const uint64_t period = retry_period(settings, wall);
  const auto length = uint64_t(settings.retry_expiry.count());
  for (uint64_t candidate : {period, period - std::min(period, length)}) {
    DFS_TRY(auto bytes, view.get(Table::kRetries, retry_key(candidate, ids.client_id, ids.call_id)));
    if (!bytes) continue;
    DFS_TRY(RetryRow row, decode<RetryRow>(*bytes));
    // A clock that was set back leaves rows of the future, which count.
    if (row.operation == operation && to_millis(wall) < row.created_ms + length) return row;
  }
  return none;
}

uint64_t retry_period(const NamespaceSettings& settings, WallTime wall) {
  const auto length = uint64_t(std::max<int64_t>(1, settings.retry_expiry.count()));
  return to_millis(wall) / length * length;
}

void forget_retries(const NamespaceSettings& settings, WallTime wall, Batch& batch) {
  const auto length = uint64_t(std::max<int64_t>(1, settings.retry_expiry.count()));
  const uint64_t period = retry_period(settings, wall);
  batch.erase_before(Table::kRetries, retry_key(period - std::min(period, length), {}, 0).substr(0, sizeof(period)));
}

template <>
Result<bool> first_answer(const View&, const RetryRow& row) {
  return row.answer.empty() || row.answer[0] != '\0';
}

template <>
Result<Done> first_answer(const View&, const RetryRow&) {
  return Done{};
}

template <>
Result<std::string> first_answer(const View&, const RetryRow& row) {
  return row.answer;
}

namespace {

// The policy is the one that the file has now, for a row knows none that is inherited.
Result<FileStatus> status_again(const View& view, InodePtr file) {
  uint8_t policy = file->storage_policy;
  if (policy == 0) {
    DFS_TRY(std::optional<InodePath> path, resolve_inode(view, file->id));
    if (path) policy = policy_of(*path);
  }
  return FileStatus{.inode = std::move(file), .storage_policy = policy};
}

}  // namespace

template <>
Result<FileStatus> first_answer(const View& view, const RetryRow& row) {
  DFS_TRY(InodePtr file, decode_inode(row.answer));
  return status_again(view, std::move(file));
}

template <>
Result<operations::Appended> first_answer(const View& view, const RetryRow& row) {
  operations::Appended appended;
  ByteReader in(row.answer);
  DFS_TRY(uint64_t length, in.varint());
  DFS_TRY(ByteView inode, in.bytes(length));
  DFS_TRY(InodePtr file, decode_inode(as_text(inode)));
  DFS_TRY(appended.file, status_again(view, std::move(file)));
  DFS_TRY(uint8_t kind, in.u8());
  if (kind == 0) return appended;
  LocatedBlock block;
  DFS_TRY(uint64_t id, in.varint());
  DFS_TRY(uint64_t stamp, in.varint());
  DFS_TRY(block.length, in.varint());
  block.id = BlockId(id);
  block.generation_stamp = GenerationStamp(stamp);
  block.offset = uint64_t(-1);
  if (kind == 2) {
    block.offset = appended.file.inode->length - block.length;
    DFS_TRY(block.storages, operations::storages_of(view, block.id));
  }
  appended.last_block = std::move(block);
  return appended;
}

}  // namespace dfs::namenode
