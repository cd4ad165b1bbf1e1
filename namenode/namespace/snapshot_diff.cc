#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshot_queries.h"

namespace dfs::namenode {
namespace {

using Names = std::vector<std::string>;

std::string relative(const Names& names) {
  std::string path;
  for (const std::string& name : names) path.append(path.empty() ? "" : "/").append(name);
  return path;
}

Names split_names(std::string_view path) {
  Names names;
  for (size_t begin = 0; begin < path.size();) {
    size_t end = std::min(path.find('/', begin), path.size());
    names.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// Of a moment: a snapshot, or the present.
using Moment = std::optional<SnapshotId>;

struct Span {
  InodeRow root;  // the snapshottable directory
  std::string root_path;
  InodeRow scope;  // what is compared: the same, or a directory below it
  SnapshotId earlier{};
  Moment later{};
  bool from_earlier = true;

  bool covers(SnapshotId snapshot) const { return snapshot >= earlier && (!later || snapshot < *later); }
};

Error no_such_snapshot(std::string_view directory, std::string_view name) {
  return Error(ErrorCode::kSnapshot,
               fmt::format("Cannot find the snapshot of directory {} with name {}", directory, name));
}

// FSDirSnapshotOp.checkSubtreeReadPermission
Result<void> check_readable(const Query& query, const std::string& path, const std::string& snapshot) {
  PermissionChecker permissions = query.permissions();
  DFS_TRY(InodePath resolved, permissions.resolve(snapshot_path(path, snapshot), ResolveFor::kRead));
  return permissions.check(resolved, {.last = Access::kRead, .below = Access::kRead});
}

// SnapshotManager.diff up to the comparison; nothing where both ends are the same.
Result<std::optional<Span>> find_span(const Query& query, const SnapshotDiffRequest& request) {
  DFS_TRY(InodePath path, query.permissions().resolve(request.path, ResolveFor::kRead));
  if (query.settings.permissions_enabled) {
    DFS_TRY_OK(check_readable(query, request.path, request.from));
    DFS_TRY_OK(check_readable(query, request.path, request.to));
  }
  const InodeRow* last = path.last();
  const bool is_directory = last != nullptr && last->type == InodeType::kDirectory;
  size_t position = path.length() - (is_directory || path.is_root() ? 1 : 2);
  if (path.at(position) == nullptr) {
    return fail(ErrorCode::kFileNotFound, "Directory does not exist: " + path.path(position));
  }
  auto has_snapshots = [&](size_t i) {
    return i == position ? is_snapshottable(*path.at(i)) : path.at(i)->snapshottable;
  };
  size_t root = position;
  while (!has_snapshots(root) && root > 0 && query.settings.snapshot_diff_below_root) --root;
  if (!has_snapshots(root)) {
    return fail(ErrorCode::kSnapshot,
                query.settings.snapshot_diff_below_root
                    ? fmt::format("The path {} is neither snapshottable nor under a snapshot root!", path.path())
                    : "Directory is not a snapshottable directory: " + path.path());
  }
  if (last == nullptr) return fail(ErrorCode::kFileNotFound, "Directory does not exist: " + request.path);
  if (!is_directory) return fail(ErrorCode::kPathIsNotDirectory, fmt::format("`{}': Is not a directory", request.path));
  Span span{.root = *path.at(root), .root_path = path.path(root), .scope = *last};
  auto find = [&](const std::string& name) -> Result<Moment> {
    if (name.empty()) return Moment();
    DFS_TRY(std::optional<Snapshot> snapshot, find_snapshot(query.view, span.root.id, name));
    if (!snapshot) return fail(no_such_snapshot(span.root_path, name));
    return Moment(snapshot->id);
  };
  DFS_TRY(Moment from, find(request.from));
  DFS_TRY(Moment to, find(request.to));
  if (from == to) return std::optional<Span>();
  span.from_earlier = from && (!to || *from < *to);
  span.earlier = span.from_earlier ? *from : *to;
  span.later = span.from_earlier ? to : from;
  return std::optional(std::move(span));
}

bool same_metadata(const InodeRow& one, const InodeRow& other) {
  return one.owner == other.owner && one.group == other.group && one.permission == other.permission &&
         one.acl == other.acl && one.xattrs == other.xattrs && one.namespace_quota == other.namespace_quota &&
         one.type_quotas == other.type_quotas && one.storage_space_quota == other.storage_space_quota &&
         one.replication == other.replication && one.preferred_block_size == other.preferred_block_size &&
         (one.type == InodeType::kDirectory || one.storage_policy == other.storage_policy);
}

struct Changed {
  std::string name;
  InodeRow inode;
};
struct DirectoryChange {
  std::vector<Changed> created, deleted;  // each in order of names
  bool changed = false;                   // also where neither has anything
};

// What a comparison finds, on the way through the earlier tree in order of names. They return false to end it.
class Findings {
 public:
  virtual ~Findings() = default;
  virtual Result<bool> directory(const InodeRow& directory, const Names& path, const DirectoryChange& change) = 0;
  virtual Result<bool> file(const InodeRow& file, const Names& path) = 0;
};

class Comparison {
 public:
  Comparison(const View& view, const Span& span, Findings& findings) : view_(view), span_(span), findings_(findings) {}

  // Begins at `resume`, in the directory that is compared.
  Result<void> run(const Names& resume) {
    Names path;
    DFS_TRY_OK(walk(span_.scope, path, resume));
    return {};
  }

  // The path that an inode has at the later moment, if it is below the directory that is compared.
  Result<std::optional<Names>> later_path(InodeId inode) const {
    Names names;
    while (inode != span_.scope.id) {
      DFS_TRY(std::optional<EntryKey> entry, later_entry(inode));
      if (!entry || entry->parent == kNoInode) return std::optional<Names>();
      names.push_back(std::move(entry->name));
      inode = entry->parent;
    }
    std::ranges::reverse(names);
    return std::optional(std::move(names));
  }

 private:
  Result<std::optional<EntryKey>> later_entry(InodeId inode) const {
    DFS_TRY(std::optional<EntryKey> entry, find_entry_of(view_, inode));
    if (span_.later) {
      DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
      for (InodeVersion& version : versions) {
        if (version.snapshot >= *span_.later) entry = std::move(version.entry);
      }
    }
    if (!entry) return entry;
    DFS_TRY(InodePtr there, child_at(view_, entry->parent, entry->name, span_.later));
    if (!there || there->id != inode) return std::optional<EntryKey>();
    return entry;
  }

  // The states of an inode from the earlier moment on that differ in time, the last as of the later moment.
  Result<std::vector<InodeRow>> states_of(InodeId inode) const {
    std::vector<InodeRow> states;
    std::optional<InodeRow> last;
    if (inode == span_.root.id) {
      // Its own entry is above what the snapshots have.
      DFS_TRY_OK(for_each_snapshot(view_, inode, "", [&](const Snapshot& snapshot) -> Result<bool> {
        if (span_.covers(snapshot.id)) states.push_back(snapshot.row.root);
        if (span_.later == snapshot.id) last = snapshot.row.root;
        return true;
      }));
      states.push_back(last ? *std::move(last) : span_.root);
      return states;
    }
    DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, inode));
    for (const InodeVersion& version : versions) {
      if (version.snapshot < span_.earlier) break;
      DFS_TRY(InodeRow row, versioned_inode(view_, version));
      if (span_.covers(version.snapshot)) {
        states.push_back(std::move(row));
      } else {
        last = std::move(row);
      }
    }
    if (states.empty()) return states;
    std::ranges::reverse(states);
    if (!last) {
      DFS_TRY(last, find_inode(view_, inode));
    }
    if (last) states.push_back(*std::move(last));
    return states;
  }

  Result<DirectoryChange> compare(InodeId directory,
                                  const std::map<std::string, std::vector<Version>>& versions) const {
    DirectoryChange change;
    for (const auto& [name, states] : versions) {
      auto first = std::ranges::find_if(states, [&](const Version& state) { return span_.covers(state.snapshot); });
      if (first == states.end()) continue;
      DFS_TRY(InodePtr after, child_at(view_, directory, name, span_.later));
      const std::optional<InodeRow>& before = first->inode;
      const bool same = before && after && before->id == after->id &&
                        (before->type != InodeType::kSymlink || same_metadata(*before, *after));
      if (same) continue;
      if (after) change.created.push_back({name, *after});
      if (before) change.deleted.push_back({name, *before});
    }
    change.changed = !change.created.empty() || !change.deleted.empty();
    if (change.changed) return change;
    DFS_TRY(std::vector<InodeRow> states, states_of(directory));
    change.changed = std::ranges::any_of(states, [&](const auto& state) { return !same_metadata(state, states[0]); });
    return change;
  }

  Result<bool> is_changed(InodeId file) const {
    DFS_TRY(std::vector<InodeRow> states, states_of(file));
    if (states.size() < 2) return false;
    return states.front().length != states.back().length || !same_metadata(states.front(), states.back());
  }

  // `resume`: what is left of the way to where the comparison begins.
  Result<bool> walk(const InodeRow& directory, Names& path, std::span<const std::string> resume) {
    DFS_TRY(auto versions, versions_of_directory(view_, directory.id));
    DFS_TRY(DirectoryChange change, compare(directory.id, versions));
    if (resume.empty() && change.changed) {
      DFS_TRY(bool go_on, findings_.directory(directory, path, change));
      if (!go_on) return false;
    }
    std::map<std::string_view, InodeId> deleted;
    for (const Changed& one : change.deleted) deleted.emplace(one.name, one.inode.id);
    std::vector<Changed> children;
    DFS_TRY_OK(for_each_child(
        view_, directory.id, span_.earlier, "", [&](std::string_view name, const InodePtr& child) -> Result<bool> {
          if (!resume.empty() && name < resume.front()) return true;
          const bool may_have_changed =
              child->type == InodeType::kDirectory || child->versioned || versions.contains(std::string(name));
          if (may_have_changed) children.push_back({std::string(name), *child});
          return true;
        }));
    for (const Changed& child : children) {
      if (deleted.contains(child.name)) {
        DFS_TRY(std::optional<Names> renamed, later_path(child.inode.id));
        if (!renamed) continue;
      }
      path.push_back(child.name);
      const bool on_the_way = !resume.empty() && child.name == resume.front();
      DFS_TRY(bool go_on, visit(child.inode, path, on_the_way ? resume.subspan(1) : std::span<const std::string>()));
      path.pop_back();
      if (!go_on) return false;
    }
    return true;
  }

  Result<bool> visit(const InodeRow& child, Names& path, std::span<const std::string> resume) {
    if (child.type == InodeType::kDirectory) return walk(child, path, resume);
    if (child.type != InodeType::kFile) return true;
    DFS_TRY(bool changed, is_changed(child.id));
    return changed ? findings_.file(child, path) : Result<bool>(true);
  }

  const View& view_;
  const Span& span_;
  Findings& findings_;
};

class Report final : public Findings {
 public:
  Report(const View& view, const Span& span) : span_(span), comparison_(view, span, *this) {}

  Result<SnapshotDiffReport> run(const SnapshotDiffRequest& request) {
    DFS_TRY_OK(comparison_.run({}));
    // Hadoop's order: what is higher in the tree comes first.
    std::ranges::sort(found_, [](const Found& one, const Found& other) {
      return std::pair(one.path.size(), one.path) < std::pair(other.path.size(), other.path);
    });
    SnapshotDiffReport report{.root = span_.root_path, .from = request.from, .to = request.to};
    for (const Found& found : found_) {
      report.entries.push_back({DiffType::kModify, relative(found.path)});
      add(found, report);
    }
    return report;
  }

  Result<bool> directory(const InodeRow&, const Names& path, const DirectoryChange& change) override {
    for (const Changed& gone : change.deleted) {
      DFS_TRY(std::optional<Names> target, comparison_.later_path(gone.inode.id));
      if (target) renamed_[gone.inode.id] = relative(*target);
    }
    found_.push_back({path, change});
    return true;
  }
  Result<bool> file(const InodeRow&, const Names& path) override {
    found_.push_back({path, {}});
    return true;
  }

 private:
  struct Found {
    Names path;
    DirectoryChange change;
  };

  void add(const Found& found, SnapshotDiffReport& report) const {
    auto below = [&](const std::string& name) { return found.path.empty() ? name : relative(found.path) + "/" + name; };
    for (const Changed& created : found.change.created) {
      if (renamed_.contains(created.inode.id)) continue;
      report.entries.push_back({span_.from_earlier ? DiffType::kCreate : DiffType::kDelete, below(created.name)});
    }
    for (const Changed& deleted : found.change.deleted) {
      std::string path = below(deleted.name);
      auto renamed = renamed_.find(deleted.inode.id);
      if (renamed == renamed_.end()) {
        report.entries.push_back({span_.from_earlier ? DiffType::kDelete : DiffType::kCreate, std::move(path)});
      } else if (span_.from_earlier) {
        report.entries.push_back({DiffType::kRename, std::move(path), renamed->second});
      } else {
        report.entries.push_back({DiffType::kRename, renamed->second, std::move(path)});
      }
    }
  }

  const Span& span_;
  Comparison comparison_;
  std::vector<Found> found_;
  std::map<InodeId, std::string> renamed_;
};

// SnapshotDiffListingInfo
class Page final : public Findings {
 public:
  Page(const View& view, const Span& span, size_t entries_max)
      : view_(view), entries_max_(entries_max), comparison_(view, span, *this) {
    listing_.from_earlier = span.from_earlier;
  }

  Result<SnapshotDiffListing> run(const SnapshotDiffCursor& cursor) {
    listing_.cursor.index = cursor.index;
    DFS_TRY_OK(comparison_.run(split_names(cursor.path)));
    return std::move(listing_);
  }

  Result<bool> directory(const InodeRow& directory, const Names& path, const DirectoryChange& change) override {
    const std::string here = relative(path);
    auto below = [&](const std::string& name) { return here.empty() ? name : here + "/" + name; };
    if (listing_.cursor.index < 0) {
      if (is_full()) return stop(here, -1);
      listing_.modified.push_back({directory.id, directory.id, here, true});
    }
    const size_t begin = size_t(std::max(listing_.cursor.index, 0));
    const size_t created = change.created.size();
    for (size_t i = begin; i < created + change.deleted.size(); ++i) {
      if (is_full()) return stop(here, int32_t(i));
      const Changed& one = i < created ? change.created[i] : change.deleted[i - created];
      SnapshotDiffListing::Entry entry{directory.id, one.inode.id, below(one.name)};
      if (i < created) {
        DFS_TRY(entry.is_reference, came_from_elsewhere(directory.id, one));
        listing_.created.push_back(std::move(entry));
        continue;
      }
      DFS_TRY(std::optional<Names> target, comparison_.later_path(one.inode.id));
      entry.is_reference = target.has_value();
      if (target) entry.target = relative(*target);
      listing_.deleted.push_back(std::move(entry));
    }
    listing_.cursor.index = -1;
    return true;
  }

  Result<bool> file(const InodeRow& file, const Names& path) override {
    if (is_full()) return stop(relative(path), -1);
    listing_.modified.push_back({file.id, file.id, relative(path), false});
    return true;
  }

 private:
  bool is_full() const {
    return listing_.modified.size() + listing_.created.size() + listing_.deleted.size() >= entries_max_;
  }
  bool stop(std::string path, int32_t index) {
    listing_.cursor = {std::move(path), index};
    return false;
  }
  Result<bool> came_from_elsewhere(InodeId directory, const Changed& created) const {
    DFS_TRY(std::vector<InodeVersion> versions, versions_of_inode(view_, created.inode.id));
    return std::ranges::any_of(versions, [&](const InodeVersion& version) {
      return version.entry != EntryKey{.parent = directory, .name = created.name};
    });
  }

  const View& view_;
  const size_t entries_max_;
  SnapshotDiffListing listing_;
  Comparison comparison_;
};

}  // namespace

Result<SnapshotDiffReport> snapshot_diff(const Query& query, const SnapshotDiffRequest& request) {
  DFS_TRY(std::optional<Span> span, find_span(query, request));
  if (!span) return SnapshotDiffReport{.root = request.path, .from = request.from, .to = request.to};
  return Report(query.view, *span).run(request);
}

Result<SnapshotDiffListing> snapshot_diff_listing(const Query& query, const SnapshotDiffRequest& request,
                                                  const SnapshotDiffCursor& cursor) {
  DFS_TRY(std::optional<Span> span, find_span(query, request));
  if (!span) return SnapshotDiffListing();
  return Page(query.view, *span, query.settings.snapshot_diff_listing_max).run(cursor);
}

}  // namespace dfs::namenode
