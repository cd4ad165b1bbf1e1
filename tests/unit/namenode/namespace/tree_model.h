#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// The plainest namespace there is, to compare a real one with: nodes in memory, and what quotas count found by walking
// all of them each time.
class TreeModel {
 public:
  struct Node {
    InodeRow row{};                  // without what follows from the rest: child_count, block_count, length
    std::vector<uint64_t> blocks{};  // their lengths
    std::map<std::string, std::unique_ptr<Node>> children{};
    Node* parent = nullptr;
    // A file that is being written: by whom, and whether its last block is (otherwise all are complete).
    struct Open {
      std::string holder{};
      bool last_block = false;
    };
    std::optional<Open> open{};
    bool is_directory() const { return row.type == InodeType::kDirectory; }
    uint64_t length() const {
      uint64_t sum = 0;
      for (uint64_t block : blocks) sum += block;
      return sum;
    }
    // A block that is being written counts as a whole one for quotas.
    uint64_t charged() const {
      return open && open->last_block ? length() - blocks.back() + row.preferred_block_size : length();
    }
    InodeRow whole_row() const {
      InodeRow whole = row;
      whole.under_construction = open.has_value();
      whole.child_count = uint32_t(children.size());
      whole.block_count = uint32_t(blocks.size());
      whole.length = length();
      return whole;
    }
  };

  explicit TreeModel(InodeRow root) { root_.row = std::move(root); }

  Node& root() { return root_; }
  Node* find(const std::string& path) {
    Node* node = &root_;
    for (size_t begin = 1; begin < path.size();) {
      const size_t end = std::min(path.find('/', begin), path.size());
      auto child = node->children.find(path.substr(begin, end - begin));
      if (child == node->children.end()) return nullptr;
      node = child->second.get();
      begin = end + 1;
    }
    return node;
  }
  Node* find_parent(const std::string& path) { return find(path.substr(0, path.rfind('/'))); }
  static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  // A file is on the way to the last name.
  bool leads_through_a_file(const std::string& path) {
    for (size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
      const Node* node = find(path.substr(0, slash));
      if (node != nullptr && !node->is_directory()) return true;
    }
    return false;
  }
  static bool is_in(const Node& node, const Node& directory) {
    for (const Node* at = &node; at != nullptr; at = at->parent) {
      if (at == &directory) return true;
    }
    return false;
  }

  // Modification times of directories follow, but never go back.
  Node& add(Node& directory, const std::string& name, InodeRow row) {
    auto node = std::make_unique<Node>();
    touch(directory, row.modification_time_ms);
    node->row = std::move(row);
    node->parent = &directory;
    return *(directory.children[name] = std::move(node));
  }
  std::unique_ptr<Node> take(const std::string& path, uint64_t time) {
    Node& directory = *find_parent(path);
    touch(directory, time);
    auto taken = std::move(directory.children.extract(name_of(path)).mapped());
    taken->parent = nullptr;
    return taken;
  }
  void put(const std::string& path, std::unique_ptr<Node> node, uint64_t time) {
    Node& directory = *find_parent(path);
    touch(directory, std::max(time, node->row.modification_time_ms));
    node->parent = &directory;
    directory.children[name_of(path)] = std::move(node);
  }
  static void touch(Node& directory, uint64_t time) {
    directory.row.modification_time_ms = std::max(directory.row.modification_time_ms, time);
  }

  // The storage policy that governs in a directory, or of a file.
  static uint8_t policy_of(const Node& node) {
    for (const Node* at = &node; at != nullptr; at = at->parent) {
      if (at->row.storage_policy != 0) return at->row.storage_policy;
    }
    return 0;
  }
  // So many bytes of a file, under its policy or the one of the directory it would be in.
  static QuotaCounts space(const Node& file, uint64_t bytes, uint8_t inherited) {
    const uint8_t policy = file.row.storage_policy != 0 ? file.row.storage_policy : inherited;
    QuotaCounts counts;
    counts.space = int64_t(bytes * file.row.replication);
    const auto first = int64_t(bytes), rest = int64_t(bytes) * (file.row.replication - 1);
    constexpr size_t kSsd = 1, kDisk = 2, kArchive = 3;
    switch (policy) {
      case 2:  // COLD
        counts.types[kArchive] = first + rest;
        break;
      case 5:  // WARM
        counts.types[kDisk] = first;
        counts.types[kArchive] = rest;
        break;
      case 7:  // HOT
        counts.types[kDisk] = first + rest;
        break;
      case 10:  // ONE_SSD
        counts.types[kSsd] = first;
        counts.types[kDisk] = rest;
        break;
      case 12:  // ALL_SSD
        counts.types[kSsd] = first + rest;
        break;
      default:
        break;
    }
    return counts;
  }
  static QuotaCounts counts_of(const Node& node, uint8_t inherited) {
    const uint8_t policy = node.row.storage_policy != 0 ? node.row.storage_policy : inherited;
    QuotaCounts sum;
    if (!node.is_directory()) sum = space(node, node.charged(), inherited);
    sum.names += 1;
    for (const auto& [name, child] : node.children) sum += counts_of(*child, policy);
    return sum;
  }
  static QuotaCounts counts_of(const Node& node) {
    return counts_of(node, node.parent == nullptr ? uint8_t(0) : policy_of(*node.parent));
  }

  // Which quota of the directory or of one above it, below `up_to`, has no room.
  static std::optional<ErrorCode> no_room(const Node& directory, const QuotaCounts& more, const QuotaCounts& freed = {},
                                          const Node* up_to = nullptr) {
    for (const Node* at = &directory; at != up_to; at = at->parent) {
      if (!at->row.has_quota()) continue;
      QuotaCounts used = counts_of(*at);
      used -= freed;
      auto over = [](uint64_t quota, int64_t now, int64_t wanted) {
        return wanted > 0 && now + wanted > int64_t(quota);
      };
      if (at->row.namespace_quota && over(*at->row.namespace_quota, used.names, more.names)) {
        return ErrorCode::kNamespaceQuota;
      }
      if (at->row.storage_space_quota && over(*at->row.storage_space_quota, used.space, more.space)) {
        return ErrorCode::kSpaceQuota;
      }
      for (const TypeQuota& quota : at->row.type_quotas) {
        if (over(quota.bytes, used.types[quota.storage_type], more.types[quota.storage_type])) {
          return ErrorCode::kTypeQuota;
        }
      }
    }
    return std::nullopt;
  }

  // Calls `visit(path, node)` for every node but the root.
  template <class Visit>
  void for_each(Visit visit) const {
    walk(root_, "", visit);
  }

 private:
  template <class Visit>
  static void walk(const Node& directory, const std::string& path, Visit& visit) {
    for (const auto& [name, child] : directory.children) {
      visit(path + "/" + name, *child);
      walk(*child, path + "/" + name, visit);
    }
  }

  Node root_;
};

}  // namespace dfs::namenode
