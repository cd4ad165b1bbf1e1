#include "namenode/datanodes/registration.h"

#include <fmt/format.h>

#include <charconv>

namespace dfs::namenode {

std::string Registration::transfer_address() const {
  return fmt::format("{}:{}", ip_address, transfer_port);
}

std::string Registration::to_string() const {
  return fmt::format(
      "DatanodeRegistration({}, datanodeUuid={}, infoPort={}, infoSecurePort={}, ipcPort={}, "
      "storageInfo=lv={};cid={};nsid={};c={})",
      transfer_address(), datanode_uuid, http_port, https_port, ipc_port, layout_version, cluster_id, namespace_id,
      creation_time_ms);
}

int compare_versions(std::string_view left, std::string_view right) {
  auto split = [](std::string_view version) {
    size_t dash = version.find('-');
    return std::pair{version.substr(0, dash), dash == version.npos ? std::string_view() : version.substr(dash + 1)};
  };
  auto [left_numbers, left_qualifier] = split(left);
  auto [right_numbers, right_qualifier] = split(right);
  auto take_number = [](std::string_view& numbers) {
    uint64_t value = 0;
    std::from_chars(numbers.data(), numbers.data() + numbers.size(), value);
    size_t dot = numbers.find('.');
    numbers = dot == numbers.npos ? std::string_view() : numbers.substr(dot + 1);
    return value;
  };
  while (!left_numbers.empty() || !right_numbers.empty()) {
    uint64_t a = take_number(left_numbers), b = take_number(right_numbers);
    if (a != b) return a < b ? -1 : 1;
  }
  if (left_qualifier.empty() || right_qualifier.empty()) {
    return int(left_qualifier.empty()) - int(right_qualifier.empty());
  }
  return left_qualifier.compare(right_qualifier);
}

Result<void> check_software(const Registration& registration, const ClusterIdentity& identity,
                            std::string_view minimum_version, std::string_view our_version) {
  if (compare_versions(registration.software_version, minimum_version) < 0) {
    return fail(ErrorCode::kIncorrectVersion,
                fmt::format("The reported DataNode version is too low to communicate with this NameNode. DataNode "
                            "version: '{}' Minimum DataNode version: '{}'",
                            registration.software_version, minimum_version));
  }
  if (registration.software_version != our_version && registration.creation_time_ms != identity.creation_time_ms) {
    return fail(ErrorCode::kIncorrectVersion,
                fmt::format("Reported DataNode version '{}' of DN {} does not match NameNode version '{}' and CTime of "
                            "DN ('{}') does not match CTime of NN ('{}')",
                            registration.software_version, registration.to_string(), our_version,
                            registration.creation_time_ms, identity.creation_time_ms));
  }
  return {};
}

Result<void> check_identity(const Registration& registration, const ClusterIdentity& identity) {
  if (registration.namespace_id != identity.namespace_id || registration.cluster_id != identity.cluster_id ||
      registration.creation_time_ms != identity.creation_time_ms) {
    return fail(ErrorCode::kUnregisteredNode, "Unregistered server: " + registration.to_string());
  }
  return {};
}

}  // namespace dfs::namenode
