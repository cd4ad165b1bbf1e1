#include "datanode/replicas/block.h"

#include <fmt/format.h>

namespace dfs::datanode {

Result<StorageType> storage_type_named(std::string_view name) {
  if (name == "DISK") return StorageType::kDisk;
  if (name == "SSD") return StorageType::kSsd;
  if (name == "ARCHIVE") return StorageType::kArchive;
  if (name == "RAM_DISK") return StorageType::kRamDisk;
  if (name == "NVDIMM") return StorageType::kNvdimm;
  return fail(ErrorCode::kConfiguration,
              fmt::format("unknown storage type [{}] (known: DISK, SSD, ARCHIVE, RAM_DISK, NVDIMM)", name));
}

std::string_view name_of(ReplicaState state) {
  switch (state) {
    case ReplicaState::kFinalized:
      return "FINALIZED";
    case ReplicaState::kRbw:
      return "RBW";
    case ReplicaState::kRwr:
      return "RWR";
    case ReplicaState::kRur:
      return "RUR";
    case ReplicaState::kTemporary:
      return "TEMPORARY";
  }
  return "FINALIZED";
}

std::string to_string(std::string_view pool, const Block& block) {
  return fmt::format("{}:blk_{}_{}", pool, int64_t(raw(block.id)), raw(block.generation));
}

}  // namespace dfs::datanode
