#include "namenode/namespace/operations/new_inodes.h"

#include "namenode/namespace/operations/preconditions.h"

namespace dfs::namenode {

Result<NewInodes> NewInodes::start(const PlanContext& context, const InodePath& path,
                                   std::vector<EditRecord>& records) {
  DFS_TRY(uint64_t last_id, counter(context.view, Counter::kLastInodeId));
  return NewInodes(context, path, records, InodeId(last_id));
}

Result<InodeId> NewInodes::claim_last() {
  DFS_TRY_OK(check_new_name(context_.settings, path_.path(made_), parent_, path_.components()[made_]));
  last_id_ = next(last_id_);
  return last_id_;
}

Result<void> NewInodes::make_directory(uint16_t permission) {
  DFS_TRY(InodeId id, claim_last());
  ++made_;
  MkdirOp op;
  op.inode_id = id;
  op.path = path_.path(made_);
  op.timestamp_ms = to_millis(context_.wall);
  op.permissions = {context_.caller.identity.user, parent_.group, permission};
  InodeRow directory;
  directory.id = id;
  directory.owner = op.permissions.user;
  directory.group = op.permissions.group;
  directory.permission = permission;
  parent_ = std::move(directory);
  records_.push_back(std::move(op));
  return {};
}

Result<void> NewInodes::make_ancestors(uint16_t permission) {
  while (made_ + 1 < path_.length() - 1) DFS_TRY_OK(make_directory((permission & 0777) | 0300));
  return {};
}

}  // namespace dfs::namenode
