#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "namenode/namespace/inode_path.h"
#include "namenode/store/rows.h"

// What counts towards quotas, and whether there is room for more (DirectoryWithQuotaFeature, FSDirectory.verifyQuota).
//
// The root and each directory with a quota have a row with what is in them, which each record keeps true. Complete
// blocks count with their length and others with the file's preferred block size, times replicas. Storage types count
// where a storage policy is set, as it would place them; the root's row has them only while it has a quota by type, so
// that to set a policy where there are no quotas below costs no walk.
namespace dfs::namenode {

inline bool has_usage_row(const InodeRow& inode) {
  return inode.id == kRootInode || (inode.type == InodeType::kDirectory && inode.has_quota());
}
inline bool counts_types(const InodeRow& inode) {
  return inode.id == kRootInode ? !inode.type_quotas.empty() : inode.has_quota();
}

// The storage policy that governs below the first `count` inodes of the path; 0 where none of them names one.
uint8_t policy_above(const InodePath& path, size_t count);
inline uint8_t policy_of(const InodePath& path) {
  return policy_above(path, path.existing());
}

// Bytes of one replica of all blocks; the last may be under construction.
Result<uint64_t> charged_bytes(const View& view, const InodeRow& file);
// A file with so many bytes charged, without its name.
QuotaCounts space_of(const InodeRow& file, uint64_t charged_bytes, uint8_t inherited_policy);
// One inode alone, with what it is charged for.
Result<QuotaCounts> counts_of(const View& view, const InodeRow& inode, uint8_t inherited_policy);

struct TreeCounts {
  QuotaCounts total;
  std::vector<std::pair<InodeRow, QuotaCounts>> with_row;  // the top and directories below it that have a row
};
// Walks all that is below `top`, by the view's rows.
Result<TreeCounts> count_tree(const View& view, const InodeRow& top, uint8_t inherited_policy);
// The same total, from rows where they say it.
Result<QuotaCounts> total_of(const View& view, const InodeRow& top, uint8_t inherited_policy);

// Whether a directory with a quota is at or below this one. Costs as many lookups as quotas are set and lie deep.
Result<bool> has_quota_in(const View& view, const InodeRow& top);

// What a row holds of counts: types only if the directory counts them.
QuotaCounts kept_by(const InodeRow& directory, QuotaCounts counts);

// kNamespaceQuota, kSpaceQuota or kTypeQuota unless each directory among the first `count` inodes of the path has room
// for `more`, when `freed` has gone from all of them. Those at and above the inode `up_to` are not asked.
Result<void> check_quota(const View& view, const InodePath& path, size_t count, const QuotaCounts& more,
                         const QuotaCounts& freed = {}, InodeId up_to = kNoInode);

// Rows for all directories that need one, by a walk of everything.
Result<void> count_everything(const View& view, Batch& batch);

}  // namespace dfs::namenode
