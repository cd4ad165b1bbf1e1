#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/datanodes/admin_state.h"
#include "namenode/datanodes/registration.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// A line of the host files, or an object of the combined file (DatanodeAdminProperties).
struct HostEntry {
  std::string host;            // an IP address or a name
  uint16_t transfer_port = 0;  // 0: every DataNode there
  // kNormal, kDecommissioned or kInMaintenance. The latter until a wall time; forever if none is given.
  AdminState wanted = AdminState::kNormal;
  uint64_t maintenance_until_ms = INT64_MAX;
  std::string upgrade_domain{};

  // By address; by the name that the DataNode gives itself only where this is a name that did not resolve.
  bool stands_for(const Registration& datanode) const;
};

// What is to become of one DataNode.
struct HostWish {
  bool admitted = true;
  AdminState state = AdminState::kNormal;  // as HostEntry::wanted
  uint64_t maintenance_until_ms = 0;
  std::string upgrade_domain{};
};

// Which DataNodes may register and which are to leave, as the administrator's files say. Immutable once resolved.
//
// DataNodes are known by the address that their connection comes from. A name in the files stands for the address that
// it resolves to. One that does not resolve stands for DataNodes that give themselves this name: an outage of the name
// service then neither admits everybody nor turns everybody away.
class HostLists {
 public:
  // Everyone is admitted, nobody leaves.
  HostLists() = default;
  // The texts of dfs.hosts and dfs.hosts.exclude (HostFileManager): hosts as "HOST" or "HOST:PORT", separated by white
  // space; a word that begins with "#" ends its line. No host in the first: everyone is admitted.
  static HostLists of_files(std::string_view included, std::string_view excluded);
  // One list that says both (CombinedHostFileManager). No entry of the state kNormal: everyone is admitted.
  static HostLists of_entries(std::vector<HostEntry> entries);

  // Replaces names by what `address_of` says, where it says anything.
  void resolve(const std::function<std::optional<std::string>(const std::string&)>& address_of);

  HostWish wish_for(const Registration& datanode, WallTime now) const;
  // Those who are admitted by name or address, by which a DataNode that never registered is known to be missing.
  const std::vector<HostEntry>& admitted() const { return admitted_; }

 private:
  using ByHost = std::multimap<std::string, HostEntry, std::less<>>;
  void index();

  std::vector<HostEntry> admitted_, leaving_;
  ByHost admitted_by_host_, leaving_by_host_;
  bool everyone_ = true;
};

}  // namespace dfs::namenode
