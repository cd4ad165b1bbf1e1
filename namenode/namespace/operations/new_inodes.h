#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"
#include "namenode/namespace/quota.h"

namespace dfs::namenode {

// The mode that a client wants for what it makes. One of Hadoop 3 says it without its umask too: a default ACL, where
// there is one to inherit, takes the place of the umask (HDFS-6962).
struct CreateMode {
  uint16_t masked = 0;
  std::optional<uint16_t> unmasked{};
};

// Plans the inodes that a create or mkdirs makes along one path: hands out their ids, and keeps the parent of the next,
// which may itself be one of them.
class NewInodes {
 public:
  // Below the deepest inode of `path` that is there. All outlive this.
  static Result<NewInodes> start(const PlanContext& context, const InodePath& path, std::vector<EditRecord>& records);

  // Records for the directories that are missing above the last name (FSDirMkdirOp.createParentDirectories). Each gets
  // `mode`, and its owner may write and enter whatever it says.
  Result<void> make_ancestors(CreateMode mode);
  Result<void> make_directory(CreateMode mode);
  // Gives an inode that is made in parent() its permission and what it inherits of the default ACL. The whole ACL, as
  // records carry it; empty where permission bits say all.
  Result<std::vector<AclEntry>> set_mode(InodeRow& inode, CreateMode mode) const;
  // Checks the next name, and that quotas leave room for it once `freed` has gone, and draws an id for it.
  Result<InodeId> claim_last(const QuotaCounts& freed = {});

  // What the next inode is made in; a new one takes its group from it.
  const InodeRow& parent() const { return *parent_; }

 private:
  NewInodes(const PlanContext& context, const InodePath& path, std::vector<EditRecord>& records, InodeId last_id)
      : context_(context),
        path_(path),
        records_(records),
        last_id_(last_id),
        parent_(path.shared(path.existing() - 1)),
        made_(path.existing() - 1) {}

  const PlanContext& context_;
  const InodePath& path_;
  std::vector<EditRecord>& records_;
  InodeId last_id_;
  InodePtr parent_;
  size_t made_;  // position of `parent_` in the path
};

}  // namespace dfs::namenode
