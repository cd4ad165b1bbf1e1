#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace dfs::namenode {

// Who may register (dfs.hosts) and who is to be decommissioned (dfs.hosts.exclude), by IP address or host name, with or
// without ":PORT" of the transfer address. An empty include list lets everyone in (HostFileManager).
struct HostLists {
  std::set<std::string> included, excluded;

  // One host per word; "#" begins a comment.
  static std::set<std::string> parse(std::string_view text);
  bool is_included(const std::string& ip_address, const std::string& host_name, uint16_t transfer_port) const;
  bool is_excluded(const std::string& ip_address, const std::string& host_name, uint16_t transfer_port) const;
};

}  // namespace dfs::namenode
