#pragma once

#include "namenode/journal/edit_record.h"
#include "namenode/namespace/record_change.h"

// One overload for each record that changes the tables; apply() chooses. What a log says of a path that is not there,
// or of another kind than it says, is kCorruptFormat.
namespace dfs::namenode {

// Files and their blocks (apply_files.cc).
Result<void> apply_record(const AddOp& op, RecordChange& change);
Result<void> apply_record(const CloseOp& op, RecordChange& change);
Result<void> apply_record(const AppendOp& op, RecordChange& change);
Result<void> apply_record(const AddBlockOp& op, RecordChange& change);
Result<void> apply_record(const UpdateBlocksOp& op, RecordChange& change);
Result<void> apply_record(const TruncateOp& op, RecordChange& change);
Result<void> apply_record(const ConcatDeleteOp& op, RecordChange& change);
Result<void> apply_record(const ReassignLeaseOp& op, RecordChange& change);
Result<void> apply_record(const AllocateBlockIdOp& op, RecordChange& change);
Result<void> apply_record(const SetGenstampV2Op& op, RecordChange& change);

// The tree (apply_tree.cc).
Result<void> apply_record(const MkdirOp& op, RecordChange& change);
Result<void> apply_record(const DeleteOp& op, RecordChange& change);
Result<void> apply_record(const RenameOldOp& op, RecordChange& change);
Result<void> apply_record(const RenameOp& op, RecordChange& change);
Result<void> apply_record(const SymlinkOp& op, RecordChange& change);

// Attributes (apply_attributes.cc).
Result<void> apply_record(const SetReplicationOp& op, RecordChange& change);
Result<void> apply_record(const SetPermissionsOp& op, RecordChange& change);
Result<void> apply_record(const SetOwnerOp& op, RecordChange& change);
Result<void> apply_record(const TimesOp& op, RecordChange& change);
Result<void> apply_record(const SetNsQuotaOp& op, RecordChange& change);
Result<void> apply_record(const ClearNsQuotaOp& op, RecordChange& change);
Result<void> apply_record(const SetQuotaOp& op, RecordChange& change);
Result<void> apply_record(const SetQuotaByStorageTypeOp& op, RecordChange& change);
Result<void> apply_record(const SetAclOp& op, RecordChange& change);
Result<void> apply_record(const SetXAttrOp& op, RecordChange& change);
Result<void> apply_record(const RemoveXAttrOp& op, RecordChange& change);
Result<void> apply_record(const SetStoragePolicyOp& op, RecordChange& change);

// Snapshots (apply_snapshots.cc).
Result<void> apply_record(const AllowSnapshotOp& op, RecordChange& change);
Result<void> apply_record(const DisallowSnapshotOp& op, RecordChange& change);
Result<void> apply_record(const CreateSnapshotOp& op, RecordChange& change);
Result<void> apply_record(const RenameSnapshotOp& op, RecordChange& change);
Result<void> apply_record(const DeleteSnapshotOp& op, RecordChange& change);

// A record that does not fit the tables, by the path it names and what is wrong there.
Error misfit(std::string_view path, std::string_view what);

// What the records of new inodes of all types say.
InodeRow new_inode(InodeType type, InodeId id, const PermissionStatus& permissions, uint64_t modification_time_ms);

// A path of the log whose last inode is there.
Result<InodePath> existing_path(const RecordChange& change, std::string_view path);
// ... and is a file.
Result<InodePath> existing_file(const RecordChange& change, std::string_view path);
// A path whose parent is a directory and that leads nowhere itself.
Result<InodePath> new_path(const RecordChange& change, std::string_view path);

}  // namespace dfs::namenode
