#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "namenode/namespace/plan.h"

// Mutations of what an inode says about itself (FSDirAttrOp).
namespace dfs::namenode::operations {

struct SetPermission {
  std::string path;
  uint16_t permission = 0;
};
Result<Planned<Done>> set_permission(const PlanContext& context, const SetPermission& request);

struct SetOwner {
  std::string path;
  std::optional<std::string> user{};
  std::optional<std::string> group{};
};
Result<Planned<Done>> set_owner(const PlanContext& context, const SetOwner& request);

struct SetTimes {
  std::string path;
  int64_t modification_time_ms = -1;  // -1: unchanged
  int64_t access_time_ms = -1;
};
Result<Planned<Done>> set_times(const PlanContext& context, const SetTimes& request);

struct SetReplication {
  std::string path;
  uint16_t replication = 0;
};
// False where the path is not that of a file.
Result<Planned<bool>> set_replication(const PlanContext& context, const SetReplication& request);

struct SetStoragePolicy {
  std::string path;
  std::string policy{};  // by its name; empty: as the directory above says
};
Result<Planned<Done>> set_storage_policy(const PlanContext& context, const SetStoragePolicy& request);

// What a read leaves behind: the access time of a file, if the one that is there is older than its precision. By id,
// as the file may have been renamed since; one that is gone is no error.
struct TouchAccessTime {
  InodeId file{};
};
Result<Planned<Done>> touch_access_time(const PlanContext& context, const TouchAccessTime& request);

}  // namespace dfs::namenode::operations
