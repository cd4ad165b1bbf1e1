#include "namenode/fsck/storage_policy_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "namenode/blocks/storage_policy.h"
#include "namenode/datanodes/storage_types.h"

namespace dfs::namenode {
namespace {

uint8_t position_of(uint8_t type) {
  for (uint8_t i = 0; i < std::size(kStorageTypeNames); ++i) {
    if (kStorageTypeNames[i].number == type) return i;
  }
  return 0;
}

// The first policy whose types these are, its last type as often as need be.
const StoragePolicy* policy_of(const std::vector<uint8_t>& types) {
  for (const StoragePolicy& policy : storage_policies()) {
    std::vector<uint8_t> wanted;
    for (uint8_t type : policy.types) wanted.push_back(position_of(type));
    std::ranges::sort(wanted);
    if (wanted.size() > types.size() || !std::equal(wanted.begin(), wanted.end(), types.begin())) continue;
    if (std::all_of(types.begin() + ptrdiff_t(wanted.size()), types.end(),
                    [&](uint8_t type) { return type == wanted.back(); })) {
      return &policy;
    }
  }
  return nullptr;
}

// "DISK:3(HOT)"
std::string description_of(const std::vector<uint8_t>& types, const StoragePolicy* policy) {
  std::string text;
  for (uint8_t i = 0; i < std::size(kStorageTypeNames); ++i) {
    const auto count = std::ranges::count(types, i);
    if (count == 0) continue;
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", kStorageTypeNames[i].name, count);
  }
  return policy == nullptr ? text : fmt::format("{}({})", text, policy->name);
}

}  // namespace

void StoragePolicySummary::add(std::vector<uint8_t> types, uint8_t policy) {
  for (uint8_t& type : types) type = position_of(type);
  std::ranges::sort(types);
  ++counts_[{std::move(types), policy == 0 ? kDefaultPolicy : policy}];
  ++total_;
}

std::string StoragePolicySummary::to_string() const {
  using Counted = std::pair<const std::pair<std::vector<uint8_t>, uint8_t>*, uint64_t>;
  std::vector<Counted> sorted;
  for (const auto& [combination, count] : counts_) sorted.emplace_back(&combination, count);
  std::ranges::sort(sorted, [](const Counted& a, const Counted& b) {
    return a.second != b.second ? a.second > b.second : *a.first < *b.first;
  });
  std::string satisfied =
      "\nBlocks satisfying the specified storage policy:"
      "\nStorage Policy                  # of blocks       % of blocks\n";
  std::string other;
  for (const auto& [combination, count] : sorted) {
    const auto& [types, specified_id] = *combination;
    const StoragePolicy* specified = find_storage_policy(specified_id);
    const StoragePolicy* actual = policy_of(types);
    const std::string percent = fmt::format("{:.4f}%", 100.0 * double(count) / double(total_));
    if (specified == actual) {
      satisfied += fmt::format("{:<25} {:>10}  {:>20}\n", description_of(types, actual), count, percent);
      continue;
    }
    if (other.empty()) {
      other =
          "\nBlocks NOT satisfying the specified storage policy:\nStorage Policy                  "
          "Specified Storage Policy      # of blocks       % of blocks\n";
    }
    other += fmt::format("{:<35} {:<20} {:>10}  {:>20}\n", description_of(types, actual),
                         specified == nullptr ? std::string_view("null") : specified->name, count, percent);
  }
  if (other.empty()) other = "\nAll blocks satisfy specified storage policy.\n";
  return satisfied + other;
}

}  // namespace dfs::namenode
