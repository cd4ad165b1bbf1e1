#include "namenode/host_files.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "proto/base/log.h"
#include "proto/io/disk.h"

namespace dfs::namenode {
namespace {

namespace json = boost::json;

std::optional<std::string> address_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
    log::warn("{} in the list of hosts does not resolve: it stands for DataNodes that call themselves so", host);
    return std::nullopt;
  }
  // As Java does, the first: of IPv4 where there is one.
  const addrinfo* chosen = found;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      chosen = entry;
      break;
    }
  }
  char text[NI_MAXHOST] = {};
  const int named = getnameinfo(chosen->ai_addr, chosen->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  freeaddrinfo(found);
  if (named != 0) return std::nullopt;
  return std::string(text);
}

Result<std::string> text_in(const std::string& path) {
  if (path.empty()) return std::string();
  return Disk::posix().read_file(path);
}

std::unexpected<Error> malformed(std::string_view problem) {
  return fail(ErrorCode::kIo, fmt::format("the list of hosts {}", problem));
}

Result<std::string> text_of(const json::value& value, std::string_view name) {
  if (value.is_null()) return std::string();
  if (!value.is_string()) return malformed(fmt::format("has a {} that is no string", name));
  return std::string(value.get_string());
}

Result<uint64_t> number_of(const json::value& value, std::string_view name, uint64_t max) {
  const int64_t* number = value.if_int64();
  if (!number || *number < 0 || uint64_t(*number) > max) {
    return malformed(fmt::format("has a {} that is no number up to {}", name, max));
  }
  return uint64_t(*number);
}

Result<AdminState> state_of(std::string_view name) {
  if (name == "NORMAL" || name.empty()) return AdminState::kNormal;
  if (name == "DECOMMISSIONED") return AdminState::kDecommissioned;
  if (name == "IN_MAINTENANCE") return AdminState::kInMaintenance;
  return malformed(fmt::format("asks for the adminState {}: NORMAL, DECOMMISSIONED and IN_MAINTENANCE can be", name));
}

Result<HostEntry> entry_of(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object) return malformed("has an element that is no object");
  HostEntry entry;
  for (const auto& [name, member] : *object) {
    if (name == "hostName") {
      DFS_TRY(entry.host, text_of(member, name));
    } else if (name == "port") {
      DFS_TRY(uint64_t port, number_of(member, name, UINT16_MAX));
      entry.transfer_port = uint16_t(port);
    } else if (name == "upgradeDomain") {
      DFS_TRY(entry.upgrade_domain, text_of(member, name));
    } else if (name == "adminState") {
      DFS_TRY(std::string state, text_of(member, name));
      DFS_TRY(entry.wanted, state_of(state));
    } else if (name == "maintenanceExpireTimeInMS") {
      DFS_TRY(entry.maintenance_until_ms, number_of(member, name, INT64_MAX));
    } else {
      return malformed(fmt::format("has an unknown field {}", std::string_view(name)));
    }
  }
  if (entry.host.empty()) return malformed("has an element without a hostName");
  return entry;
}

}  // namespace

Result<std::vector<HostEntry>> parse_combined_hosts(std::string_view text) {
  std::vector<HostEntry> entries;
  json::stream_parser parser;
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return entries;
    parser.reset();
    boost::system::error_code error;
    const size_t taken = parser.write_some(text.data(), text.size(), error);
    if (!error && !parser.done()) parser.finish(error);
    if (error) return malformed("is no JSON: " + error.message());
    text.remove_prefix(taken);
    const json::value value = parser.release();
    if (const json::array* list = value.if_array()) {
      for (const json::value& element : *list) {
        DFS_TRY(HostEntry entry, entry_of(element));
        entries.push_back(std::move(entry));
      }
    } else {
      DFS_TRY(HostEntry entry, entry_of(value));
      entries.push_back(std::move(entry));
    }
  }
}

Result<HostLists> read_host_lists(const HostFiles& files) {
  DFS_TRY(std::string included, text_in(files.included));
  HostLists lists;
  if (files.combined) {
    Result<std::vector<HostEntry>> entries = parse_combined_hosts(included);
    if (!entries) return fail(std::move(entries).error().within(files.included));
    if (entries->empty()) log::warn("{} is empty: every DataNode is admitted", files.included);
    lists = HostLists::of_entries(*std::move(entries));
  } else {
    DFS_TRY(std::string excluded, text_in(files.excluded));
    lists = HostLists::of_files(included, excluded);
  }
  lists.resolve(address_of);
  return lists;
}

}  // namespace dfs::namenode
