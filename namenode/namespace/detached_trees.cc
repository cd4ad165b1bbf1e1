#include "namenode/namespace/detached_trees.h"

#include <utility>
#include <vector>

#include "namenode/namespace/record_change.h"
#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

struct Entry {
  EntryKey key;
  InodePtr inode;
};

Result<std::vector<Entry>> children_of(const View& view, InodeId directory, std::string_view after, size_t count_max) {
  std::vector<Entry> children;
  DFS_TRY_OK(for_each_child(view, directory, std::nullopt, after,
                            [&](std::string_view name, const InodePtr& inode) -> Result<bool> {
                              children.push_back({{.parent = directory, .name = std::string(name)}, inode});
                              return children.size() < count_max;
                            }));
  return children;
}

Charged charged(const Entry& tree) {
  return tree.key == detached_key(tree.inode->id, Charged::kYes) ? Charged::kYes : Charged::kNo;
}

}  // namespace

EntryKey detached_key(InodeId tree, Charged charged) {
  return {.parent = kDetachedTrees, .name = inode_key(tree) + char(charged)};
}

Result<bool> is_larger_than(const View& view, const InodeRow& top, size_t count_max) {
  std::vector<InodeId> directories;
  size_t count = 1;
  if (top.type == InodeType::kDirectory) directories.push_back(top.id);
  while (!directories.empty() && count <= count_max) {
    const InodeId directory = directories.back();
    directories.pop_back();
    DFS_TRY_OK(
        for_each_child(view, directory, std::nullopt, "", [&](std::string_view, const InodePtr& child) -> Result<bool> {
          if (child->type == InodeType::kDirectory) directories.push_back(child->id);
          return ++count <= count_max;
        }));
  }
  return count > count_max;
}

Result<bool> DetachedTreeSweep::step(const View& view, size_t inodes_max, Batch& batch, Effects& effects) {
  RecordChange change(view, batch, effects);
  QuotaCounts uncharged;
  size_t swept = 0;
  while (swept < inodes_max) {
    DFS_TRY(std::vector<Entry> trees, children_of(change, kDetachedTrees, last_tree_, 1));
    if (trees.empty()) {
      // A directory may be older than what it was in.
      if (std::exchange(last_tree_, "").empty()) break;
      continue;
    }
    const Entry& tree = trees.front();
    if (std::exchange(in_tree_, tree.inode->id) != tree.inode->id) last_child_.clear();
    const Charged so_far = charged(tree);
    auto remove = [&](const Entry& entry) -> Result<void> {
      if (so_far == Charged::kNo) {
        DFS_TRY(QuotaCounts counts, counts_of(change, *entry.inode, 0));
        uncharged += counts;
      }
      return change.remove_alone(entry.key, *entry.inode);
    };
    const size_t room = inodes_max - swept;
    DFS_TRY(std::vector<Entry> children, children_of(change, tree.inode->id, last_child_, room));
    for (const Entry& child : children) {
      if (child.inode->type == InodeType::kDirectory && child.inode->child_count > 0) {
        DFS_TRY_OK(change.move_inode(child.key, detached_key(child.inode->id, so_far), child.inode));
      } else {
        DFS_TRY_OK(remove(child));
      }
    }
    swept += children.size();
    if (!children.empty()) last_child_ = children.back().key.name;
    if (children.size() == room) continue;
    DFS_TRY_OK(remove(tree));
    last_tree_ = tree.key.name;
    ++swept;
  }
  if (swept == 0) return false;
  uncharged.types = {};  // a root that counts them has counted anew since the trees were deleted
  DFS_TRY_OK(change.charge_root(-uncharged));
  change.finish();
  return true;
}

Result<size_t> for_each_detached_directory(const View& view, const std::function<void(InodeId)>& visit) {
  size_t count = 0;
  std::vector<InodeId> left{kDetachedTrees};
  while (!left.empty()) {
    const InodeId directory = left.back();
    left.pop_back();
    DFS_TRY_OK(
        for_each_child(view, directory, std::nullopt, "", [&](std::string_view, const InodePtr& child) -> Result<bool> {
          ++count;
          if (child->type == InodeType::kDirectory) {
            visit(child->id);
            left.push_back(child->id);
          }
          return true;
        }));
  }
  return count;
}

}  // namespace dfs::namenode
