#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dfs::namenode {

// The policies that each cluster knows (SystemErasureCodingPolicies), in order of names, and as a cluster has them that
// nobody has changed: the default is enabled. Files are replicated all the same; nothing here stores stripes.
struct ErasureCodingPolicyRow {
  std::string_view name;
  uint8_t id;
  uint8_t data_units, parity_units;
  bool enabled = false;
};

inline constexpr ErasureCodingPolicyRow kErasureCodingPolicies[] = {
    {"RS-10-4-1024k", 5, 10, 4},      {"RS-3-2-1024k", 2, 3, 2},  {"RS-6-3-1024k", 1, 6, 3, true},
    {"RS-LEGACY-6-3-1024k", 3, 6, 3}, {"XOR-2-1-1024k", 4, 2, 1},
};

inline const ErasureCodingPolicyRow* find_erasure_coding_policy(std::string_view name) {
  for (const ErasureCodingPolicyRow& policy : kErasureCodingPolicies) {
    if (policy.name == name) return &policy;
  }
  return nullptr;
}

}  // namespace dfs::namenode
