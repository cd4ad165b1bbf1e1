#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dfs::namenode {

// Which storage policies the blocks satisfy, by the types of storage that they lie in (StoragePolicySummary).
class StoragePolicySummary {
 public:
  // `types`: StorageTypeProto's numbers, one for each replica. `policy` 0: the default.
  void add(std::vector<uint8_t> types, uint8_t policy);
  std::string to_string() const;

 private:
  // Positions in Java's order of types, sorted, and the policy that the file has.
  std::map<std::pair<std::vector<uint8_t>, uint8_t>, uint64_t> counts_;
  uint64_t total_ = 0;
};

}  // namespace dfs::namenode
