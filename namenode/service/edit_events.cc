#include "namenode/service/edit_events.h"

#include <google/protobuf/message_lite.h>

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

void add(EventBatchProto& out, EventType type, const google::protobuf::MessageLite& contents) {
  EventProto& event = *out.add_events();
  event.set_type(type);
  event.set_contents(contents.SerializeAsString());
}

CreateEventProto created(INodeType type, const std::string& path, uint64_t ctime_ms, const PermissionStatus& status) {
  CreateEventProto event;
  event.set_type(type);
  event.set_path(path);
  event.set_ctime(int64_t(ctime_ms));
  event.set_ownername(status.user);
  event.set_groupname(status.group);
  event.mutable_perms()->set_perm(status.permission);
  event.set_replication(0);
  event.set_symlinktarget("");
  event.set_defaultblocksize(0);
  event.set_overwrite(false);
  return event;
}

// As Java's builder leaves what does not belong to the kind of update.
MetadataUpdateEventProto updated(MetadataUpdateType type, const std::string& path) {
  MetadataUpdateEventProto event;
  event.set_type(type);
  event.set_path(path);
  event.set_mtime(0);
  event.set_atime(0);
  event.set_replication(0);
  event.set_ownername("");
  event.set_groupname("");
  event.set_xattrsremoved(false);
  return event;
}

void add_append(EventBatchProto& out, const std::string& path, bool new_block) {
  AppendEventProto event;
  event.set_path(path);
  event.set_newblock(new_block);
  add(out, EVENT_APPEND, event);
}

void add_close(EventBatchProto& out, const std::string& path, int64_t size, uint64_t timestamp_ms) {
  CloseEventProto event;
  event.set_path(path);
  event.set_filesize(size);
  event.set_timestamp(int64_t(timestamp_ms));
  add(out, EVENT_CLOSE, event);
}

void add_unlink(EventBatchProto& out, const std::string& path, uint64_t timestamp_ms) {
  UnlinkEventProto event;
  event.set_path(path);
  event.set_timestamp(int64_t(timestamp_ms));
  add(out, EVENT_UNLINK, event);
}

void add_rename(EventBatchProto& out, const std::string& from, const std::string& to, uint64_t timestamp_ms) {
  RenameEventProto event;
  event.set_srcpath(from);
  event.set_destpath(to);
  event.set_timestamp(int64_t(timestamp_ms));
  add(out, EVENT_RENAME, event);
}

void add_xattrs(EventBatchProto& out, const std::string& path, const std::vector<ExtendedAttribute>& xattrs,
                bool removed) {
  MetadataUpdateEventProto event = updated(META_TYPE_XATTRS, path);
  for (const ExtendedAttribute& xattr : xattrs) {
    XAttrProto& shown = *event.add_xattrs();
    shown.set_namespace_(XAttrProto::XAttrNamespaceProto(xattr.name_space));
    shown.set_name(xattr.name);
    if (!removed) shown.set_value(xattr.value);
  }
  event.set_xattrsremoved(removed);
  add(out, EVENT_METADATA, event);
}

void translate(const auto&, EventBatchProto&) {}

void translate(const AddOp& op, EventBatchProto& out) {
  if (!op.blocks.empty()) return add_append(out, op.path, false);
  CreateEventProto event = created(I_TYPE_FILE, op.path, op.atime_ms, op.permissions);
  event.set_replication(op.replication);
  event.set_overwrite(op.overwrite);
  event.set_defaultblocksize(int64_t(op.block_size));
  event.set_erasurecoded(op.erasure_coding_policy_id != 0);
  add(out, EVENT_CREATE, event);
}

void translate(const CloseOp& op, EventBatchProto& out) {
  uint64_t size = 0;
  for (const EditBlock& block : op.blocks) size += block.num_bytes;
  add_close(out, op.path, int64_t(size), op.mtime_ms);
}

void translate(const AppendOp& op, EventBatchProto& out) {
  add_append(out, op.path, op.new_block);
}

void translate(const SetReplicationOp& op, EventBatchProto& out) {
  MetadataUpdateEventProto event = updated(META_TYPE_REPLICATION, op.path);
  event.set_replication(op.replication);
  add(out, EVENT_METADATA, event);
}

void translate(const ConcatDeleteOp& op, EventBatchProto& out) {
  add_append(out, op.target, false);
  for (const std::string& source : op.sources) add_unlink(out, source, op.timestamp_ms);
  add_close(out, op.target, -1, op.timestamp_ms);
}

void translate(const RenameOldOp& op, EventBatchProto& out) {
  add_rename(out, op.source, op.destination, op.timestamp_ms);
}
void translate(const RenameOp& op, EventBatchProto& out) {
  add_rename(out, op.source, op.destination, op.timestamp_ms);
}
void translate(const DeleteOp& op, EventBatchProto& out) {
  add_unlink(out, op.path, op.timestamp_ms);
}
void translate(const MkdirOp& op, EventBatchProto& out) {
  add(out, EVENT_CREATE, created(I_TYPE_DIRECTORY, op.path, op.timestamp_ms, op.permissions));
}

void translate(const SymlinkOp& op, EventBatchProto& out) {
  CreateEventProto event = created(I_TYPE_SYMLINK, op.path, op.atime_ms, op.permissions);
  event.set_symlinktarget(op.value);
  add(out, EVENT_CREATE, event);
}

void translate(const SetPermissionsOp& op, EventBatchProto& out) {
  MetadataUpdateEventProto event = updated(META_TYPE_PERMS, op.source);
  event.mutable_perms()->set_perm(op.permissions);
  add(out, EVENT_METADATA, event);
}

void translate(const SetOwnerOp& op, EventBatchProto& out) {
  MetadataUpdateEventProto event = updated(META_TYPE_OWNER, op.source);
  event.set_ownername(op.user);
  event.set_groupname(op.group);
  add(out, EVENT_METADATA, event);
}

void translate(const TimesOp& op, EventBatchProto& out) {
  MetadataUpdateEventProto event = updated(META_TYPE_TIMES, op.path);
  event.set_mtime(op.mtime_ms);
  event.set_atime(op.atime_ms);
  add(out, EVENT_METADATA, event);
}

void translate(const SetXAttrOp& op, EventBatchProto& out) {
  add_xattrs(out, op.source, op.xattrs, false);
}
void translate(const RemoveXAttrOp& op, EventBatchProto& out) {
  add_xattrs(out, op.source, op.xattrs, true);
}

void translate(const SetAclOp& op, EventBatchProto& out) {
  MetadataUpdateEventProto event = updated(META_TYPE_ACLS, op.source);
  for (const AclEntry& entry : op.acl_entries) {
    AclEntryProto& shown = *event.add_acls();
    shown.set_type(AclEntryProto::AclEntryTypeProto(entry.type));
    shown.set_scope(AclEntryProto::AclEntryScopeProto(entry.scope));
    shown.set_permissions(AclEntryProto::FsActionProto(entry.permission));
    if (!entry.name.empty()) shown.set_name(entry.name);
  }
  add(out, EVENT_METADATA, event);
}

void translate(const TruncateOp& op, EventBatchProto& out) {
  TruncateEventProto event;
  event.set_path(op.source);
  event.set_filesize(int64_t(op.new_length));
  event.set_timestamp(int64_t(op.timestamp_ms));
  add(out, EVENT_TRUNCATE, event);
}

}  // namespace

void add_events(const EditRecord& record, EventBatchProto& out) {
  std::visit([&](const auto& op) { translate(op, out); }, record);
}

}  // namespace dfs::namenode
