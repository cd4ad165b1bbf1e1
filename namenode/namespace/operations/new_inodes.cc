#include "namenode/namespace/operations/new_inodes.h"

#include "namenode/namespace/acl.h"
#include "namenode/namespace/operations/preconditions.h"

namespace dfs::namenode {

Result<NewInodes> NewInodes::start(const PlanContext& context, const InodePath& path,
                                   std::vector<EditRecord>& records) {
  DFS_TRY(uint64_t last_id, counter(context.view, Counter::kLastInodeId));
  return NewInodes(context, path, records, InodeId(last_id));
}

Result<InodeId> NewInodes::claim_last(const QuotaCounts& freed) {
  DFS_TRY_OK(check_new_name(context_.settings, path_, made_, *parent_));
  // Those made before this one are not in the tables yet.
  QuotaCounts used_less = freed;
  used_less.names -= int64_t(made_ + 1 - path_.existing());
  DFS_TRY_OK(check_quota(context_.view, path_, path_.existing(), {.names = 1}, used_less));
  last_id_ = next(last_id_);
  return last_id_;
}

Result<std::vector<AclEntry>> NewInodes::set_mode(InodeRow& inode, CreateMode mode) const {
  const bool unmasked = context_.settings.posix_acl_inheritance && mode.unmasked;
  inode.permission = unmasked ? *mode.unmasked : mode.masked;
  DFS_TRY(bool inherits, inherit_default_acl(*parent_, inode));
  if (!inherits) inode.permission = mode.masked;
  if (inode.acl.empty()) return std::vector<AclEntry>();
  return logical_acl(inode);
}

Result<void> NewInodes::make_directory(CreateMode mode) {
  DFS_TRY(InodeId id, claim_last());
  ++made_;
  MkdirOp op;
  op.inode_id = id;
  op.path = path_.path(made_);
  op.timestamp_ms = to_millis(context_.wall);
  InodeRow directory;
  directory.id = id;
  directory.owner = context_.caller.identity.user;
  directory.group = parent_->group;
  DFS_TRY(op.acl_entries, set_mode(directory, mode));
  op.permissions = {directory.owner, directory.group, directory.permission};
  parent_ = std::make_shared<const InodeRow>(std::move(directory));
  records_.push_back(std::move(op));
  return {};
}

Result<void> NewInodes::make_ancestors(CreateMode mode) {
  mode.masked = (mode.masked & 0777) | 0300;
  while (made_ + 1 < path_.length() - 1) DFS_TRY_OK(make_directory(mode));
  return {};
}

}  // namespace dfs::namenode
