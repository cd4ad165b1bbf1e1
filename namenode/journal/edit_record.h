#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "namenode/store/rows.h"
#include "proto/base/ids.h"

namespace dfs::namenode {

// The operations of Hadoop's edit log as values: one struct per readable op of FSEditLogOpCodes, with Hadoop's names
// and fields. State changes only by applying one of these. edit_codec.h has their bytes.

enum class OpCode : uint8_t {
  kAdd = 0,
  kRenameOld = 1,
  kDelete = 2,
  kMkdir = 3,
  kSetReplication = 4,
  kSetPermissions = 7,
  kSetOwner = 8,
  kClose = 9,
  kSetGenstampV1 = 10,
  kSetNsQuota = 11,
  kClearNsQuota = 12,
  kTimes = 13,
  kSetQuota = 14,
  kRename = 15,
  kConcatDelete = 16,
  kSymlink = 17,
  kGetDelegationToken = 18,
  kRenewDelegationToken = 19,
  kCancelDelegationToken = 20,
  kUpdateMasterKey = 21,
  kReassignLease = 22,
  kEndLogSegment = 23,
  kStartLogSegment = 24,
  kUpdateBlocks = 25,
  kCreateSnapshot = 26,
  kDeleteSnapshot = 27,
  kRenameSnapshot = 28,
  kAllowSnapshot = 29,
  kDisallowSnapshot = 30,
  kSetGenstampV2 = 31,
  kAllocateBlockId = 32,
  kAddBlock = 33,
  kAddCacheDirective = 34,
  kRemoveCacheDirective = 35,
  kAddCachePool = 36,
  kModifyCachePool = 37,
  kRemoveCachePool = 38,
  kModifyCacheDirective = 39,
  kSetAcl = 40,
  kRollingUpgradeStart = 41,
  kRollingUpgradeFinalize = 42,
  kSetXAttr = 43,
  kRemoveXAttr = 44,
  kSetStoragePolicy = 45,
  kTruncate = 46,
  kAppend = 47,
  kSetQuotaByStorageType = 48,
  kAddErasureCodingPolicy = 49,
  kEnableErasureCodingPolicy = 50,
  kDisableErasureCodingPolicy = 51,
  kRemoveErasureCodingPolicy = 52,
};

// Who called an @AtMostOnce method, so that a retry can be answered after a restart. A call without them (one that the
// NameNode made itself) has an empty client id and the call id kNoCall (RpcConstants.INVALID_CALL_ID).
struct RpcIds {
  static constexpr int32_t kNoCall = -2;
  std::string client_id{};  // 16 bytes, or empty
  int32_t call_id = kNoCall;
  bool there() const { return !client_id.empty() && call_id != kNoCall; }
  bool operator==(const RpcIds&) const = default;
};

struct EditBlock {
  BlockId id{};
  uint64_t num_bytes = 0;
  GenerationStamp generation_stamp{};
  bool operator==(const EditBlock&) const = default;
};

struct PermissionStatus {
  std::string user{};
  std::string group{};
  uint16_t permission = 0;
  bool operator==(const PermissionStatus&) const = default;
};

// The values are Hadoop's ordinals, in edits and in AclEntryProto alike.
enum class AclScope : uint8_t { kAccess, kDefault };
enum class AclType : uint8_t { kUser, kGroup, kMask, kOther };
struct AclEntry {
  AclScope scope = AclScope::kAccess;
  AclType type = AclType::kUser;
  std::string name{};      // empty: none
  uint8_t permission = 0;  // rwx as 4, 2, 1
  bool operator==(const AclEntry&) const = default;
};

struct DelegationToken {
  std::string owner{};
  std::string renewer{};
  std::string real_user{};
  int64_t issue_date_ms = 0;
  int64_t max_date_ms = 0;
  int32_t sequence_number = 0;
  int32_t master_key_id = 0;
  bool operator==(const DelegationToken&) const = default;
};

struct DelegationKey {
  int32_t key_id = 0;
  int64_t expiry_date_ms = 0;
  std::optional<std::string> key{};
  bool operator==(const DelegationKey&) const = default;
};

// Only `id` must be there; in an addition all are.
struct CacheDirective {
  int64_t id = 0;
  std::optional<std::string> path{};
  std::optional<uint16_t> replication{};
  std::optional<std::string> pool{};
  std::optional<int64_t> expiration_ms{};  // absolute
  bool operator==(const CacheDirective&) const = default;
};

struct CachePool {
  std::string name{};
  std::optional<std::string> owner{};
  std::optional<std::string> group{};
  std::optional<uint16_t> mode{};
  std::optional<int64_t> limit_bytes{};
  std::optional<int64_t> max_relative_expiry_ms{};
  std::optional<uint16_t> default_replication{};
  bool operator==(const CachePool&) const = default;
};

struct ErasureCodingPolicy {
  std::string codec{};
  int32_t data_units = 0;
  int32_t parity_units = 0;
  int32_t cell_size_bytes = 0;
  std::vector<std::pair<std::string, std::string>> extra_options{};
  bool operator==(const ErasureCodingPolicy&) const = default;
};

// Opens a file for writing: a new one, or (logs of before Hadoop 2.7) an existing one for append.
struct AddOp {
  static constexpr OpCode kCode = OpCode::kAdd;
  InodeId inode_id{};
  std::string path{};
  uint16_t replication = 0;
  uint64_t mtime_ms = 0;
  uint64_t atime_ms = 0;
  uint64_t block_size = 0;
  std::vector<EditBlock> blocks{};
  PermissionStatus permissions{};
  std::vector<AclEntry> acl_entries{};
  std::vector<ExtendedAttribute> xattrs{};
  std::string client_name{};
  std::string client_machine{};
  bool overwrite = false;
  uint8_t storage_policy_id = 0;
  uint8_t erasure_coding_policy_id = 0;  // 0: replicated
  RpcIds rpc{};
  bool operator==(const AddOp&) const = default;
};

struct CloseOp {
  static constexpr OpCode kCode = OpCode::kClose;
  InodeId inode_id{};
  std::string path{};
  uint16_t replication = 0;
  uint64_t mtime_ms = 0;
  uint64_t atime_ms = 0;
  uint64_t block_size = 0;
  std::vector<EditBlock> blocks{};  // all of the file, complete
  PermissionStatus permissions{};
  bool operator==(const CloseOp&) const = default;
};

struct AppendOp {
  static constexpr OpCode kCode = OpCode::kAppend;
  std::string path{};
  std::string client_name{};
  std::string client_machine{};
  bool new_block = false;
  RpcIds rpc{};
  bool operator==(const AppendOp&) const = default;
};

struct AddBlockOp {
  static constexpr OpCode kCode = OpCode::kAddBlock;
  std::string path{};
  std::optional<EditBlock> penultimate_block{};  // now complete, with its final length
  EditBlock last_block{};
  RpcIds rpc{};
  bool operator==(const AddBlockOp&) const = default;
};

// The file's blocks are these from now on: a new generation stamp or length of the last, or the last one gone.
struct UpdateBlocksOp {
  static constexpr OpCode kCode = OpCode::kUpdateBlocks;
  std::string path{};
  std::vector<EditBlock> blocks{};
  RpcIds rpc{};
  bool operator==(const UpdateBlocksOp&) const = default;
};

struct SetReplicationOp {
  static constexpr OpCode kCode = OpCode::kSetReplication;
  std::string path{};
  uint16_t replication = 0;
  bool operator==(const SetReplicationOp&) const = default;
};

struct ConcatDeleteOp {
  static constexpr OpCode kCode = OpCode::kConcatDelete;
  std::string target{};
  std::vector<std::string> sources{};
  uint64_t timestamp_ms = 0;
  RpcIds rpc{};
  bool operator==(const ConcatDeleteOp&) const = default;
};

struct RenameOldOp {
  static constexpr OpCode kCode = OpCode::kRenameOld;
  std::string source{};
  std::string destination{};
  uint64_t timestamp_ms = 0;
  RpcIds rpc{};
  bool operator==(const RenameOldOp&) const = default;
};

struct DeleteOp {
  static constexpr OpCode kCode = OpCode::kDelete;
  std::string path{};
  uint64_t timestamp_ms = 0;
  RpcIds rpc{};
  bool operator==(const DeleteOp&) const = default;
};

struct MkdirOp {
  static constexpr OpCode kCode = OpCode::kMkdir;
  InodeId inode_id{};
  std::string path{};
  uint64_t timestamp_ms = 0;
  PermissionStatus permissions{};
  std::vector<AclEntry> acl_entries{};
  std::vector<ExtendedAttribute> xattrs{};
  bool operator==(const MkdirOp&) const = default;
};

struct SetGenstampV1Op {
  static constexpr OpCode kCode = OpCode::kSetGenstampV1;
  GenerationStamp generation_stamp{};
  bool operator==(const SetGenstampV1Op&) const = default;
};

struct SetGenstampV2Op {
  static constexpr OpCode kCode = OpCode::kSetGenstampV2;
  GenerationStamp generation_stamp{};
  bool operator==(const SetGenstampV2Op&) const = default;
};

struct AllocateBlockIdOp {
  static constexpr OpCode kCode = OpCode::kAllocateBlockId;
  BlockId block_id{};
  bool operator==(const AllocateBlockIdOp&) const = default;
};

struct SetPermissionsOp {
  static constexpr OpCode kCode = OpCode::kSetPermissions;
  std::string source{};
  uint16_t permissions = 0;
  bool operator==(const SetPermissionsOp&) const = default;
};

struct SetOwnerOp {
  static constexpr OpCode kCode = OpCode::kSetOwner;
  std::string source{};
  std::string user{};   // empty: unchanged
  std::string group{};  // empty: unchanged
  bool operator==(const SetOwnerOp&) const = default;
};

// Read only: Hadoop has not written it since 0.20.
struct SetNsQuotaOp {
  static constexpr OpCode kCode = OpCode::kSetNsQuota;
  std::string source{};
  int64_t namespace_quota = 0;
  bool operator==(const SetNsQuotaOp&) const = default;
};

// Read only, likewise.
struct ClearNsQuotaOp {
  static constexpr OpCode kCode = OpCode::kClearNsQuota;
  std::string source{};
  bool operator==(const ClearNsQuotaOp&) const = default;
};

// In quotas -1 is HdfsConstants.QUOTA_RESET; the largest int64 QUOTA_DONT_SET.
struct SetQuotaOp {
  static constexpr OpCode kCode = OpCode::kSetQuota;
  std::string source{};
  int64_t namespace_quota = 0;
  int64_t storage_space_quota = 0;
  bool operator==(const SetQuotaOp&) const = default;
};

struct SetQuotaByStorageTypeOp {
  static constexpr OpCode kCode = OpCode::kSetQuotaByStorageType;
  std::string source{};
  int32_t storage_type =
      0;  // StorageType's ordinal: RAM_DISK 0, SSD, DISK, ARCHIVE, PROVIDED, NVDIMM (not the proto's)
  int64_t storage_space_quota = -1;
  bool operator==(const SetQuotaByStorageTypeOp&) const = default;
};

struct TimesOp {
  static constexpr OpCode kCode = OpCode::kTimes;
  std::string path{};
  int64_t mtime_ms = 0;  // -1: unchanged
  int64_t atime_ms = 0;  // -1: unchanged
  bool operator==(const TimesOp&) const = default;
};

struct SymlinkOp {
  static constexpr OpCode kCode = OpCode::kSymlink;
  InodeId inode_id{};
  std::string path{};
  std::string value{};
  uint64_t mtime_ms = 0;
  uint64_t atime_ms = 0;
  PermissionStatus permissions{};
  RpcIds rpc{};
  bool operator==(const SymlinkOp&) const = default;
};

enum class RenameOption : uint8_t { kNone, kOverwrite, kToTrash };
struct RenameOp {
  static constexpr OpCode kCode = OpCode::kRename;
  std::string source{};
  std::string destination{};
  uint64_t timestamp_ms = 0;
  std::vector<RenameOption> options{};
  RpcIds rpc{};
  bool operator==(const RenameOp&) const = default;
};

struct TruncateOp {
  static constexpr OpCode kCode = OpCode::kTruncate;
  std::string source{};
  std::string client_name{};
  std::string client_machine{};
  uint64_t new_length = 0;
  uint64_t timestamp_ms = 0;
  std::optional<EditBlock> truncate_block{};  // the last block if it is to be cut by recovery
  bool operator==(const TruncateOp&) const = default;
};

struct ReassignLeaseOp {
  static constexpr OpCode kCode = OpCode::kReassignLease;
  std::string lease_holder{};
  std::string path{};
  std::string new_holder{};
  bool operator==(const ReassignLeaseOp&) const = default;
};

struct GetDelegationTokenOp {
  static constexpr OpCode kCode = OpCode::kGetDelegationToken;
  DelegationToken token{};
  int64_t expiry_time_ms = 0;
  bool operator==(const GetDelegationTokenOp&) const = default;
};

struct RenewDelegationTokenOp {
  static constexpr OpCode kCode = OpCode::kRenewDelegationToken;
  DelegationToken token{};
  int64_t expiry_time_ms = 0;
  bool operator==(const RenewDelegationTokenOp&) const = default;
};

struct CancelDelegationTokenOp {
  static constexpr OpCode kCode = OpCode::kCancelDelegationToken;
  DelegationToken token{};
  bool operator==(const CancelDelegationTokenOp&) const = default;
};

struct UpdateMasterKeyOp {
  static constexpr OpCode kCode = OpCode::kUpdateMasterKey;
  DelegationKey key{};
  bool operator==(const UpdateMasterKeyOp&) const = default;
};

struct StartLogSegmentOp {
  static constexpr OpCode kCode = OpCode::kStartLogSegment;
  bool operator==(const StartLogSegmentOp&) const = default;
};

struct EndLogSegmentOp {
  static constexpr OpCode kCode = OpCode::kEndLogSegment;
  bool operator==(const EndLogSegmentOp&) const = default;
};

struct CreateSnapshotOp {
  static constexpr OpCode kCode = OpCode::kCreateSnapshot;
  std::string snapshot_root{};
  std::string snapshot_name{};
  uint64_t mtime_ms = 0;
  RpcIds rpc{};
  bool operator==(const CreateSnapshotOp&) const = default;
};

struct DeleteSnapshotOp {
  static constexpr OpCode kCode = OpCode::kDeleteSnapshot;
  std::string snapshot_root{};
  std::string snapshot_name{};
  uint64_t mtime_ms = 0;
  RpcIds rpc{};
  bool operator==(const DeleteSnapshotOp&) const = default;
};

struct RenameSnapshotOp {
  static constexpr OpCode kCode = OpCode::kRenameSnapshot;
  std::string snapshot_root{};
  std::string snapshot_old_name{};
  std::string snapshot_new_name{};
  uint64_t mtime_ms = 0;
  RpcIds rpc{};
  bool operator==(const RenameSnapshotOp&) const = default;
};

struct AllowSnapshotOp {
  static constexpr OpCode kCode = OpCode::kAllowSnapshot;
  std::string snapshot_root{};
  bool operator==(const AllowSnapshotOp&) const = default;
};

struct DisallowSnapshotOp {
  static constexpr OpCode kCode = OpCode::kDisallowSnapshot;
  std::string snapshot_root{};
  bool operator==(const DisallowSnapshotOp&) const = default;
};

struct AddCacheDirectiveOp {
  static constexpr OpCode kCode = OpCode::kAddCacheDirective;
  CacheDirective directive{};
  RpcIds rpc{};
  bool operator==(const AddCacheDirectiveOp&) const = default;
};

struct ModifyCacheDirectiveOp {
  static constexpr OpCode kCode = OpCode::kModifyCacheDirective;
  CacheDirective directive{};
  RpcIds rpc{};
  bool operator==(const ModifyCacheDirectiveOp&) const = default;
};

struct RemoveCacheDirectiveOp {
  static constexpr OpCode kCode = OpCode::kRemoveCacheDirective;
  int64_t id = 0;
  RpcIds rpc{};
  bool operator==(const RemoveCacheDirectiveOp&) const = default;
};

struct AddCachePoolOp {
  static constexpr OpCode kCode = OpCode::kAddCachePool;
  CachePool pool{};
  RpcIds rpc{};
  bool operator==(const AddCachePoolOp&) const = default;
};

struct ModifyCachePoolOp {
  static constexpr OpCode kCode = OpCode::kModifyCachePool;
  CachePool pool{};
  RpcIds rpc{};
  bool operator==(const ModifyCachePoolOp&) const = default;
};

struct RemoveCachePoolOp {
  static constexpr OpCode kCode = OpCode::kRemoveCachePool;
  std::string name{};
  RpcIds rpc{};
  bool operator==(const RemoveCachePoolOp&) const = default;
};

struct SetXAttrOp {
  static constexpr OpCode kCode = OpCode::kSetXAttr;
  std::string source{};
  std::vector<ExtendedAttribute> xattrs{};
  RpcIds rpc{};
  bool operator==(const SetXAttrOp&) const = default;
};

struct RemoveXAttrOp {
  static constexpr OpCode kCode = OpCode::kRemoveXAttr;
  std::string source{};
  std::vector<ExtendedAttribute> xattrs{};
  RpcIds rpc{};
  bool operator==(const RemoveXAttrOp&) const = default;
};

struct SetAclOp {
  static constexpr OpCode kCode = OpCode::kSetAcl;
  std::string source{};
  std::vector<AclEntry> acl_entries{};
  bool operator==(const SetAclOp&) const = default;
};

struct SetStoragePolicyOp {
  static constexpr OpCode kCode = OpCode::kSetStoragePolicy;
  std::string path{};
  uint8_t policy_id = 0;
  bool operator==(const SetStoragePolicyOp&) const = default;
};

struct RollingUpgradeStartOp {
  static constexpr OpCode kCode = OpCode::kRollingUpgradeStart;
  uint64_t time_ms = 0;
  bool operator==(const RollingUpgradeStartOp&) const = default;
};

struct RollingUpgradeFinalizeOp {
  static constexpr OpCode kCode = OpCode::kRollingUpgradeFinalize;
  uint64_t time_ms = 0;
  bool operator==(const RollingUpgradeFinalizeOp&) const = default;
};

struct AddErasureCodingPolicyOp {
  static constexpr OpCode kCode = OpCode::kAddErasureCodingPolicy;
  ErasureCodingPolicy policy{};
  RpcIds rpc{};
  bool operator==(const AddErasureCodingPolicyOp&) const = default;
};

struct EnableErasureCodingPolicyOp {
  static constexpr OpCode kCode = OpCode::kEnableErasureCodingPolicy;
  std::string policy_name{};
  RpcIds rpc{};
  bool operator==(const EnableErasureCodingPolicyOp&) const = default;
};

struct DisableErasureCodingPolicyOp {
  static constexpr OpCode kCode = OpCode::kDisableErasureCodingPolicy;
  std::string policy_name{};
  RpcIds rpc{};
  bool operator==(const DisableErasureCodingPolicyOp&) const = default;
};

struct RemoveErasureCodingPolicyOp {
  static constexpr OpCode kCode = OpCode::kRemoveErasureCodingPolicy;
  std::string policy_name{};
  RpcIds rpc{};
  bool operator==(const RemoveErasureCodingPolicyOp&) const = default;
};

using AnyOp =
    std::variant<AddOp, RenameOldOp, DeleteOp, MkdirOp, SetReplicationOp, SetPermissionsOp, SetOwnerOp, CloseOp,
                 SetGenstampV1Op, SetNsQuotaOp, ClearNsQuotaOp, TimesOp, SetQuotaOp, RenameOp, ConcatDeleteOp,
                 SymlinkOp, GetDelegationTokenOp, RenewDelegationTokenOp, CancelDelegationTokenOp, UpdateMasterKeyOp,
                 ReassignLeaseOp, EndLogSegmentOp, StartLogSegmentOp, UpdateBlocksOp, CreateSnapshotOp,
                 DeleteSnapshotOp, RenameSnapshotOp, AllowSnapshotOp, DisallowSnapshotOp, SetGenstampV2Op,
                 AllocateBlockIdOp, AddBlockOp, AddCacheDirectiveOp, RemoveCacheDirectiveOp, AddCachePoolOp,
                 ModifyCachePoolOp, RemoveCachePoolOp, ModifyCacheDirectiveOp, SetAclOp, RollingUpgradeStartOp,
                 RollingUpgradeFinalizeOp, SetXAttrOp, RemoveXAttrOp, SetStoragePolicyOp, TruncateOp, AppendOp,
                 SetQuotaByStorageTypeOp, AddErasureCodingPolicyOp, EnableErasureCodingPolicyOp,
                 DisableErasureCodingPolicyOp, RemoveErasureCodingPolicyOp>;

// One of them. How it is copied, moved and ended is compiled once: most only pass it on.
struct EditRecord : AnyOp {
  using AnyOp::AnyOp;
  EditRecord();
  EditRecord(const EditRecord&);
  EditRecord(EditRecord&&) noexcept;
  EditRecord& operator=(const EditRecord&);
  EditRecord& operator=(EditRecord&&) noexcept;
  ~EditRecord();
  bool operator==(const EditRecord& other) const;
};

// A record with its place in the log.
struct Edit {
  TransactionId id = kNoTransaction;
  EditRecord record{};
  bool operator==(const Edit&) const = default;
};

OpCode code_of(const EditRecord& record);
// "OP_ADD", as FSEditLogOpCodes and its viewers say.
std::string_view name_of(OpCode code);
// The ids of the caller, or null where the op has none. An op that can carry them may still be without (there()).
const RpcIds* rpc_ids_of(const EditRecord& record);

}  // namespace dfs::namenode
