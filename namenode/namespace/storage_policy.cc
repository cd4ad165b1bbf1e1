#include "namenode/namespace/storage_policy.h"

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

}  // namespace dfs::namenode
