#include "namenode/store/rows.h"

#include <limits>
#include <type_traits>

#include "proto/base/bytes.h"
#include "proto/base/check.h"

// A row is a sequence of fields: numbers as varints, strings as a varint of their length and their bytes. A newer Tusk
// appends fields at the end, and an older one does not read them; a field, once there, keeps its place for good.

namespace dfs::namenode {
namespace {

enum InodeFlag : uint64_t {
  kTypeMask = 3,
  kUnderConstruction = 1 << 2,
  kHasFileFields = 1 << 3,
  kHasSymlinkTarget = 1 << 4,
  kHasXattrs = 1 << 5,
  kHasAcl = 1 << 6,
  kHasNamespaceQuota = 1 << 7,
  kHasStorageSpaceQuota = 1 << 8,
  kHasChildCount = 1 << 9,
  kHasTypeQuotas = 1 << 10,
  kSnapshottable = 1 << 11,
  kVersioned = 1 << 12,
};

// Of a block.
enum BlockFlag : uint64_t { kTruncates = 1 << 0, kIsCopy = 1 << 1 };
// Beside a block's index: the block stands in kBlockVersions.
constexpr uint64_t kInVersion = uint64_t{1} << 32;

template <class... Fields>
std::string key_of(Fields... fields) {
  std::string key;
  key.reserve((sizeof(Fields) + ... + 0));
  ByteWriter out(key);
  auto append = [&](auto field) {
    if constexpr (sizeof(field) == 8) {
      out.u64(uint64_t(field));
    } else {
      out.u32(uint32_t(field));
    }
  };
  (append(fields), ...);
  return key;
}

class RowWriter {
 public:
  template <class T>
  RowWriter& number(T value) {
    out_.varint(uint64_t(value));
    return *this;
  }
  RowWriter& string(std::string_view value) {
    out_.varint(value.size());
    out_.bytes(value);
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  ByteWriter out_{bytes_};
};

// Reads field after field. The first that is not right, or not there, is remembered, and those after it are left as
// they were: the end says so.
class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  template <class T>
  static constexpr uint64_t largest() {
    if constexpr (std::is_enum_v<T>) {
      return std::numeric_limits<std::underlying_type_t<T>>::max();
    } else {
      return std::numeric_limits<T>::max();
    }
  }
  // `max`: the largest value that the field can hold.
  template <class T>
  RowReader& number(T& field, uint64_t max = largest<T>()) {
    const uint64_t value = varint();
    if (value > max) break_off("a number is out of its range");
    if (!broken_) field = T(value);
    return *this;
  }
  template <class T>
  RowReader& number(std::optional<T>& field) {
    return number(field.emplace());
  }
  RowReader& string(std::string& field) {
    const uint64_t length = varint();
    if (length > remaining()) break_off("it is cut off");
    if (!broken_) field.assign(at_, length), at_ += length;
    return *this;
  }
  size_t remaining() const { return size_t(end_ - at_); }
  void break_off(const char* reason) {
    if (!broken_) broken_ = reason;
    at_ = end_;
  }
  bool broken() const { return broken_ != nullptr; }

  template <class Row>
  Result<Row> end(Row&& row) const {
    if (broken_) return fail(ErrorCode::kCorruptFormat, std::string("table row: ") + broken_);
    return std::forward<Row>(row);
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = uint8_t(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    break_off("it is cut off");
    return 0;
  }

  const char* at_;
  const char* end_;
  const char* broken_ = nullptr;
};

template <class Row>
Result<std::optional<Row>> find(const View& view, Table table, const std::string& key) {
  DFS_TRY(std::optional<std::string> bytes, view.get(table, key));
  if (!bytes) return std::optional<Row>();
  DFS_TRY(Row row, decode<Row>(*bytes));
  return std::optional<Row>(std::move(row));
}

// Every row below `prefix`, each made by `decode_row(key, value)`.
template <class Row, class Decode>
Result<std::vector<Row>> collect(const View& view, Table table, const std::string& prefix, Decode decode_row) {
  std::vector<Row> rows;
  std::optional<Error> error;
  DFS_TRY_OK(view.scan(table, prefix, [&](std::string_view key, std::string_view value) {
    Result<Row> row = decode_row(key, value);
    if (!row) {
      error = std::move(row).error();
      return false;
    }
    rows.push_back(*std::move(row));
    return true;
  }));
  if (error) return fail(*std::move(error));
  return rows;
}

}  // namespace

std::string entry_key(InodeId parent, std::string_view name) {
  std::string key = key_of(parent);
  key.append(name);
  return key;
}
std::string inode_key(InodeId id) {
  return key_of(id);
}
std::string file_block_key(InodeId file, uint32_t index) {
  return key_of(file, index);
}
std::string block_key(BlockId id) {
  return key_of(id);
}
std::string replica_key(BlockId id, StorageNumber storage) {
  return key_of(id, storage);
}
std::string storage_replica_key(StorageNumber storage, BlockId id) {
  return key_of(storage, id);
}
std::string storage_key(StorageNumber storage) {
  return key_of(storage);
}
std::string counter_key(Counter counter) {
  return std::string("counter/") + char(counter);
}

std::string retry_key(uint64_t period, std::string_view client, int32_t call) {
  std::string key = key_of(period);
  key.append(client);
  ByteWriter(key).u32(uint32_t(call));
  return key;
}

namespace {

// What of a snapshottable directory is in kSnapshots, after its id.
constexpr char kBySnapshotId = 'i';
constexpr char kByName = 'n';
// Behind a name in a key comes a byte that is smaller than all in names, so that keys are in order of names.
constexpr size_t kVersionSuffix = 1 + sizeof(uint32_t);

std::string newest_first(SnapshotId snapshot) {
  return key_of(~uint32_t(snapshot));
}
SnapshotId of_newest_first(std::string_view key) {
  return SnapshotId(~load_big_endian<uint32_t>(key.data()));
}

}  // namespace

std::string snapshottable_key(InodeId directory) {
  return key_of(directory);
}
std::string snapshots_prefix(InodeId directory) {
  return key_of(directory) + kBySnapshotId;
}
std::string snapshot_key(InodeId directory, SnapshotId snapshot) {
  return snapshots_prefix(directory) + newest_first(snapshot);
}
std::string snapshot_names_prefix(InodeId directory) {
  return key_of(directory) + kByName;
}
std::string snapshot_name_key(InodeId directory, std::string_view name) {
  return snapshot_names_prefix(directory).append(name);
}
std::string versions_prefix(const EntryKey& entry) {
  return entry_key(entry.parent, entry.name) + '\0';
}
std::string version_key(const EntryKey& entry, SnapshotId snapshot) {
  return versions_prefix(entry) + key_of(snapshot);
}
std::string inode_version_key(InodeId id, SnapshotId snapshot) {
  return inode_key(id) + newest_first(snapshot);
}
std::string snapshot_version_prefix(SnapshotId snapshot) {
  return key_of(snapshot);
}
std::string snapshot_version_key(SnapshotId snapshot, const EntryKey& entry) {
  return key_of(snapshot) + entry_key(entry.parent, entry.name);
}
std::string block_versions_prefix(InodeId file, uint32_t index) {
  return file_block_key(file, index);
}
std::string block_version_key(InodeId file, uint32_t index, SnapshotId snapshot) {
  return key_of(file, index, snapshot);
}
SnapshotId snapshot_of_snapshot_key(std::string_view key) {
  DFS_CHECK(key.size() == 13);
  return of_newest_first(key.substr(9));
}
VersionKey decode_version_key(std::string_view key) {
  DFS_CHECK(key.size() >= sizeof(InodeId) + kVersionSuffix);
  const size_t end = key.size() - kVersionSuffix;
  return {.entry = decode_entry_key(key.substr(0, end)),
          .snapshot = SnapshotId(load_big_endian<uint32_t>(key.data() + end + 1))};
}
SnapshotId snapshot_of_inode_version_key(std::string_view key) {
  DFS_CHECK(key.size() == 12);
  return of_newest_first(key.substr(8));
}
EntryKey entry_of_snapshot_version_key(std::string_view key) {
  DFS_CHECK(key.size() >= 12);
  return decode_entry_key(key.substr(4));
}
BlockVersionKey decode_block_version_key(std::string_view key) {
  DFS_CHECK(key.size() == 16);
  return {.index = load_big_endian<uint32_t>(key.data() + 8),
          .snapshot = SnapshotId(load_big_endian<uint32_t>(key.data() + 12))};
}

EntryKey decode_entry_key(std::string_view key) {
  DFS_CHECK(key.size() >= 8);
  return EntryKey{.parent = InodeId(load_big_endian<uint64_t>(key.data())), .name = std::string(key.substr(8))};
}
BlockId block_of_storage_replica_key(std::string_view key) {
  DFS_CHECK(key.size() == 12);
  return BlockId(load_big_endian<uint64_t>(key.data() + 4));
}
StorageNumber storage_of_replica_key(std::string_view key) {
  DFS_CHECK(key.size() == 12);
  return StorageNumber(load_big_endian<uint32_t>(key.data() + 8));
}

std::string encode(const InodeRow& row) {
  const bool file_fields =
      row.access_time_ms || row.replication || row.preferred_block_size || row.block_count || row.length;
  uint64_t flags = uint64_t(row.type);
  if (row.under_construction) flags |= kUnderConstruction;
  if (file_fields) flags |= kHasFileFields;
  if (!row.symlink_target.empty()) flags |= kHasSymlinkTarget;
  if (!row.xattrs.empty()) flags |= kHasXattrs;
  if (!row.acl.empty()) flags |= kHasAcl;
  if (row.namespace_quota) flags |= kHasNamespaceQuota;
  if (row.storage_space_quota) flags |= kHasStorageSpaceQuota;
  if (row.child_count) flags |= kHasChildCount;
  if (!row.type_quotas.empty()) flags |= kHasTypeQuotas;
  if (row.snapshottable) flags |= kSnapshottable;
  if (row.versioned) flags |= kVersioned;

  RowWriter out;
  out.number(flags).number(row.id).string(row.owner).string(row.group).number(row.permission);
  out.number(row.modification_time_ms).number(row.storage_policy);
  if (row.child_count) out.number(row.child_count);
  if (file_fields) {
    out.number(row.access_time_ms).number(row.replication).number(row.preferred_block_size);
    out.number(row.block_count).number(row.length);
  }
  if (!row.symlink_target.empty()) out.string(row.symlink_target);
  if (!row.xattrs.empty()) {
    out.number(row.xattrs.size());
    for (const ExtendedAttribute& xattr : row.xattrs) {
      out.number(xattr.name_space).string(xattr.name).string(xattr.value);
    }
  }
  if (!row.acl.empty()) out.string(row.acl);
  if (row.namespace_quota) out.number(*row.namespace_quota);
  if (row.storage_space_quota) out.number(*row.storage_space_quota);
  if (!row.type_quotas.empty()) {
    out.number(row.type_quotas.size());
    for (const TypeQuota& quota : row.type_quotas) out.number(quota.storage_type).number(quota.bytes);
  }
  return out.take();
}

std::string encode(const EntryKey& row) {
  return RowWriter().number(row.parent).string(row.name).take();
}

std::string encode(const BlockRow& row) {
  RowWriter out;
  out.number(row.id).number(row.generation_stamp).number(row.length).number(row.state);
  out.number((row.truncate_length ? kTruncates : 0) | (row.copied_from ? kIsCopy : 0));
  out.number(row.truncate_length.value_or(0));
  if (row.copied_from) out.number(*row.copied_from);
  return out.take();
}

QuotaCounts& QuotaCounts::operator+=(const QuotaCounts& other) {
  names += other.names;
  space += other.space;
  for (size_t i = 0; i < types.size(); ++i) types[i] += other.types[i];
  return *this;
}

QuotaCounts& QuotaCounts::operator-=(const QuotaCounts& other) {
  names -= other.names;
  space -= other.space;
  for (size_t i = 0; i < types.size(); ++i) types[i] -= other.types[i];
  return *this;
}

std::string encode(const QuotaCounts& row) {
  RowWriter out;
  out.number(row.names).number(row.space);
  for (int64_t bytes : row.types) out.number(bytes);
  return out.take();
}

std::string encode(const BlockOwner& row) {
  RowWriter out;
  out.number(row.file).number(row.index | (row.version ? kInVersion : 0));
  if (row.version) out.number(*row.version);
  return out.take();
}

std::string encode(const ReplicaRow& row) {
  return RowWriter().number(row.generation_stamp).number(row.length).number(row.state).take();
}

std::string encode(const StorageRow& row) {
  return RowWriter().string(row.storage_uuid).string(row.datanode_uuid).number(row.storage_type).take();
}

std::string encode(const OpenFileRow& row) {
  return RowWriter().string(row.holder).string(row.client_machine).take();
}

std::string encode(const RetryRow& row) {
  return RowWriter().number(row.operation).number(row.created_ms).string(row.answer).take();
}

std::string encode(const SnapshotRow& row) {
  return RowWriter().string(row.name).string(encode(row.root)).take();
}

std::string encode(SnapshotId snapshot) {
  return RowWriter().number(snapshot).take();
}

std::string encode_counter(uint64_t value) {
  return key_of(value);
}

template <>
Result<InodeRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  InodeRow row;
  uint64_t flags = 0;
  in.number(flags);
  if ((flags & kTypeMask) > uint64_t(InodeType::kSymlink)) in.break_off("unknown inode type");
  row.type = InodeType(flags & kTypeMask);
  row.under_construction = (flags & kUnderConstruction) != 0;
  row.snapshottable = (flags & kSnapshottable) != 0;
  row.versioned = (flags & kVersioned) != 0;
  in.number(row.id).string(row.owner).string(row.group).number(row.permission);
  in.number(row.modification_time_ms).number(row.storage_policy);
  if (flags & kHasChildCount) in.number(row.child_count);
  if (flags & kHasFileFields) {
    in.number(row.access_time_ms).number(row.replication).number(row.preferred_block_size);
    in.number(row.block_count).number(row.length);
  }
  if (flags & kHasSymlinkTarget) in.string(row.symlink_target);
  if (flags & kHasXattrs) {
    // Each takes at least three bytes, so the count is bounded by what is there.
    size_t count = 0;
    in.number(count, in.remaining() / 3);
    row.xattrs.resize(count);
    for (ExtendedAttribute& xattr : row.xattrs) in.number(xattr.name_space).string(xattr.name).string(xattr.value);
  }
  if (flags & kHasAcl) in.string(row.acl);
  if (flags & kHasNamespaceQuota) in.number(row.namespace_quota);
  if (flags & kHasStorageSpaceQuota) in.number(row.storage_space_quota);
  if (flags & kHasTypeQuotas) {
    size_t count = 0;
    in.number(count, kStorageTypeCount);
    row.type_quotas.resize(count);
    for (TypeQuota& quota : row.type_quotas) in.number(quota.storage_type, kStorageTypeCount - 1).number(quota.bytes);
  }
  return in.end(std::move(row));
}

template <>
Result<EntryKey> decode(std::string_view bytes) {
  EntryKey row;
  return RowReader(bytes).number(row.parent).string(row.name).end(std::move(row));
}

template <>
Result<BlockRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  BlockRow row;
  uint64_t flags = 0, truncate_length = 0;
  in.number(row.id).number(row.generation_stamp).number(row.length);
  in.number(row.state, uint64_t(BlockState::kComplete)).number(flags, kTruncates | kIsCopy).number(truncate_length);
  if (flags & kTruncates) row.truncate_length = truncate_length;
  if (flags & kIsCopy) in.number(row.copied_from);
  return in.end(std::move(row));
}

template <>
Result<QuotaCounts> decode(std::string_view bytes) {
  RowReader in(bytes);
  QuotaCounts row;
  auto read = [&](int64_t& field) {
    uint64_t value = 0;
    in.number(value);
    field = int64_t(value);
  };
  read(row.names);
  read(row.space);
  for (int64_t& type : row.types) read(type);
  return in.end(std::move(row));
}

template <>
Result<BlockOwner> decode(std::string_view bytes) {
  RowReader in(bytes);
  BlockOwner row;
  uint64_t index = 0;
  in.number(row.file).number(index, kInVersion | UINT32_MAX);
  row.index = uint32_t(index);
  if (index & kInVersion) in.number(row.version);
  return in.end(std::move(row));
}

template <>
Result<ReplicaRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  ReplicaRow row;
  in.number(row.generation_stamp).number(row.length).number(row.state, uint64_t(ReplicaRowState::kCorrupt));
  return in.end(std::move(row));
}

template <>
Result<StorageRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  StorageRow row;
  in.string(row.storage_uuid).string(row.datanode_uuid).number(row.storage_type);
  return in.end(std::move(row));
}

template <>
Result<OpenFileRow> decode(std::string_view bytes) {
  OpenFileRow row;
  return RowReader(bytes).string(row.holder).string(row.client_machine).end(std::move(row));
}

template <>
Result<RetryRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  RetryRow row;
  in.number(row.operation).number(row.created_ms).string(row.answer);
  return in.end(std::move(row));
}

template <>
Result<SnapshotRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  SnapshotRow row;
  std::string root;
  in.string(row.name).string(root);
  if (!in.broken()) {
    DFS_TRY(row.root, decode<InodeRow>(root));
  }
  return in.end(std::move(row));
}

template <>
Result<SnapshotId> decode(std::string_view bytes) {
  SnapshotId snapshot{};
  RowReader in(bytes);
  in.number(snapshot);
  return in.end(std::move(snapshot));
}

Result<InodePtr> decode_inode(std::string_view bytes) {
  DFS_TRY(InodeRow row, decode<InodeRow>(bytes));
  return std::make_shared<const InodeRow>(std::move(row));
}

size_t memory_bytes(const InodeRow& row) {
  size_t bytes = sizeof(InodeRow) + row.symlink_target.size() + row.acl.size();
  for (const ExtendedAttribute& xattr : row.xattrs) bytes += sizeof(xattr) + xattr.name.size() + xattr.value.size();
  return bytes;
}

Result<InodePtr> inode_at(const View& view, InodeId parent, std::string_view name) {
  return view.inode(entry_key(parent, name));
}

Result<std::optional<InodeRow>> find_entry(const View& view, InodeId parent, std::string_view name) {
  DFS_TRY(InodePtr inode, inode_at(view, parent, name));
  if (!inode) return std::nullopt;
  return *inode;
}
Result<std::optional<EntryKey>> find_entry_of(const View& view, InodeId id) {
  return find<EntryKey>(view, Table::kInodeIndex, inode_key(id));
}
Result<std::optional<QuotaCounts>> find_quota_usage(const View& view, InodeId directory) {
  return find<QuotaCounts>(view, Table::kQuotaUsage, inode_key(directory));
}
Result<std::optional<BlockOwner>> find_owner(const View& view, BlockId id) {
  return find<BlockOwner>(view, Table::kBlockIndex, block_key(id));
}
Result<std::optional<BlockRow>> find_file_block(const View& view, InodeId file, uint32_t index) {
  return find<BlockRow>(view, Table::kFileBlocks, file_block_key(file, index));
}

Result<std::vector<BlockRow>> blocks_of_file(const View& view, InodeId file) {
  return collect<BlockRow>(view, Table::kFileBlocks, inode_key(file),
                           [](std::string_view, std::string_view value) { return decode<BlockRow>(value); });
}

Result<std::optional<BlockRow>> find_owned_block(const View& view, const BlockOwner& owner) {
  if (!owner.version) return find_file_block(view, owner.file, owner.index);
  return find<BlockRow>(view, Table::kBlockVersions, block_version_key(owner.file, owner.index, *owner.version));
}

Result<std::vector<InodeVersion>> versions_of_inode(const View& view, InodeId id) {
  return collect<InodeVersion>(view, Table::kVersionsOfInode, inode_key(id),
                               [](std::string_view key, std::string_view value) -> Result<InodeVersion> {
                                 DFS_TRY(EntryKey entry, decode<EntryKey>(value));
                                 return InodeVersion{snapshot_of_inode_version_key(key), std::move(entry)};
                               });
}

Result<InodeRow> versioned_inode(const View& view, const InodeVersion& version) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kVersions, version_key(version.entry, version.snapshot)));
  if (!bytes || bytes->empty()) {
    return fail(ErrorCode::kCorruptFormat, "table of versions: what its index points to is not there");
  }
  return decode<InodeRow>(*bytes);
}

Result<LocatedReplica> located_replica(std::string_view key, std::string_view value) {
  if (key.size() != 12) return fail(ErrorCode::kCorruptFormat, "table of replicas: a key has the wrong length");
  DFS_TRY(ReplicaRow replica, decode<ReplicaRow>(value));
  return LocatedReplica{.storage = storage_of_replica_key(key), .replica = replica};
}

Result<std::vector<LocatedReplica>> replicas_of(const View& view, BlockId id) {
  return collect<LocatedReplica>(view, Table::kReplicas, block_key(id), located_replica);
}

Result<uint64_t> counter(const View& view, Counter counter) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kMeta, counter_key(counter)));
  if (!bytes) return 0;
  if (bytes->size() != sizeof(uint64_t)) return fail(ErrorCode::kCorruptFormat, "table row: a counter is not 8 bytes");
  return load_big_endian<uint64_t>(bytes->data());
}

}  // namespace dfs::namenode
