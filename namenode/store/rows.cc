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
};

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

class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : in_(bytes) {}

  // `max`: the largest value that the field can hold.
  template <class T>
  Result<T> number(uint64_t max) {
    DFS_TRY(uint64_t value, in_.varint());
    if (value > max) return fail(ErrorCode::kCorruptFormat, "table row: a number is out of its range");
    return T(value);
  }
  template <class T>
  Result<T> number() {
    if constexpr (std::is_enum_v<T>) {
      return number<T>(std::numeric_limits<std::underlying_type_t<T>>::max());
    } else {
      return number<T>(std::numeric_limits<T>::max());
    }
  }
  Result<std::string> string() {
    DFS_TRY(uint64_t length, in_.varint());
    DFS_TRY(ByteView bytes, in_.bytes(length));
    return std::string(as_text(bytes));
  }
  size_t remaining() const { return in_.remaining(); }

 private:
  ByteReader in_;
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
  return RowWriter()
      .number(row.id)
      .number(row.generation_stamp)
      .number(row.length)
      .number(row.state)
      .number(row.truncate_length ? 1 : 0)
      .number(row.truncate_length.value_or(0))
      .take();
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
  return RowWriter().number(row.file).number(row.index).take();
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

std::string encode_counter(uint64_t value) {
  return key_of(value);
}

template <>
Result<InodeRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  InodeRow row;
  DFS_TRY(const uint64_t flags, in.number<uint64_t>());
  if ((flags & kTypeMask) > uint64_t(InodeType::kSymlink)) {
    return fail(ErrorCode::kCorruptFormat, "table row: unknown inode type");
  }
  row.type = InodeType(flags & kTypeMask);
  row.under_construction = (flags & kUnderConstruction) != 0;
  DFS_TRY(row.id, in.number<InodeId>());
  DFS_TRY(row.owner, in.string());
  DFS_TRY(row.group, in.string());
  DFS_TRY(row.permission, in.number<uint16_t>());
  DFS_TRY(row.modification_time_ms, in.number<uint64_t>());
  DFS_TRY(row.storage_policy, in.number<uint8_t>());
  if (flags & kHasChildCount) {
    DFS_TRY(row.child_count, in.number<uint32_t>());
  }
  if (flags & kHasFileFields) {
    DFS_TRY(row.access_time_ms, in.number<uint64_t>());
    DFS_TRY(row.replication, in.number<uint16_t>());
    DFS_TRY(row.preferred_block_size, in.number<uint64_t>());
    DFS_TRY(row.block_count, in.number<uint32_t>());
    DFS_TRY(row.length, in.number<uint64_t>());
  }
  if (flags & kHasSymlinkTarget) {
    DFS_TRY(row.symlink_target, in.string());
  }
  if (flags & kHasXattrs) {
    // Each takes at least three bytes, so the count is bounded by what is there.
    DFS_TRY(const size_t count, in.number<size_t>(in.remaining() / 3));
    row.xattrs.resize(count);
    for (ExtendedAttribute& xattr : row.xattrs) {
      DFS_TRY(xattr.name_space, in.number<uint8_t>());
      DFS_TRY(xattr.name, in.string());
      DFS_TRY(xattr.value, in.string());
    }
  }
  if (flags & kHasAcl) {
    DFS_TRY(row.acl, in.string());
  }
  if (flags & kHasNamespaceQuota) {
    DFS_TRY(row.namespace_quota, in.number<uint64_t>());
  }
  if (flags & kHasStorageSpaceQuota) {
    DFS_TRY(row.storage_space_quota, in.number<uint64_t>());
  }
  if (flags & kHasTypeQuotas) {
    DFS_TRY(const size_t count, in.number<size_t>(kStorageTypeCount));
    row.type_quotas.resize(count);
    for (TypeQuota& quota : row.type_quotas) {
      DFS_TRY(quota.storage_type, in.number<uint8_t>(kStorageTypeCount - 1));
      DFS_TRY(quota.bytes, in.number<uint64_t>());
    }
  }
  return row;
}

template <>
Result<EntryKey> decode(std::string_view bytes) {
  RowReader in(bytes);
  EntryKey row;
  DFS_TRY(row.parent, in.number<InodeId>());
  DFS_TRY(row.name, in.string());
  return row;
}

template <>
Result<BlockRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  BlockRow row;
  DFS_TRY(row.id, in.number<BlockId>());
  DFS_TRY(row.generation_stamp, in.number<GenerationStamp>());
  DFS_TRY(row.length, in.number<uint64_t>());
  DFS_TRY(row.state, in.number<BlockState>(uint64_t(BlockState::kComplete)));
  DFS_TRY(const bool truncates, in.number<bool>());
  DFS_TRY(const uint64_t truncate_length, in.number<uint64_t>());
  if (truncates) row.truncate_length = truncate_length;
  return row;
}

template <>
Result<QuotaCounts> decode(std::string_view bytes) {
  RowReader in(bytes);
  QuotaCounts row;
  DFS_TRY(const uint64_t names, in.number<uint64_t>());
  DFS_TRY(const uint64_t space, in.number<uint64_t>());
  row.names = int64_t(names);
  row.space = int64_t(space);
  for (int64_t& type : row.types) {
    DFS_TRY(const uint64_t value, in.number<uint64_t>());
    type = int64_t(value);
  }
  return row;
}

template <>
Result<BlockOwner> decode(std::string_view bytes) {
  RowReader in(bytes);
  BlockOwner row;
  DFS_TRY(row.file, in.number<InodeId>());
  DFS_TRY(row.index, in.number<uint32_t>());
  return row;
}

template <>
Result<ReplicaRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  ReplicaRow row;
  DFS_TRY(row.generation_stamp, in.number<GenerationStamp>());
  DFS_TRY(row.length, in.number<uint64_t>());
  DFS_TRY(row.state, in.number<ReplicaRowState>(uint64_t(ReplicaRowState::kCorrupt)));
  return row;
}

template <>
Result<StorageRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  StorageRow row;
  DFS_TRY(row.storage_uuid, in.string());
  DFS_TRY(row.datanode_uuid, in.string());
  DFS_TRY(row.storage_type, in.number<uint8_t>());
  return row;
}

template <>
Result<OpenFileRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  OpenFileRow row;
  DFS_TRY(row.holder, in.string());
  DFS_TRY(row.client_machine, in.string());
  return row;
}

template <>
Result<RetryRow> decode(std::string_view bytes) {
  RowReader in(bytes);
  RetryRow row;
  DFS_TRY(row.operation, in.number<uint8_t>());
  DFS_TRY(row.created_ms, in.number<uint64_t>());
  DFS_TRY(row.answer, in.string());
  return row;
}

Result<std::optional<InodeRow>> find_entry(const View& view, InodeId parent, std::string_view name) {
  return find<InodeRow>(view, Table::kEntries, entry_key(parent, name));
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

Result<std::vector<LocatedReplica>> replicas_of(const View& view, BlockId id) {
  return collect<LocatedReplica>(view, Table::kReplicas, block_key(id),
                                 [](std::string_view key, std::string_view value) -> Result<LocatedReplica> {
                                   if (key.size() != 12)
                                     return fail(ErrorCode::kCorruptFormat,
                                                 "table of replicas: a key has the wrong length");
                                   DFS_TRY(ReplicaRow replica, decode<ReplicaRow>(value));
                                   return LocatedReplica{.storage = storage_of_replica_key(key), .replica = replica};
                                 });
}

Result<uint64_t> counter(const View& view, Counter counter) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kMeta, counter_key(counter)));
  if (!bytes) return 0;
  if (bytes->size() != sizeof(uint64_t)) return fail(ErrorCode::kCorruptFormat, "table row: a counter is not 8 bytes");
  return load_big_endian<uint64_t>(bytes->data());
}

}  // namespace dfs::namenode
