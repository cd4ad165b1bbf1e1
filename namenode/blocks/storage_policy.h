#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

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

// What the next replicas are to lie on (BlockStoragePolicy.chooseStorageTypes), once for each: `replication` of them
// altogether, of which there are some on `chosen`. Types of which no storage is left are replaced by the policy's
// fallbacks, those for copies unless the block is new; fewer where there is none. Never RAM_DISK, which DataNodes
// choose by themselves.
std::vector<uint8_t> missing_storage_types(const StoragePolicy& policy, size_t replication,
                                           std::span<const uint8_t> chosen, const std::set<uint8_t>& unavailable,
                                           bool new_block);
// The types of `chosen` that `replication` replicas can do without, once for each (chooseExcess).
std::vector<uint8_t> excess_storage_types(const StoragePolicy& policy, size_t replication,
                                          std::span<const uint8_t> chosen);

}  // namespace dfs::namenode
