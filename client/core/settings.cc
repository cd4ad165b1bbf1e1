#include "client/core/settings.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <limits>
#include <random>

#include "proto/config/security_demands.h"
#include "proto/config/values.h"
#include "proto/security/process_user.h"

namespace dfs::client {
namespace {

constexpr uint16_t kDefaultNamenodePort = 8020;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::string_view(value) : std::string_view();
}

// The addresses behind a nameservice (dfs.ha.namenodes.NAME, dfs.namenode.rpc-address.NAME.ID), or the one that the
// authority itself names.
Result<std::vector<Endpoint>> namenodes_of(const std::string& authority, const Configuration& configuration) {
  std::vector<Endpoint> servers;
  DFS_TRY(std::optional<std::string> ids, configuration.find("dfs.ha.namenodes." + authority));
  if (!ids) {
    DFS_TRY(Endpoint server, Endpoint::parse(authority, kDefaultNamenodePort));
    servers.push_back(std::move(server));
    return servers;
  }
  for (size_t begin = 0; begin <= ids->size();) {
    const size_t end = std::min(ids->find(',', begin), ids->size());
    const std::string id(trimmed(std::string_view(*ids).substr(begin, end - begin)));
    begin = end + 1;
    if (id.empty()) continue;
    const std::string key = "dfs.namenode.rpc-address." + authority + "." + id;
    DFS_TRY(std::optional<std::string> address, configuration.find(key));
    if (!address)
      return fail(ErrorCode::kConfiguration,
                  "dfs.ha.namenodes." + authority + " names " + id + ", but " + key + " is not set");
    DFS_TRY(Endpoint server, Endpoint::parse(*address, kDefaultNamenodePort));
    servers.push_back(std::move(server));
  }
  if (servers.empty()) return fail(ErrorCode::kConfiguration, "dfs.ha.namenodes." + authority + " is empty");
  return servers;
}

// FsPermission.getUMask: octal digits, or "u=rwx,g=rx,o=" (what is allowed).
Result<uint16_t> parse_umask(const std::string& text) {
  uint16_t mask = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mask, 8);
  if (error == std::errc() && end == text.data() + text.size() && mask <= 0777) return mask;
  uint16_t allowed = 0;
  int shift = -1;
  bool valid = !text.empty();
  for (size_t i = 0; i < text.size() && valid; ++i) {
    const char c = text[i];
    if (shift < 0 && (c == 'u' || c == 'g' || c == 'o') && i + 1 < text.size() && text[i + 1] == '=') {
      shift = c == 'u' ? 6 : c == 'g' ? 3 : 0;
      ++i;
    } else if (shift >= 0 && (c == 'r' || c == 'w' || c == 'x')) {
      allowed |= uint16_t((c == 'r' ? 4 : c == 'w' ? 2 : 1) << shift);
    } else if (shift >= 0 && c == ',') {
      shift = -1;
    } else {
      valid = false;
    }
  }
  if (!valid)
    return fail(ErrorCode::kConfiguration,
                "fs.permissions.umask-mode: \"" + text + "\" is not a mask; write it as 022");
  return uint16_t(0777 & ~allowed);
}

std::string random_client_name() {
  std::random_device source;
  return "DFSClient_NONMAPREDUCE_" + std::to_string(int32_t(source())) + "_" + std::to_string(getpid());
}

}  // namespace

Result<Configuration> load_configuration(const fs::ConnectOptions& options) {
  std::string directory = options.config_dir;
  if (directory.empty()) directory = environment("HADOOP_CONF_DIR");
  std::vector<std::string> overrides;
  for (const auto& [key, value] : options.properties) overrides.push_back(key + "=" + value);
  return Configuration::load(directory, overrides);
}

Result<SessionSettings> read_settings(std::string_view uri, const fs::ConnectOptions& options,
                                      const Configuration& configuration) {
  DFS_TRY_OK(check_security_demands(configuration));
  SessionSettings settings;
  DFS_TRY(std::string address, configuration.get(keys::kDefaultFs));
  if (!uri.empty()) address = uri;
  constexpr std::string_view kScheme = "hdfs://";
  if (!address.starts_with(kScheme))
    return fail(ErrorCode::kInvalidArgument,
                "\"" + address + "\" is not the address of a file system: write hdfs://HOST:PORT");
  std::string authority = address.substr(kScheme.size());
  authority = authority.substr(0, authority.find('/'));
  if (authority.empty()) {
    DFS_TRY(std::string fallback, configuration.get(keys::kDefaultFs));
    if (fallback.starts_with(kScheme))
      authority = fallback.substr(kScheme.size(), fallback.find('/', kScheme.size()) - kScheme.size());
  }
  if (authority.empty())
    return fail(ErrorCode::kInvalidArgument, "\"" + address + "\" names no host: write hdfs://HOST:PORT");
  settings.uri = std::string(kScheme) + authority;
  DFS_TRY(settings.namenode.servers, namenodes_of(authority, configuration));

  settings.namenode.user.user = options.user.empty() ? security::login_user() : options.user;
  if (options.real_user != settings.namenode.user.user) settings.namenode.user.real_user = options.real_user;
  settings.namenode.call_deadline = options.call_deadline;
  if (configuration.is_set(keys::kIpcCallTimeout.name)) {
    DFS_TRY(settings.namenode.call_deadline, configuration.get(keys::kIpcCallTimeout));
  }
  DFS_TRY(settings.namenode.connect_deadline, configuration.get(keys::kIpcConnectTimeout));
  settings.home = "/user/" + settings.namenode.user.user;
  DFS_TRY(std::string umask, configuration.get(keys::kUmask));
  DFS_TRY(settings.umask, parse_umask(umask));

  if (configuration.is_set(keys::kBlockSize.name)) {
    DFS_TRY(settings.block_size, configuration.get(keys::kBlockSize));
  }
  if (configuration.is_set(keys::kReplication.name)) {
    DFS_TRY(int64_t replication, configuration.get_between(keys::kReplication, 1, 32767));
    settings.replication = uint16_t(replication);
  }
  if (configuration.is_set(keys::kChecksumType.name)) {
    DFS_TRY(std::string type, configuration.get(keys::kChecksumType));
    DFS_TRY(settings.checksum_type, checksum::type_named(type));
  }
  if (configuration.is_set(keys::kBytesPerChecksum.name)) {
    DFS_TRY(uint64_t bytes, configuration.get_between(keys::kBytesPerChecksum, 1, checksum::Checksum::kChunkBytesMax));
    settings.bytes_per_checksum = uint32_t(bytes);
  }

  settings.transfer.client_name = random_client_name();
  DFS_TRY(uint64_t packet_bytes, configuration.get_between(keys::kWritePacketSize, 512, 8u << 20));
  settings.transfer.packet_bytes = uint32_t(packet_bytes);
  settings.transfer.total_deadline = settings.namenode.call_deadline;
  DFS_TRY(settings.transfer.connect_by_host_name, configuration.get(keys::kUseDataNodeHostname));
  DFS_TRY(settings.transfer.io_deadline, configuration.get(keys::kClientSocketTimeout));
  DFS_TRY(settings.replace_datanodes, configuration.get(keys::kReplaceOnFailure));
  DFS_TRY(std::string policy, configuration.get(keys::kReplaceOnFailurePolicy));
  if (policy == "NEVER" || policy == "DISABLE") settings.replace_datanodes = false;
  settings.replace_always = policy == "ALWAYS";
  DFS_TRY(settings.replace_best_effort, configuration.get(keys::kReplaceOnFailureBestEffort));
  return settings;
}

}  // namespace dfs::client
