#pragma once

#include <cstdint>

namespace dfs::namenode {

// What an administrator has asked of a DataNode and how far that is (DatanodeInfo.AdminStates).
enum class AdminState : uint8_t {
  kNormal,
  kDecommissionInProgress,
  kDecommissioned,       // what it holds is elsewhere too: it may be switched off for good
  kEnteringMaintenance,  // its blocks are being given the replicas that they need while it rests
  kInMaintenance,        // may be switched off for a while: what it holds is not replaced
};

inline bool is_decommission(AdminState state) {
  return state == AdminState::kDecommissionInProgress || state == AdminState::kDecommissioned;
}
inline bool is_maintenance(AdminState state) {
  return state == AdminState::kEnteringMaintenance || state == AdminState::kInMaintenance;
}

}  // namespace dfs::namenode
