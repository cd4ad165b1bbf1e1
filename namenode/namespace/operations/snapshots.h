#pragma once

#include <string>

#include "namenode/namespace/plan.h"

// Mutations of snapshots (FSDirSnapshotOp, SnapshotManager). `directory` is as the caller sent it.
namespace dfs::namenode::operations {

struct AllowSnapshot {
  std::string directory;
};
Result<Planned<Done>> allow_snapshot(const PlanContext& context, const AllowSnapshot& request);

struct DisallowSnapshot {
  std::string directory;
};
Result<Planned<Done>> disallow_snapshot(const PlanContext& context, const DisallowSnapshot& request);

struct CreateSnapshot {
  static constexpr OpCode kAtMostOnce = OpCode::kCreateSnapshot;
  std::string directory;
  std::string name{};  // empty: one is made of the time
};
// The snapshot's path.
Result<Planned<std::string>> create_snapshot(const PlanContext& context, const CreateSnapshot& request);

struct RenameSnapshot {
  static constexpr OpCode kAtMostOnce = OpCode::kRenameSnapshot;
  std::string directory;
  std::string old_name;
  std::string new_name;
};
Result<Planned<Done>> rename_snapshot(const PlanContext& context, const RenameSnapshot& request);

struct DeleteSnapshot {
  static constexpr OpCode kAtMostOnce = OpCode::kDeleteSnapshot;
  std::string directory;
  std::string name;
};
Result<Planned<Done>> delete_snapshot(const PlanContext& context, const DeleteSnapshot& request);

}  // namespace dfs::namenode::operations
