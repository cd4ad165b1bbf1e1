#include "namenode/datanodes/topology.h"

#include <sstream>

#include "proto/base/log.h"

namespace dfs::namenode {

Topology Topology::parse(std::string_view table) {
  Topology topology;
  std::istringstream lines{std::string(table)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream columns(line);
    std::string host, rack, more;
    if (!(columns >> host >> rack) || columns >> more) {
      log::warn("Topology table: the line \"{}\" does not have two columns and is ignored", line);
      continue;
    }
    topology.racks_[host] = normalize(std::move(rack));
  }
  return topology;
}

std::string Topology::normalize(std::string rack) {
  if (!rack.starts_with('/')) rack.insert(0, "/");
  while (rack.size() > 1 && rack.back() == '/') rack.pop_back();
  return rack.size() > 1 ? rack : std::string(kDefaultRack);
}

std::string Topology::location_of(const std::string& ip_address, const std::string& host_name) const {
  for (const std::string* name : {&ip_address, &host_name}) {
    if (auto found = racks_.find(*name); found != racks_.end()) return found->second;
  }
  return std::string(kDefaultRack);
}

}  // namespace dfs::namenode
