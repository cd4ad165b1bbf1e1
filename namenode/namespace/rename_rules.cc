#include "namenode/namespace/rename_rules.h"

#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode {
namespace {

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

// FSDirRenameOp.validateDestination
Result<void> validate_destination(const InodePath& source, const InodePath& destination) {
  const std::string from = source.path(), to = destination.path();
  if (source.last()->type == InodeType::kSymlink && to == source.last()->symlink_target) {
    return fail(ErrorCode::kFileAlreadyExists, "Cannot rename symlink " + from + " to its target " + to);
  }
  if (is_below(to, from)) {
    return fail(ErrorCode::kIo, "Rename destination " + to + " is a directory or file under source " + from);
  }
  if (is_exact_reserved(from) || is_exact_reserved(to)) {
    return fail(ErrorCode::kInvalidPath, "Invalid path name Cannot rename to or from /.reserved");
  }
  return {};
}

// FSDirRenameOp.validateNestSnapshot
Result<void> check_not_nested(const View& view, const InodePath& source, const InodeRow& new_parent,
                              const std::vector<InodeId>& snapshottable) {
  if (snapshottable.empty()) return {};
  DFS_TRY(bool nested, is_below_snapshottable(view, new_parent));
  if (!nested) return {};
  DFS_TRY(std::optional<InodePath> parent, resolve_inode(view, new_parent.id));
  return fail(ErrorCode::kSnapshot,
              "Unable to rename because " + source.path() + " has snapshottable descendant directories and " +
                  (parent ? parent->path() : "") +
                  " is a descent of a snapshottable directory, and HDFS does not support nested snapshottable "
                  "directory.");
}

}  // namespace

Result<InodePath> destination_of_old_rename(const View& view, const InodePath& source, const InodePath& destination) {
  if (destination.last() == nullptr || destination.last()->type != InodeType::kDirectory) return destination;
  DFS_TRY(std::optional<InodeRow> child, find_entry(view, destination.last()->id, source.name()));
  return destination.below(source.name(), std::move(child));
}

Result<OldRename> judge_old_rename(const View& view, const InodePath& source, const InodePath& destination) {
  if (source.last() == nullptr || source.is_root()) return OldRename::kRefused;
  DFS_TRY(std::vector<InodeId> snapshottable, check_no_snapshots_below(view, *source.last()));
  if (source.path() == destination.path()) return OldRename::kNothingToDo;
  if (Result<void> valid = validate_destination(source, destination); !valid) {
    if (valid.error().code() == ErrorCode::kInvalidPath) return fail(std::move(valid).error());
    return OldRename::kRefused;
  }
  bool fits = destination.last() == nullptr && destination.parent() != nullptr &&
              destination.parent()->type == InodeType::kDirectory;
  if (!fits) return OldRename::kRefused;
  DFS_TRY_OK(check_not_nested(view, source, *destination.parent(), snapshottable));
  return OldRename::kMoves;
}

Result<void> judge_rename(const View& view, const InodePath& source, const InodePath& destination,
                          Overwrite overwrite) {
  const std::string from = source.path(), to = destination.path();
  if (source.last() == nullptr) return fail(ErrorCode::kFileNotFound, "rename source " + from + " is not found.");
  if (source.is_root()) return fail(ErrorCode::kIo, "rename source cannot be the root");
  DFS_TRY(std::vector<InodeId> snapshottable, check_no_snapshots_below(view, *source.last()));
  if (from == to) {
    return fail(ErrorCode::kFileAlreadyExists, "The source " + from + " and destination " + to + " are the same");
  }
  DFS_TRY_OK(validate_destination(source, destination));
  if (destination.is_root()) return fail(ErrorCode::kIo, "rename destination cannot be the root");
  if (const InodeRow* there = destination.last()) {
    bool directory = there->type == InodeType::kDirectory;
    if (directory != (source.last()->type == InodeType::kDirectory)) {
      return fail(ErrorCode::kIo, "Source " + from + " and destination " + to + " must both be directories");
    }
    if (overwrite == Overwrite::kNo) {
      return fail(ErrorCode::kFileAlreadyExists, "rename destination " + to + " already exists");
    }
    if (directory && there->child_count > 0) {
      return fail(ErrorCode::kIo, "rename destination directory is not empty: " + to);
    }
    DFS_TRY_OK(check_no_snapshots_below(view, *there));
  }
  if (destination.parent() == nullptr) {
    return fail(ErrorCode::kFileNotFound, "rename destination parent " + to + " not found.");
  }
  if (destination.parent()->type != InodeType::kDirectory) {
    return fail(ErrorCode::kParentNotDirectory, "rename destination parent " + to + " is a file.");
  }
  return check_not_nested(view, source, *destination.parent(), snapshottable);
}

}  // namespace dfs::namenode
