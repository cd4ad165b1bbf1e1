#include "proto/config/locations.h"

namespace dfs {
namespace {

constexpr std::string_view kScheme = "hdfs://";
constexpr uint16_t kNameNodePort = 8020;

Result<Endpoint> parse(const Configuration& configuration, const Key& key, std::string_view text,
                       uint16_t default_port) {
  Result<Endpoint> parsed = Endpoint::parse(text, default_port);
  if (!parsed) return fail(configuration.complaint(key, parsed.error().message()));
  return parsed;
}

}  // namespace

Result<std::string> folder_in(const Configuration& configuration, const Key& key, std::string_view text) {
  std::string_view path = text;
  if (path.starts_with("file:")) path.remove_prefix(5);
  while (path.starts_with("//")) path.remove_prefix(1);
  if (!path.starts_with('/')) {
    return fail(configuration.complaint(key, "'" + std::string(text) + "' is not an absolute path"));
  }
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

Result<Endpoint> endpoint_of(const Configuration& configuration, StringKey key, uint16_t default_port) {
  DFS_TRY(std::string text, configuration.get(key));
  return parse(configuration, key, text, default_port);
}

Result<Endpoint> namenode_endpoint(const Configuration& configuration) {
  DFS_TRY(std::string address, configuration.get(keys::kNameNodeRpcAddress));
  if (!address.empty()) return parse(configuration, keys::kNameNodeRpcAddress, address, kNameNodePort);
  DFS_TRY(std::string file_system, configuration.get(keys::kDefaultFs));
  if (!file_system.starts_with(kScheme)) {
    return fail(configuration.complaint(
        keys::kDefaultFs, "is not an hdfs:// address, so set " + std::string(keys::kNameNodeRpcAddress.name)));
  }
  std::string_view authority = std::string_view(file_system).substr(kScheme.size());
  return parse(configuration, keys::kDefaultFs, authority.substr(0, authority.find('/')), kNameNodePort);
}

}  // namespace dfs
