#include "namenode/blocks/storage_policy.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dfs::namenode {
namespace {

constexpr std::array<uint8_t, 1> kDisk{1}, kSsd{2}, kArchive{3}, kNvdimm{6};
constexpr std::array<uint8_t, 2> kSsdDisk{2, 1}, kDiskArchive{1, 3}, kProvidedDisk{5, 1}, kRamDiskDisk{4, 1};

constexpr StoragePolicy kPolicies[] = {
    {1, "PROVIDED", kProvidedDisk, kProvidedDisk, kProvidedDisk},
    {2, "COLD", kArchive, {}, {}},
    {5, "WARM", kDiskArchive, kDiskArchive, kDiskArchive},
    {kDefaultPolicy, "HOT", kDisk, {}, kArchive},
    {10, "ONE_SSD", kSsdDisk, kSsdDisk, kSsdDisk},
    {12, "ALL_SSD", kSsd, kDisk, kDisk},
    {14, "ALL_NVDIMM", kNvdimm, kDisk, kDisk},
    {kLazyPersistPolicy, "LAZY_PERSIST", kRamDiskDisk, kDisk, kDisk, true},
};

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

constexpr uint8_t kRamDisk = 4;

// What a policy asks for of so many replicas, without a thought to what there is.
std::vector<uint8_t> wanted_types(const StoragePolicy& policy, size_t replication) {
  std::vector<uint8_t> types;
  for (uint8_t type : policy.types) {
    if (types.size() < replication && type != kRamDisk) types.push_back(type);
  }
  if (policy.types.back() != kRamDisk) types.resize(std::max(types.size(), replication), policy.types.back());
  return types;
}

// Takes `chosen` out of `types`, one for one; returns what of it was not there.
std::vector<uint8_t> take_out(std::vector<uint8_t>& types, std::span<const uint8_t> chosen) {
  std::vector<uint8_t> left;
  for (uint8_t type : chosen) {
    if (auto found = std::find(types.begin(), types.end(), type); found != types.end()) {
      types.erase(found);
    } else {
      left.push_back(type);
    }
  }
  return left;
}

}  // namespace

std::span<const StoragePolicy> storage_policies() {
  return kPolicies;
}

const StoragePolicy* find_storage_policy(std::string_view name) {
  auto found = std::find_if(std::begin(kPolicies), std::end(kPolicies),
                            [&](const StoragePolicy& policy) { return same_ignoring_case(policy.name, name); });
  return found == std::end(kPolicies) ? nullptr : &*found;
}

const StoragePolicy* find_storage_policy(uint8_t id) {
  auto found = std::find_if(std::begin(kPolicies), std::end(kPolicies),
                            [&](const StoragePolicy& policy) { return policy.id == id; });
  return found == std::end(kPolicies) ? nullptr : &*found;
}

std::vector<uint8_t> missing_storage_types(const StoragePolicy& policy, size_t replication,
                                           std::span<const uint8_t> chosen, const std::set<uint8_t>& unavailable,
                                           bool new_block) {
  std::vector<uint8_t> types = wanted_types(policy, replication);
  const std::vector<uint8_t> excess = take_out(types, chosen);
  std::vector<uint8_t> available;
  const std::span<const uint8_t> fallbacks = new_block ? policy.creation_fallbacks : policy.replication_fallbacks;
  const auto fallback =
      std::find_if(fallbacks.begin(), fallbacks.end(), [&](uint8_t type) { return !unavailable.contains(type); });
  for (uint8_t type : types) {
    if (!unavailable.contains(type)) {
      available.push_back(type);
    } else if (fallback != fallbacks.end()) {
      available.push_back(*fallback);
    }
  }
  take_out(available, excess);
  return available;
}

std::vector<uint8_t> excess_storage_types(const StoragePolicy& policy, size_t replication,
                                          std::span<const uint8_t> chosen) {
  std::vector<uint8_t> types = wanted_types(policy, replication);
  return take_out(types, chosen);
}

}  // namespace dfs::namenode
