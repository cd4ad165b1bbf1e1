#pragma once

#include <algorithm>
#include <string>

#include "namenode/namespace/acl.h"
#include "namenode/namespace/plan.h"
#include "tests/unit/namenode/namespace/tree_model.h"

namespace dfs::namenode {

// Who may do what in a TreeModel, as Hadoop's documentation of permissions and ACLs has it.
class ModelPermissions {
 public:
  using Node = TreeModel::Node;
  static constexpr unsigned kExecute = 1, kWrite = 2, kRead = 4, kAll = 7;

  // What a call wants besides going along the path, as bits; where nothing is, nothing can be refused.
  struct Wanted {
    unsigned ancestor = 0;  // of the deepest directory above the last name that is there
    unsigned parent = 0;
    unsigned last = 0;
    bool below = false;  // everything, of each directory from the last name on that is not empty
  };

  static bool refuses(TreeModel& model, const Caller& who, const std::string& path, const Wanted& wanted) {
    if (who.is_superuser) return false;
    const Node* deepest = &model.root();
    const Node* parent = path == "/" ? nullptr : model.find_parent(path);
    const Node* last = model.find(path);
    for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      if (path == "/") break;
      if (!allows(*deepest, who, kExecute)) return true;
      if (slash == path.npos) break;
      const Node* next = model.find(path.substr(0, slash));
      if (next == nullptr) break;
      deepest = next;
    }
    if (wanted.parent != 0 && parent != nullptr && last != nullptr && is_stuck(*parent, *last, who)) return true;
    if (wanted.ancestor != 0 && !allows(*deepest, who, wanted.ancestor)) return true;
    if (wanted.parent != 0 && parent != nullptr && !allows(*parent, who, wanted.parent)) return true;
    if (wanted.last != 0 && last != nullptr && !allows(*last, who, wanted.last)) return true;
    return wanted.below && last != nullptr && keeps_something(*last, who);
  }
  static bool owns(const Caller& who, const Node& node) {
    return who.is_superuser || node.row.owner == who.identity.user;
  }
  static bool is_in(const Caller& who, const std::string& group) {
    return std::ranges::find(who.groups, group) != who.groups.end();
  }

 private:
  static bool is_stuck(const Node& directory, const Node& node, const Caller& who) {
    return (directory.row.permission & 01000) != 0 && directory.row.owner != who.identity.user &&
           node.row.owner != who.identity.user;
  }
  static bool keeps_something(const Node& node, const Caller& who) {
    if (!node.is_directory() || node.children.empty()) return false;
    if (!allows(node, who, kAll)) return true;
    return std::ranges::any_of(node.children, [&](const auto& child) {
      return is_stuck(node, *child.second, who) || keeps_something(*child.second, who);
    });
  }
  // The owner is judged as such, then who is named, then the groups, of which one that allows it is enough; the mask
  // limits all but owner and others.
  static bool allows(const Node& node, const Caller& who, unsigned wanted) {
    const unsigned mode = node.row.permission;
    auto enough = [&](unsigned bits) { return (bits & wanted) == wanted; };
    if (node.row.owner == who.identity.user) return enough(mode >> 6);
    unsigned mask = kAll, of_group = mode >> 3;
    bool in_group = is_in(who, node.row.group), group_allows = false;
    const std::vector<AclEntry> acl = logical_acl(node.row).value();
    for (const AclEntry& entry : acl) {
      if (entry.scope != AclScope::kAccess) continue;
      if (entry.type == AclType::kMask) mask = entry.permission;
      if (entry.type == AclType::kGroup && entry.name.empty()) of_group = entry.permission;
    }
    for (const AclEntry& entry : acl) {
      if (entry.scope != AclScope::kAccess || entry.name.empty()) continue;
      if (entry.type == AclType::kUser && entry.name == who.identity.user) return enough(entry.permission & mask);
      if (entry.type == AclType::kGroup && is_in(who, entry.name)) {
        in_group = true;
        group_allows = group_allows || enough(entry.permission & mask);
      }
    }
    if (is_in(who, node.row.group)) group_allows = group_allows || enough(of_group & mask);
    return in_group ? group_allows : enough(mode);
  }
};

}  // namespace dfs::namenode
