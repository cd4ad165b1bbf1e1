#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dfs::namenode {

// Hadoop's built-in storage policies (BlockStoragePolicySuite.createDefaultSuite). Storage types are StorageTypeProto's
// numbers: DISK 1, SSD 2, ARCHIVE 3, RAM_DISK 4, PROVIDED 5, NVDIMM 6.
struct StoragePolicy {
  uint8_t id;
  std::string_view name;
  std::span<const uint8_t> types, creation_fallbacks, replication_fallbacks;
  bool copy_on_create = false;  // a file keeps the policy that it was created with
};

inline constexpr uint8_t kLazyPersistPolicy = 15;
inline constexpr uint8_t kDefaultPolicy = 7;  // HOT

// In Hadoop's order: by id.
std::span<const StoragePolicy> storage_policies();
const StoragePolicy* find_storage_policy(std::string_view name);  // ignores case
const StoragePolicy* find_storage_policy(uint8_t id);

}  // namespace dfs::namenode
