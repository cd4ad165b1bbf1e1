#include "namenode/namespace/operations/preconditions.h"

#include <fmt/format.h>

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/erasure_coding_policies.h"
#include "namenode/namespace/located_blocks.h"
#include "namenode/namespace/path.h"
#include "namenode/namespace/snapshots.h"
#include "proto/base/check.h"

namespace dfs::namenode {

std::string block_name(BlockId id, GenerationStamp stamp) {
  return fmt::format("blk_{}_{}", raw(id), raw(stamp));
}

Error in_safe_mode(const NamespaceSettings& settings, std::string_view what, std::string_view reason) {
  return Error(ErrorCode::kSafeMode,
               fmt::format("{}. Name node is in safe mode.\n{} NamenodeHostName:{}", what, reason, settings.host_name));
}

Result<void> check_not_in_safe_mode(const PlanContext& context, std::string_view what) {
  if (!context.blocks.in_safe_mode()) return {};
  return fail(in_safe_mode(context.settings, what, context.blocks.datanodes()->safe_mode_reason));
}

Result<void> check_path_length(std::string_view operation, std::string_view path) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "Can not create a Path from an empty string");
  if (is_path_length_allowed(path)) return {};
  return fail(ErrorCode::kIo, fmt::format("{}: Pathname too long.  Limit {} characters, {} levels.", operation,
                                          kPathLengthMax, kPathDepthMax));
}

Result<void> check_acls_enabled(const NamespaceSettings& settings) {
  if (settings.acls_enabled) return {};
  return fail(ErrorCode::kAcl,
              "The ACL operation has been rejected.  Support for ACLs has been disabled by setting "
              "dfs.namenode.acls.enabled to false.");
}

Result<void> check_erasure_coding_policy(std::string_view name) {
  const ErasureCodingPolicyRow* policy = find_erasure_coding_policy(name);
  if (name == "replication" || (policy != nullptr && policy->enabled)) return {};
  std::string enabled;
  for (const ErasureCodingPolicyRow& one : kErasureCodingPolicies) {
    if (one.enabled) enabled += (enabled.empty() ? "" : ", ") + std::string(one.name);
  }
  return fail(ErrorCode::kHadoopInvalidArgument,
              fmt::format("Policy '{}' does not match any enabled erasure coding policies: [{}]. An erasure coding "
                          "policy can be enabled by enableErasureCodingPolicy API.",
                          name, enabled));
}

Result<void> check_object_limit(const PlanContext& context) {
  if (context.settings.objects_max == 0) return {};
  DFS_TRY(uint64_t files, counter(context.view, Counter::kFileCount));
  DFS_TRY(uint64_t directories, counter(context.view, Counter::kDirectoryCount));
  DFS_TRY(uint64_t blocks, counter(context.view, Counter::kBlockCount));
  if (files + directories + blocks < context.settings.objects_max) return {};
  return fail(ErrorCode::kIo, fmt::format("Exceeded the configured number of objects {} in the filesystem.",
                                          context.settings.objects_max));
}

namespace {

bool is_name_length_allowed(const NamespaceSettings& settings, std::string_view name) {
  return settings.component_bytes_max == 0 || name.size() <= settings.component_bytes_max;
}

}  // namespace

Result<void> check_name_length(const NamespaceSettings& settings, std::string_view parent_path, std::string_view name) {
  if (is_name_length_allowed(settings, name)) return {};
  return fail(ErrorCode::kPathComponentTooLong,
              fmt::format("The maximum path component name limit of {} in directory {} is exceeded: limit={} length={}",
                          name, parent_path, settings.component_bytes_max, name.size()));
}

Result<void> check_not_dot_snapshot(std::string_view name) {
  if (name != kDotSnapshot) return {};
  return fail(ErrorCode::kHadoopInvalidArgument, "\".snapshot\" is a reserved name.");
}

namespace {

// `directory` is what is or will be at that position.
Result<void> check_room(const NamespaceSettings& settings, const InodePath& path, size_t position,
                        const InodeRow& directory) {
  if (directory.child_count < settings.directory_items_max) return {};
  return fail(ErrorCode::kMaxDirectoryItems,
              fmt::format("The directory item limit of {} is exceeded: limit={} items={}", path.path(position),
                          settings.directory_items_max, directory.child_count));
}

// Of the name below that position.
Result<void> check_name_length_at(const NamespaceSettings& settings, const InodePath& path, size_t position) {
  const std::string& name = path.components()[position];
  if (is_name_length_allowed(settings, name)) return {};
  return check_name_length(settings, path.path(position), name);
}

}  // namespace

Result<void> check_new_name(const NamespaceSettings& settings, const InodePath& path, size_t position,
                            const InodeRow& parent) {
  const std::string& name = path.components()[position];
  if (parent.id == kRootInode && name == ".reserved") {
    return fail(ErrorCode::kHadoopInvalidArgument,
                "File name \".reserved\" is reserved and cannot be created. If this is during upgrade change the name "
                "of the existing file or directory to another name before upgrading to the new release.");
  }
  DFS_TRY_OK(check_name_length_at(settings, path, position));
  DFS_TRY_OK(check_room(settings, path, position, parent));
  return check_not_dot_snapshot(name);
}

Result<void> check_renamed(const NamespaceSettings& settings, const InodePath& source, const InodePath& destination) {
  const size_t parent = destination.length() - 2;
  DFS_TRY_OK(check_name_length_at(settings, destination, parent));
  if (source.parent()->id != destination.parent()->id) {
    DFS_TRY_OK(check_room(settings, destination, parent, *destination.parent()));
  }
  return check_not_dot_snapshot(destination.name());
}

Result<void> check_parent(const InodePath& path) {
  if (path.length() <= 2) return {};
  if (path.parent() == nullptr) {
    return fail(ErrorCode::kFileNotFound, "Parent directory doesn't exist: " + path.parent_path());
  }
  if (path.parent()->type != InodeType::kDirectory) {
    return fail(ErrorCode::kParentNotDirectory, "Parent path is not a directory: " + path.parent_path());
  }
  return {};
}

Result<void> check_replication(const NamespaceSettings& settings, std::string_view path, uint16_t replication,
                               std::string_view client) {
  const auto wanted = int16_t(replication);  // Hadoop's short
  std::string problem;
  if (wanted > int32_t(settings.replication_max)) {
    problem = fmt::format("exceeds maximum of {}", settings.replication_max);
  } else if (wanted < int32_t(settings.replication_min)) {
    problem = fmt::format("is less than the required minimum of {}", settings.replication_min);
  } else {
    return {};
  }
  return fail(ErrorCode::kIo, fmt::format("Requested replication factor of {} {} for {}{}", wanted, problem, path,
                                          client.empty() ? "" : fmt::format(", clientName={}", client)));
}

Result<InodeRow> require_file(const InodePath& path, std::string_view named) {
  if (path.last() == nullptr) return fail(ErrorCode::kFileNotFound, fmt::format("File does not exist: {}", named));
  if (path.last()->type != InodeType::kFile) {
    return fail(ErrorCode::kFileNotFound, fmt::format("Path is not a file: {}", named));
  }
  return *path.last();
}

Result<OpenFileRow> open_row_of(const View& view, InodeId file) {
  DFS_TRY(std::optional<std::string> bytes, view.get(Table::kOpenFiles, inode_key(file)));
  if (!bytes)
    return fail(ErrorCode::kCorruptFormat, fmt::format("inode {} is under construction, but not open", raw(file)));
  return decode<OpenFileRow>(*bytes);
}

Result<OpenFile> check_lease(const PlanContext& context, const InodePath& path, std::string_view holder, InodeId file) {
  auto described = [&] {
    size_t files = context.leases.files_of(holder);
    return fmt::format("{} (inode {}) {}", path.path(), raw(file),
                       files > 0 ? fmt::format("[Lease.  Holder: {}, pending creates: {}]", holder, files)
                                 : fmt::format("Holder {} does not have any open files.", holder));
  };
  if (path.last() == nullptr) return fail(ErrorCode::kFileNotFound, "File does not exist: " + described());
  OpenFile found{*path.last(), {}};
  if (found.inode.type != InodeType::kFile) {
    return fail(ErrorCode::kLeaseExpired, "INode is not a regular file: " + described());
  }
  if (!found.inode.under_construction) {
    return fail(ErrorCode::kLeaseExpired, "File is not open for writing: " + described());
  }
  DFS_TRY(found.open, open_row_of(context.view, found.inode.id));
  if (found.open.holder != holder) {
    return fail(ErrorCode::kLeaseExpired,
                fmt::format("Client (={}) is not the lease owner (={}: {}", holder, found.open.holder, described()));
  }
  return found;
}

RpcIds rpc_ids(const Caller& caller) {
  return {.client_id = caller.rpc_client_id, .call_id = caller.rpc_call_id};
}

}  // namespace dfs::namenode
