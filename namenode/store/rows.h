#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/tables.h"
#include "proto/base/error.h"
#include "proto/base/ids.h"

namespace dfs::namenode {

// Rows of the tables as values, their keys, and typed reads. Integers in keys are big-endian, so that key order is
// numeric order. Names are raw bytes as they came over the wire (UTF-8).

enum class InodeType : uint8_t { kDirectory, kFile, kSymlink };

struct ExtendedAttribute {
  uint8_t name_space = 0;  // XAttrProto.XAttrNamespaceProto
  std::string name{};
  std::string value{};
  bool operator==(const ExtendedAttribute&) const = default;
};

// Of a storage type, which is numbered as Java's StorageType is: RAM_DISK 0, SSD, DISK, ARCHIVE, PROVIDED, NVDIMM.
inline constexpr size_t kStorageTypeCount = 6;
struct TypeQuota {
  uint8_t storage_type = 0;
  uint64_t bytes = 0;
  bool operator==(const TypeQuota&) const = default;
};

struct InodeRow {
  InodeId id = kNoInode;
  InodeType type = InodeType::kDirectory;
  std::string owner{};
  std::string group{};
  uint16_t permission = 0;  // the 10 bits of FsPermission: sticky, rwxrwxrwx
  uint64_t modification_time_ms = 0;
  uint64_t access_time_ms = 0;  // files only
  uint32_t child_count = 0;     // directories only
  // Files only.
  uint16_t replication = 0;
  uint64_t preferred_block_size = 0;
  bool under_construction = false;
  uint32_t block_count = 0;
  uint64_t length = 0;         // sum of the lengths in its block rows, also of a last one under construction
  uint8_t storage_policy = 0;  // 0: inherited
  // Rarely there.
  std::string symlink_target{};
  std::vector<ExtendedAttribute> xattrs{};
  std::string acl{};  // encoded; empty if none
  std::optional<uint64_t> namespace_quota{};
  std::optional<uint64_t> storage_space_quota{};
  std::vector<TypeQuota> type_quotas{};  // in order of types
  bool has_quota() const { return namespace_quota || storage_space_quota || !type_quotas.empty(); }
  bool operator==(const InodeRow&) const = default;
};

struct EntryKey {
  InodeId parent = kNoInode;  // kNoInode for the root, whose name is empty
  std::string name{};
  bool operator==(const EntryKey&) const = default;
};

// What the edit log says of a block. That a client has committed it, or that a recovery is under way, is known in
// memory alone: the log has it complete from the next OP_ADD_BLOCK or OP_CLOSE on.
enum class BlockState : uint8_t { kUnderConstruction, kComplete };

struct BlockRow {
  BlockId id{};
  GenerationStamp generation_stamp{};
  uint64_t length = 0;  // under construction: what the edits last said, mostly 0
  BlockState state = BlockState::kComplete;
  // Under construction for a truncate: the length that block recovery has to give it.
  std::optional<uint64_t> truncate_length{};
  bool operator==(const BlockRow&) const = default;
};

// What counts for quotas: a row of kQuotaUsage, or a part or a change of one (Hadoop's QuotaCounts).
struct QuotaCounts {
  int64_t names = 0;  // inodes
  int64_t space = 0;  // bytes, replicas counted
  std::array<int64_t, kStorageTypeCount> types{};
  QuotaCounts& operator+=(const QuotaCounts& other);
  QuotaCounts& operator-=(const QuotaCounts& other);
  QuotaCounts operator-() const { return QuotaCounts() -= *this; }
  bool operator==(const QuotaCounts&) const = default;
};

struct BlockOwner {
  InodeId file = kNoInode;
  uint32_t index = 0;
  bool operator==(const BlockOwner&) const = default;
};

// A small number for a storage, given when it first registers, never used again.
enum class StorageNumber : uint32_t {};

// Where a replica is believed to be. kExpected: the pipeline was told to write it, nothing reported yet.
enum class ReplicaRowState : uint8_t { kExpected, kBeingWritten, kFinalized, kCorrupt };

struct ReplicaRow {
  GenerationStamp generation_stamp{};
  uint64_t length = 0;
  ReplicaRowState state = ReplicaRowState::kExpected;
  bool operator==(const ReplicaRow&) const = default;
};

struct StorageRow {
  std::string storage_uuid{};
  std::string datanode_uuid{};
  uint8_t storage_type = 1;  // StorageTypeProto
  bool operator==(const StorageRow&) const = default;
};

struct OpenFileRow {
  std::string holder{};          // client name
  std::string client_machine{};  // address it was opened from
  bool operator==(const OpenFileRow&) const = default;
};

// The first answer to a call that is carried out at most once, for those who send it again. What of the answer cannot
// be told from the operation is in `answer` (see namespace/retries.h).
struct RetryRow {
  uint8_t operation = 0;  // its code in the edit log, or kNotInLog
  uint64_t created_ms = 0;
  std::string answer{};
  bool operator==(const RetryRow&) const = default;
};
inline constexpr uint8_t kNotInLog = 0xff;

// kMeta: single values by name.
enum class Counter : uint8_t {
  kLastInodeId,
  kLastBlockId,
  kGenerationStamp,
  kLastStorageNumber,
  kFileCount,
  kDirectoryCount,
  kBlockCount
};

std::string entry_key(InodeId parent, std::string_view name);
std::string inode_key(InodeId id);
std::string file_block_key(InodeId file, uint32_t index);
std::string block_key(BlockId id);
std::string replica_key(BlockId id, StorageNumber storage);
std::string storage_replica_key(StorageNumber storage, BlockId id);
std::string storage_key(StorageNumber storage);
std::string counter_key(Counter counter);
// Rows of one period lie together and go together. `client`: 16 bytes.
std::string retry_key(uint64_t period, std::string_view client, int32_t call);
EntryKey decode_entry_key(std::string_view key);
BlockId block_of_storage_replica_key(std::string_view key);
StorageNumber storage_of_replica_key(std::string_view key);

std::string encode(const InodeRow& row);
std::string encode(const EntryKey& row);
std::string encode(const BlockRow& row);
std::string encode(const QuotaCounts& row);
std::string encode(const BlockOwner& row);
std::string encode(const ReplicaRow& row);
std::string encode(const StorageRow& row);
std::string encode(const OpenFileRow& row);
std::string encode(const RetryRow& row);
// The value of a counter's row.
std::string encode_counter(uint64_t value);
// kCorruptFormat where the bytes are not what encode() wrote. Fields that a newer Tusk appended are skipped.
template <class Row>
Result<Row> decode(std::string_view bytes);

Result<std::optional<InodeRow>> find_entry(const View& view, InodeId parent, std::string_view name);
Result<std::optional<EntryKey>> find_entry_of(const View& view, InodeId id);
Result<std::optional<QuotaCounts>> find_quota_usage(const View& view, InodeId directory);
Result<std::optional<BlockOwner>> find_owner(const View& view, BlockId id);
Result<std::optional<BlockRow>> find_file_block(const View& view, InodeId file, uint32_t index);
Result<std::vector<BlockRow>> blocks_of_file(const View& view, InodeId file);

struct LocatedReplica {
  StorageNumber storage{};
  ReplicaRow replica;
};
Result<std::vector<LocatedReplica>> replicas_of(const View& view, BlockId id);
Result<uint64_t> counter(const View& view, Counter counter);  // 0 where never written

}  // namespace dfs::namenode
