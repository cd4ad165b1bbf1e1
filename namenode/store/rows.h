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
  uint64_t access_time_ms = 0;  // of a directory what setTimes said; images do not keep it
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
  bool snapshottable = false;            // directories only: snapshots may be taken of it
  bool versioned = false;                // kVersions has earlier states or places of it
  bool has_quota() const { return namespace_quota || storage_space_quota || !type_quotas.empty(); }
  bool operator==(const InodeRow&) const = default;
};
// What it takes in memory, about.
size_t memory_bytes(const InodeRow& row);

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
  // With it: the block that is cut is a copy of this one, which stays as it is for a snapshot.
  std::optional<BlockId> copied_from{};
  bool operator==(const BlockRow&) const = default;
};

// Hadoop's snapshot id: given in the order of creation over all directories, never used again.
enum class SnapshotId : uint32_t {};
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
  // The block is no longer the file's: its row is the version of this snapshot in kBlockVersions.
  std::optional<SnapshotId> version{};
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
struct SnapshotRow {
  std::string name{};
  InodeRow root{};  // the snapshottable directory as it was; its modification time is that of the snapshot
  bool operator==(const SnapshotRow&) const = default;
};

// kMeta: single values by name.
enum class Counter : uint8_t {
  kLastInodeId,
  kLastBlockId,
  kGenerationStamp,
  kLastStorageNumber,
  kFileCount,
  kDirectoryCount,
  kBlockCount,
  kNextSnapshotId,
  kSnapshotCount,
  kSnapshottableCount,
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
// Of a snapshottable directory: the row that says so, which has no value; its snapshots, the newest first, and those
// before or with `snapshot`; where its snapshots stand by name, and one of them, whose value is a SnapshotId.
std::string snapshottable_key(InodeId directory);
std::string snapshots_prefix(InodeId directory);
std::string snapshot_key(InodeId directory, SnapshotId snapshot);
std::string snapshot_names_prefix(InodeId directory);
std::string snapshot_name_key(InodeId directory, std::string_view name);
std::string versions_prefix(const EntryKey& entry);
std::string version_key(const EntryKey& entry, SnapshotId snapshot);
std::string inode_version_key(InodeId id, SnapshotId snapshot);
std::string snapshot_version_prefix(SnapshotId snapshot);
std::string snapshot_version_key(SnapshotId snapshot, const EntryKey& entry);
std::string block_versions_prefix(InodeId file, uint32_t index);
std::string block_version_key(InodeId file, uint32_t index, SnapshotId snapshot);
SnapshotId snapshot_of_snapshot_key(std::string_view key);
struct VersionKey {
  EntryKey entry;
  SnapshotId snapshot{};
};
VersionKey decode_version_key(std::string_view key);
SnapshotId snapshot_of_inode_version_key(std::string_view key);
EntryKey entry_of_snapshot_version_key(std::string_view key);
struct BlockVersionKey {
  uint32_t index = 0;
  SnapshotId snapshot{};
};
BlockVersionKey decode_block_version_key(std::string_view key);
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
std::string encode(const SnapshotRow& row);
std::string encode(SnapshotId snapshot);
// The value of a counter's row.
std::string encode_counter(uint64_t value);
// kCorruptFormat where the bytes are not what encode() wrote. Fields that a newer Tusk appended are skipped.
template <class Row>
Result<Row> decode(std::string_view bytes);

// For those who share it.
Result<InodePtr> decode_inode(std::string_view bytes);

// Null where there is none.
Result<InodePtr> inode_at(const View& view, InodeId parent, std::string_view name);
Result<std::optional<InodeRow>> find_entry(const View& view, InodeId parent, std::string_view name);
Result<std::optional<EntryKey>> find_entry_of(const View& view, InodeId id);
Result<std::optional<QuotaCounts>> find_quota_usage(const View& view, InodeId directory);
Result<std::optional<BlockOwner>> find_owner(const View& view, BlockId id);
Result<std::optional<BlockRow>> find_file_block(const View& view, InodeId file, uint32_t index);
Result<std::vector<BlockRow>> blocks_of_file(const View& view, InodeId file);
// Where the owner says that the block is: among the file's blocks, or a version of one.
Result<std::optional<BlockRow>> find_owned_block(const View& view, const BlockOwner& owner);

// The versions that hold the inode, the newest first.
struct InodeVersion {
  SnapshotId snapshot{};
  EntryKey entry;
};
Result<std::vector<InodeVersion>> versions_of_inode(const View& view, InodeId id);
// The inode of such a version.
Result<InodeRow> versioned_inode(const View& view, const InodeVersion& version);

struct LocatedReplica {
  StorageNumber storage{};
  ReplicaRow replica;
};
// What a row of kReplicas says.
Result<LocatedReplica> located_replica(std::string_view key, std::string_view value);
Result<std::vector<LocatedReplica>> replicas_of(const View& view, BlockId id);
Result<uint64_t> counter(const View& view, Counter counter);  // 0 where never written

}  // namespace dfs::namenode
