#include "namenode/datanodes/host_lists.h"

#include <fmt/format.h>

#include <cstdint>
#include <sstream>

namespace dfs::namenode {
namespace {

bool names(const std::set<std::string>& list, const std::string& ip_address, const std::string& host_name,
           uint16_t transfer_port) {
  return list.contains(ip_address) || list.contains(host_name) ||
         list.contains(fmt::format("{}:{}", ip_address, transfer_port)) ||
         list.contains(fmt::format("{}:{}", host_name, transfer_port));
}

}  // namespace

std::set<std::string> HostLists::parse(std::string_view text) {
  std::set<std::string> hosts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) hosts.insert(word);
  }
  return hosts;
}

bool HostLists::is_included(const std::string& ip_address, const std::string& host_name, uint16_t transfer_port) const {
  return included.empty() || names(included, ip_address, host_name, transfer_port);
}

bool HostLists::is_excluded(const std::string& ip_address, const std::string& host_name, uint16_t transfer_port) const {
  return names(excluded, ip_address, host_name, transfer_port);
}

}  // namespace dfs::namenode
