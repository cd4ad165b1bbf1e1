#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "namenode/namespace/plan.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"

// A directory with much below it leaves the tree at once when it is deleted, and what is in it goes later, some at a
// time, so that nobody waits for it.
//
// Until then it is an entry of kDetachedTrees, which is no directory: no path leads there, and what is looked up by its
// id has no path. Its files still count in the totals, own their blocks and are open if they were. How far this has
// come is no function of the edit log, only what is left in the end: whoever compares tables finishes it first.
//
// Where a snapshot is, all goes at once as part of the record, since which snapshots have an inode is told by where it
// is.
namespace dfs::namenode {

inline constexpr InodeId kDetachedTrees{UINT64_MAX};
// A tree of more inodes than this is detached.
inline constexpr size_t kRemovedAtOnceMax = 500;

// Whether the totals that quotas count have changed already: if not, only the root counts, and does as inodes go.
enum class Charged : bool { kNo, kYes };
EntryKey detached_key(InodeId tree, Charged charged);

// More than `count_max` inodes, with itself. Looks at that many.
Result<bool> is_larger_than(const View& view, const InodeRow& top, size_t count_max);

// Takes such trees away. It remembers where it is: rows that went leave marks in the tables, and a look from the
// beginning would pass them one by one.
class DetachedTreeSweep {
 public:
  // Takes up to `inodes_max` inodes; false where there were none. What follows for blocks and leases is in `effects`,
  // as after a record. `batch` is to be written, or nothing may be written any more.
  Result<bool> step(const View& view, size_t inodes_max, Batch& batch, Effects& effects);

 private:
  std::string last_tree_;       // that went, its name in kDetachedTrees
  InodeId in_tree_ = kNoInode;  // where some children went,
  std::string last_child_;      // this one last
};

// Calls `visit` with each directory of such trees; the inodes in all of them are counted.
Result<size_t> for_each_detached_directory(const View& view, const std::function<void(InodeId)>& visit);

}  // namespace dfs::namenode
