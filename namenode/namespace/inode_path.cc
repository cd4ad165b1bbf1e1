#include "namenode/namespace/inode_path.h"

#include <algorithm>
#include <charconv>

#include "namenode/namespace/path.h"
#include "namenode/namespace/settings.h"
#include "namenode/namespace/snapshots.h"
#include "proto/base/bytes.h"
#include "proto/base/check.h"

namespace dfs::namenode {
namespace {

// Keys of entries, one after the other in the same room.
class EntryKeys {
 public:
  std::string_view of(InodeId parent, std::string_view name) {
    key_.resize(sizeof(parent));
    store_big_endian(key_.data(), raw(parent));
    return key_.append(name);
  }

 private:
  std::string key_;
};

Result<InodePath> walk(const View& view, std::vector<std::string> components) {
  std::vector<InodePtr> inodes;
  inodes.reserve(components.size() + 1);
  EntryKeys keys;
  DFS_TRY(InodePtr root, view.inode(keys.of(kNoInode, "")));
  if (!root) return fail(ErrorCode::kIllegalState, "The namespace has no root: it is not formatted.");
  inodes.push_back(std::move(root));
  bool is_snapshot = false;
  std::optional<SnapshotId> as_of;
  for (size_t i = 0; i < components.size(); ++i) {
    const InodeRow& directory = *inodes.back();
    if (directory.type != InodeType::kDirectory) break;
    if (components[i] == kDotSnapshot && !is_snapshot && is_snapshottable(directory)) {
      is_snapshot = true;
      if (i + 1 == components.size()) break;
      DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(view, directory.id, components[i + 1]));
      components[i].append("/").append(components[i + 1]);
      components.erase(components.begin() + ptrdiff_t(i) + 1);
      if (!snapshot) break;
      as_of = snapshot->id;
      inodes.push_back(std::make_shared<const InodeRow>(std::move(snapshot->row.root)));
      continue;
    }
    DFS_TRY(InodePtr child, as_of ? child_at(view, directory.id, components[i], as_of)
                                  : view.inode(keys.of(directory.id, components[i])));
    if (!child) break;
    inodes.push_back(std::move(child));
  }
  if (is_snapshot) return InodePath::in_snapshot(std::move(components), std::move(inodes), as_of);
  return InodePath(std::move(components), std::move(inodes));
}

// The names from the root to the inode; nothing where an entry on the way is missing.
Result<std::optional<std::vector<std::string>>> names_of(const View& view, InodeId id) {
  std::vector<std::string> names;
  while (id != kRootInode) {
    DFS_TRY(std::optional<EntryKey> key, find_entry_of(view, id));
    if (!key || names.size() > kPathDepthMax) return std::optional<std::vector<std::string>>();
    names.push_back(std::move(key->name));
    id = key->parent;
  }
  std::reverse(names.begin(), names.end());
  return std::optional(std::move(names));
}

// FSDirectory.resolveDotInodesPath
Result<std::vector<std::string>> resolve_inode_name(const View& view, std::vector<std::string> components) {
  const std::string& text = components[2];
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::kFileNotFound, "Invalid inode path: " + join_path(components));
  }
  InodeId id{uint64_t(number)};
  DFS_TRY(std::optional<std::vector<std::string>> names, names_of(view, id));
  if (!names) {
    return fail(ErrorCode::kFileNotFound, "File for given inode path does not exist: " + join_path(components));
  }
  size_t rest = 3;
  if (components.size() > 3 && components[3] == "..") {
    if (!names->empty()) names->pop_back();
    return *std::move(names);
  }
  for (; rest < components.size(); ++rest) names->push_back(std::move(components[rest]));
  return *std::move(names);
}

}  // namespace

InodePath InodePath::in_snapshot(std::vector<std::string> components, std::vector<InodePtr> inodes,
                                 std::optional<SnapshotId> as_of) {
  InodePath path(std::move(components), std::move(inodes));
  path.is_snapshot_ = true;
  path.as_of_ = as_of;
  return path;
}

bool InodePath::is_dot_snapshot() const {
  return !is_root() && components_.back() == kDotSnapshot;
}

const std::string& InodePath::name() const {
  static const std::string kRootName;
  return components_.empty() ? kRootName : components_.back();
}

std::string InodePath::path(size_t position) const {
  return join_path(components_, position);
}

EntryKey InodePath::key(size_t position) const {
  if (position == 0) return EntryKey{.parent = kNoInode, .name = ""};
  DFS_CHECK(at(position - 1) != nullptr);
  return EntryKey{.parent = at(position - 1)->id, .name = components_[position - 1]};
}

InodePath InodePath::below(std::string name, std::optional<InodeRow> inode) const {
  DFS_CHECK(last() != nullptr);
  InodePath longer = *this;
  longer.components_.push_back(std::move(name));
  if (inode) longer.inodes_.push_back(std::make_shared<const InodeRow>(*std::move(inode)));
  return longer;
}

Result<InodePath> resolve(const View& view, std::string_view path) {
  DFS_TRY(std::vector<std::string> components, path_components(path));
  if (components.size() > 1 && components[0] == ".reserved") {
    if (components[1] == ".inodes" && components.size() > 2) {
      DFS_TRY(components, resolve_inode_name(view, std::move(components)));
      return walk(view, std::move(components));
    }
    if (components[1] == "raw") {
      if (components.size() != 3 || components[2] != ".reserved") {
        components.erase(components.begin(), components.begin() + 2);
      }
      DFS_TRY(InodePath found, walk(view, std::move(components)));
      return InodePath::by_raw(std::move(found));
    }
  }
  return walk(view, std::move(components));
}

Result<InodePath> resolve_literal(const View& view, std::string_view path) {
  DFS_TRY(std::vector<std::string> components, path_components(path));
  return walk(view, std::move(components));
}

Result<std::optional<InodePath>> resolve_inode(const View& view, InodeId id) {
  DFS_TRY(std::optional<std::vector<std::string>> names, names_of(view, id));
  if (!names) return std::optional<InodePath>();
  DFS_TRY(InodePath path, walk(view, *std::move(names)));
  if (path.last() == nullptr || path.last()->id != id) return std::optional<InodePath>();
  return std::optional(std::move(path));
}

Result<std::optional<InodeRow>> find_inode(const View& view, InodeId id) {
  DFS_TRY(std::optional<EntryKey> key, find_entry_of(view, id));
  if (!key) return std::optional<InodeRow>();
  return find_entry(view, key->parent, key->name);
}

}  // namespace dfs::namenode
