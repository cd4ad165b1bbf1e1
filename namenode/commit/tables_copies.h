#pragma once

#include <string>
#include <vector>

#include "namenode/store/tables.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

// Copies of the tables in the further folders of dfs.namenode.name.dir, as Hadoop keeps an image in each: made anew at
// each checkpoint, so that the loss of a disk costs a replay and nothing else. Edits that a copy does not hold must not
// be purged. Belongs to one thread.
class TablesCopies {
 public:
  TablesCopies() = default;
  // `directories`: where tables may lie; `current`: the one of them that is in use.
  TablesCopies(Disk& disk, const std::vector<std::string>& directories, const std::string& current);

  bool none() const { return directories_.empty(); }
  // Each copy holds what the tables held durably when it was called. The first error where a copy could not be made;
  // that one is then as it was before.
  Result<void> renew(Tables& tables);

 private:
  Result<void> renew(Tables& tables, const std::string& directory);

  Disk* disk_ = nullptr;
  std::vector<std::string> directories_;
};

// Ends what a crash has left of the replacement of the copy in `directory`.
Result<void> finish_replacing(Disk& disk, const std::string& directory);

}  // namespace dfs::namenode
