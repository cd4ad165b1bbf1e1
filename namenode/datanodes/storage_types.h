#pragma once

#include <cstdint>
#include <string_view>

namespace dfs::namenode {

// StorageTypeProto's numbers are not those of Java's StorageType, in whose order Hadoop lists types.
struct StorageTypeName {
  uint8_t number;
  std::string_view name;
};
inline constexpr StorageTypeName kStorageTypeNames[] = {{4, "RAM_DISK"}, {2, "SSD"},      {1, "DISK"},
                                                        {3, "ARCHIVE"},  {5, "PROVIDED"}, {6, "NVDIMM"}};

inline std::string_view storage_type_name(uint8_t number) {
  for (const StorageTypeName& type : kStorageTypeNames) {
    if (type.number == number) return type.name;
  }
  return "DISK";
}

}  // namespace dfs::namenode
