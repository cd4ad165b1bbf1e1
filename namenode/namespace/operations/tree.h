#pragma once

#include <optional>
#include <string>
#include <vector>

#include "namenode/namespace/plan.h"

// Mutations of the tree of names. Order of checks, exceptions and records are Hadoop's (FSDirMkdirOp, FSDirDeleteOp,
// FSDirRenameOp, FSDirConcatOp, FSDirSymlinkOp). `path` and its siblings are as the caller sent them.
namespace dfs::namenode::operations {

struct Mkdirs {
  std::string path;
  uint16_t permission = 0755;          // masked by the client
  std::optional<uint16_t> unmasked{};  // as it was before that, where the client says so
  bool create_parent = true;
};
Result<Planned<bool>> mkdirs(const PlanContext& context, const Mkdirs& request);

// kUnsupported unless symlinks are switched on: in Hadoop they are in its own tests alone.
struct CreateSymlink {
  static constexpr OpCode kAtMostOnce = OpCode::kSymlink;
  std::string target;
  std::string link;
  bool create_parent = true;
};
Result<Planned<Done>> create_symlink(const PlanContext& context, const CreateSymlink& request);

struct Delete {
  static constexpr OpCode kAtMostOnce = OpCode::kDelete;
  std::string path;
  bool recursive = false;
};
// False where there is nothing to delete, and for the root.
Result<Planned<bool>> remove(const PlanContext& context, const Delete& request);

struct Rename {
  static constexpr OpCode kAtMostOnce = OpCode::kRenameOld;
  std::string source;
  std::string destination;
};
// The first form: into an existing directory, and false instead of a reason.
Result<Planned<bool>> rename_old(const PlanContext& context, const Rename& request);

struct RenameWithOptions {
  static constexpr OpCode kAtMostOnce = OpCode::kRename;
  std::string source;
  std::string destination;
  bool overwrite = false;
  bool to_trash = false;  // all of a tree must be deletable
};
Result<Planned<Done>> rename(const PlanContext& context, const RenameWithOptions& request);

struct Concat {
  static constexpr OpCode kAtMostOnce = OpCode::kConcatDelete;
  std::string target;
  std::vector<std::string> sources;
};
Result<Planned<Done>> concat(const PlanContext& context, const Concat& request);

}  // namespace dfs::namenode::operations
