#include <fmt/format.h>

#include "namenode/namespace/apply_records.h"

namespace dfs::namenode {

Error misfit(std::string_view path, std::string_view what) {
  return Error(ErrorCode::kCorruptFormat, fmt::format("{}: {}. The edit log does not fit the tables", path, what));
}

namespace {

template <class... Ops>
struct OneOf {
  template <class Op>
  static constexpr bool has = (std::is_same_v<Op, Ops> || ...);
};

// Nothing in the tables follows from these: segments are the journal's own; generation stamps of the first kind belong
// to blocks older than 2013, whose stamps are in the files that have them; tokens and their keys are of a secure
// cluster, and a client whose token is gone asks for another. That an erasure coding policy may be used matters to
// nobody until something uses it, and that is an edit of its own, which is refused.
using Ignored = OneOf<StartLogSegmentOp, EndLogSegmentOp, SetGenstampV1Op, GetDelegationTokenOp, RenewDelegationTokenOp,
                      CancelDelegationTokenOp, UpdateMasterKeyOp, AddErasureCodingPolicyOp, EnableErasureCodingPolicyOp,
                      DisableErasureCodingPolicyOp, RemoveErasureCodingPolicyOp>;
using Unsupported = OneOf<AddCacheDirectiveOp, ModifyCacheDirectiveOp, RemoveCacheDirectiveOp, AddCachePoolOp,
                          ModifyCachePoolOp, RemoveCachePoolOp, RollingUpgradeStartOp, RollingUpgradeFinalizeOp>;

}  // namespace

InodeRow new_inode(InodeType type, InodeId id, const PermissionStatus& permissions, uint64_t modification_time_ms) {
  return {.id = id,
          .type = type,
          .owner = permissions.user,
          .group = permissions.group,
          .permission = permissions.permission,
          .modification_time_ms = modification_time_ms};
}

Result<InodePath> existing_path(const RecordChange& change, std::string_view path) {
  DFS_TRY(InodePath resolved, resolve(change, path));
  if (resolved.last() == nullptr) return fail(misfit(path, "it does not exist"));
  return resolved;
}

Result<InodePath> existing_file(const RecordChange& change, std::string_view path) {
  DFS_TRY(InodePath resolved, existing_path(change, path));
  if (resolved.last()->type != InodeType::kFile) return fail(misfit(path, "it is not a file"));
  return resolved;
}

Result<InodePath> new_path(const RecordChange& change, std::string_view path) {
  DFS_TRY(InodePath resolved, resolve(change, path));
  if (resolved.last() != nullptr) return fail(misfit(path, "it exists already"));
  if (resolved.parent() == nullptr || resolved.parent()->type != InodeType::kDirectory) {
    return fail(misfit(path, "its parent is not a directory"));
  }
  return resolved;
}

Result<void> apply(const EditRecord& record, const View& view, Batch& batch, Effects& effects) {
  RecordChange change(view, batch, effects);
  Result<void> applied = std::visit(
      [&]<class Op>(const Op& op) -> Result<void> {
        if constexpr (Ignored::has<Op>) {
          return {};
        } else if constexpr (Unsupported::has<Op>) {
          return fail(ErrorCode::kUnsupported, "what this record belongs to is not supported yet");
        } else {
          return apply_record(op, change);
        }
      },
      record);
  if (!applied) return fail(std::move(applied).error().within(name_of(code_of(record))));
  change.finish();
  return {};
}

}  // namespace dfs::namenode
