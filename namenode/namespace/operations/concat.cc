#include <fmt/format.h>

#include <set>

#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/operations/tree.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/permission.h"
#include "namenode/namespace/quota.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode::operations {
namespace {

Error refused(std::string message) {
  return Error(ErrorCode::kHadoopInvalidArgument, std::move(message));
}

Result<void> check_names(const Concat& request) {
  if (request.target.empty()) return fail(ErrorCode::kInvalidArgument, "Target file name is empty");
  if (request.sources.empty()) return fail(ErrorCode::kInvalidArgument, "No sources given");
  auto check = [](const std::string& path) -> Result<void> {
    if (!is_reserved_raw(path) && !is_reserved_inodes(path)) return {};
    return fail(ErrorCode::kIo, "Concat operation doesn't support .reserved relative path : " + path);
  };
  DFS_TRY_OK(check(request.target));
  for (const std::string& source : request.sources) DFS_TRY_OK(check(source));
  return {};
}

// A snapshot that has the source would lose its blocks.
Result<void> check_in_no_snapshot(const View& view, const std::string& source, const InodePath& path,
                                  SnapshotCover& cover) {
  DFS_TRY(std::optional<SnapshotId> newest, cover.newest(path.parent()->id));
  if (newest) {
    DFS_TRY(InodePtr then, child_at(view, path.parent()->id, path.name(), newest));
    if (then && then->id == path.last()->id) {
      return fail(ErrorCode::kSnapshot, "Concat: the source file " + source + " is in snapshot");
    }
  }
  if (!path.last()->versioned) return {};
  return fail(ErrorCode::kSnapshot,
              "Concat: the source file " + source + " is referred by some other reference in some snapshot.");
}

Result<void> check_same_directory(const std::string& source, const InodePath& path, const InodePath& target_path) {
  if (path.parent()->id == target_path.parent()->id) return {};
  return fail(refused(
      fmt::format("Source file {} is not in the same directory with the target {}", source, target_path.path())));
}

Result<void> check_source(const std::string& source, const InodeRow& file, const InodePath& target_path,
                          const InodeRow& target) {
  if (file.id == target.id) {
    return fail(refused(
        fmt::format("concat: the src file {} is the same with the target file {}", source, target_path.path())));
  }
  if (file.under_construction || file.block_count == 0) {
    return fail(refused(fmt::format("concat: source file {} is invalid or empty or underConstruction", source)));
  }
  if (file.preferred_block_size > target.preferred_block_size) {
    return fail(
        refused(fmt::format("concat: source file {} has preferred block size {} which is greater than the "
                            "target file's preferred block size {}",
                            source, file.preferred_block_size, target.preferred_block_size)));
  }
  return {};
}

}  // namespace

Result<Planned<Done>> concat(const PlanContext& context, const Concat& request) {
  DFS_TRY_OK(check_not_in_safe_mode(context, "Cannot concat " + request.target));
  DFS_TRY_OK(check_names(request));
  PermissionChecker permissions(context.view, context.settings, context.caller, "concat");
  DFS_TRY(InodePath target_path, permissions.resolve(request.target, ResolveFor::kWrite));
  DFS_TRY_OK(permissions.check_last(target_path, Access::kWrite));
  DFS_TRY(InodeRow target, require_file(target_path, request.target));
  if (target.under_construction) {
    return fail(refused("concat: target file " + request.target + " is under construction"));
  }
  DFS_TRY(uint64_t snapshots, counter(context.view, Counter::kSnapshotCount));
  SnapshotCover cover(context.view);
  ConcatDeleteOp op;
  std::set<InodeId> distinct;
  QuotaCounts more;
  for (const std::string& source : request.sources) {
    DFS_TRY(InodePath path, permissions.resolve(source, ResolveFor::kWrite));
    DFS_TRY_OK(permissions.check_last(path, Access::kRead));
    DFS_TRY_OK(permissions.check(path, {.parent = Access::kWrite}));
    DFS_TRY(InodeRow file, require_file(path, source));
    DFS_TRY_OK(check_same_directory(source, path, target_path));
    if (snapshots > 0) DFS_TRY_OK(check_in_no_snapshot(context.view, source, path, cover));
    DFS_TRY_OK(check_source(source, file, target_path, target));
    distinct.insert(file.id);
    if (file.replication != target.replication) {
      const uint8_t policy = policy_of(path);
      more -= space_of(file, file.length, policy);
      file.replication = target.replication;
      more += space_of(file, file.length, policy);
    }
    op.sources.push_back(path.path());
  }
  if (distinct.size() < request.sources.size()) {
    return fail(refused("concat: at least two of the source files are the same"));
  }
  more.names = -int64_t(request.sources.size());
  DFS_TRY_OK(check_quota(context.view, target_path, target_path.length() - 1, more));
  op.target = target_path.path();
  op.timestamp_ms = to_millis(context.wall);
  op.rpc = rpc_ids(context.caller);
  return Planned<Done>{.value = Done{}, .records = {std::move(op)}};
}

}  // namespace dfs::namenode::operations
