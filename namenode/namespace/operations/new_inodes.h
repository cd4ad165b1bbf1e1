#pragma once

#include <string>
#include <utility>
#include <vector>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/plan.h"

namespace dfs::namenode {

// Plans the inodes that a create or mkdirs makes along one path: hands out their ids, and keeps the parent of the next,
// which may itself be one of them.
class NewInodes {
 public:
  // Below the deepest inode of `path` that is there. All outlive this.
  static Result<NewInodes> start(const PlanContext& context, const InodePath& path, std::vector<EditRecord>& records);

  // Records for the directories that are missing above the last name (FSDirMkdirOp.createParentDirectories). Each gets
  // `permission`, and its owner may write and enter whatever it says.
  Result<void> make_ancestors(uint16_t permission);
  Result<void> make_directory(uint16_t permission);
  // Checks the last name and draws an id for it.
  Result<InodeId> claim_last();

  // What the next inode is made in; a new one takes its group from it.
  const InodeRow& parent() const { return parent_; }

 private:
  NewInodes(const PlanContext& context, const InodePath& path, std::vector<EditRecord>& records, InodeId last_id)
      : context_(context),
        path_(path),
        records_(records),
        last_id_(last_id),
        parent_(path.deepest()),
        made_(path.existing() - 1) {}

  const PlanContext& context_;
  const InodePath& path_;
  std::vector<EditRecord>& records_;
  InodeId last_id_;
  InodeRow parent_;
  size_t made_;  // position of `parent_` in the path
};

}  // namespace dfs::namenode
