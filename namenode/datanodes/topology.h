#pragma once

#include <map>
#include <string>
#include <string_view>

#include "namenode/datanodes/registration.h"

namespace dfs::namenode {

// Which rack a host is in: the lines "HOST RACK" of a table (TableMapping, net.topology.table.file.name). Immutable.
class Topology {
 public:
  Topology() = default;
  // `table`: the text of the file. Lines that do not have two columns are skipped, as stock does, with a warning.
  static Topology parse(std::string_view table);
  // A path of names that each begin with a slash (NodeBase.normalize).
  static std::string normalize(std::string rack);
  // By IP address, then by host name; otherwise the default rack.
  std::string location_of(const std::string& ip_address, const std::string& host_name) const;

 private:
  std::map<std::string, std::string> racks_;
};

}  // namespace dfs::namenode
