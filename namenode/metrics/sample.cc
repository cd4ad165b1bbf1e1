#include "namenode/metrics/sample.h"

#include <algorithm>

namespace dfs::namenode {

uint64_t Sample::live() const {
  return datanodes->datanodes.size() - dead();
}

uint64_t Sample::dead() const {
  return uint64_t(std::ranges::count(datanodes->datanodes, DatanodeLiveness::kDead, &DatanodeStatus::liveness));
}

uint64_t Sample::live_in(AdminState state) const {
  return uint64_t(std::ranges::count(datanodes->datanodes, state, &DatanodeStatus::admin_state)) - dead_in(state);
}

uint64_t Sample::dead_in(AdminState state) const {
  return uint64_t(std::ranges::count_if(datanodes->datanodes, [&](const DatanodeStatus& datanode) {
    return datanode.admin_state == state && datanode.liveness == DatanodeLiveness::kDead;
  }));
}

std::string_view admin_state_text(AdminState state) {
  switch (state) {
    case AdminState::kNormal:
      return "In Service";
    case AdminState::kDecommissionInProgress:
      return "Decommission In Progress";
    case AdminState::kDecommissioned:
      return "Decommissioned";
    case AdminState::kEnteringMaintenance:
      return "Entering Maintenance";
    case AdminState::kInMaintenance:
      return "In Maintenance";
  }
  return "";
}

std::string Sample::safe_mode() const {
  return datanodes->safe_mode ? "Safe mode is ON. " + datanodes->safe_mode_reason : "";
}

std::vector<metrics::Source> sources_of(const Sample& sample) {
  return {process_source(sample), namenode_activity(sample),     namesystem_source(sample),
          rpc_activity(sample),   rpc_detailed_activity(sample), startup_progress_source(sample),
          state_source(sample),   retry_cache_source(sample),    token_source(sample)};
}

std::vector<metrics::Bean> beans_of(const Sample& sample) {
  std::vector<metrics::Bean> beans;
  for (const metrics::Source& source : sources_of(sample)) beans.push_back(metrics::bean_of(source, "NameNode"));
  for (auto* more : {&namesystem_beans, &information_beans}) {
    std::ranges::move(more(sample), std::back_inserter(beans));
  }
  return beans;
}

}  // namespace dfs::namenode
