#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "proto/base/log.h"
#include "proto/security/identity.h"

namespace dfs::security {
namespace {

constexpr std::string_view kPrefix = "hadoop.proxyuser.";

using Address = std::array<uint8_t, 16>;

Address mapped(const in_addr& address) {
  Address result{};
  result[10] = result[11] = 0xff;
  std::memcpy(result.data() + 12, &address, 4);
  return result;
}

std::optional<Address> parse_address(const std::string& text) {
  if (in_addr v4{}; inet_pton(AF_INET, text.c_str(), &v4) == 1) return mapped(v4);
  Address v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

std::vector<Address> resolve(const std::string& name) {
  std::vector<Address> addresses;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &first) != 0) return addresses;
  for (addrinfo* entry = first; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      addresses.push_back(mapped(reinterpret_cast<const sockaddr_in*>(entry->ai_addr)->sin_addr));
    } else if (entry->ai_family == AF_INET6) {
      Address address;
      std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(entry->ai_addr)->sin6_addr, 16);
      addresses.push_back(address);
    }
  }
  freeaddrinfo(first);
  return addresses;
}

bool agree(const Address& a, const Address& b, int bits) {
  int whole = bits / 8;
  if (std::memcmp(a.data(), b.data(), size_t(whole)) != 0) return false;
  int rest = bits % 8;
  return rest == 0 || (a[size_t(whole)] ^ b[size_t(whole)]) >> (8 - rest) == 0;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t from = 0; from < text.size();) {
    size_t begin = text.find_first_not_of(", \t\n", from);
    if (begin == std::string_view::npos) break;
    from = std::min(text.find_first_of(", \t\n", begin), text.size());
    parts.emplace_back(text.substr(begin, from - begin));
  }
  return parts;
}

}  // namespace

ProxyUsers::ProxyUsers(const std::map<std::string, std::string>& settings, const GroupMapping& groups)
    : groups_(groups) {
  for (const auto& [key, value] : settings) {
    size_t dot = key.rfind('.');
    if (!key.starts_with(kPrefix) || dot < kPrefix.size()) continue;
    std::string name = key.substr(kPrefix.size(), dot - kPrefix.size());
    std::string_view what = std::string_view(key).substr(dot + 1);
    if (what == "users") rules_[name].users = names_of(value);
    if (what == "groups") rules_[name].groups = names_of(value);
    if (what == "hosts") add_hosts(rules_[name], value);
  }
}

ProxyUsers::Names ProxyUsers::names_of(std::string_view text) {
  Names result;
  for (std::string& name : split(text)) result.names.insert(std::move(name));
  result.all = result.names == std::set<std::string, std::less<>>{"*"};
  return result;
}

std::optional<ProxyUsers::Network> ProxyUsers::network_of(std::string_view text) {
  size_t slash = text.find('/');
  std::string host(text.substr(0, slash));
  std::optional<Address> address = parse_address(host);
  if (!address) return std::nullopt;
  int offset = host.find(':') == std::string::npos ? 96 : 0;
  if (slash == std::string_view::npos) return Network{*address, 128};
  int bits = 0;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
  if (error != std::errc() || stop != end || bits < 0 || bits > 128 - offset) return std::nullopt;
  return Network{*address, bits + offset};
}

void ProxyUsers::add_hosts(Rule& rule, std::string_view text) {
  std::vector<std::string> entries = split(text);
  // As MachineList: the star means every host only where it stands alone.
  rule.all_hosts = entries == std::vector<std::string>{"*"};
  if (rule.all_hosts) return;
  for (const std::string& entry : entries) {
    if (auto network = network_of(entry)) {
      rule.hosts.push_back(*network);
      continue;
    }
    std::vector<Address> addresses;
    if (entry.find('/') == std::string::npos) addresses = resolve(entry);
    if (addresses.empty()) {
      log::warn("hadoop.proxyuser.*.hosts: \"{}\" is no address, no network and no known host; it allows nobody",
                entry);
    }
    for (const Address& address : addresses) rule.hosts.push_back({address, 128});
  }
}

Result<void> ProxyUsers::authorize(const Identity& identity, std::string_view address) const {
  if (identity.real_user.empty()) return {};
  auto found = rules_.find(identity.real_user);
  bool may_act = false;
  if (found != rules_.end()) {
    const Rule& rule = found->second;
    may_act = rule.users.all || rule.groups.all || rule.users.names.contains(identity.user);
    if (!may_act && !rule.groups.names.empty()) {
      std::vector<std::string> groups = groups_.groups_of(identity.user);
      may_act = std::any_of(groups.begin(), groups.end(),
                            [&](const std::string& group) { return rule.groups.names.contains(group); });
    }
  }
  if (!may_act) {
    return fail(ErrorCode::kAuthorization,
                fmt::format("User: {} is not allowed to impersonate {}", identity.real_user, identity.user));
  }
  const Rule& rule = found->second;
  if (rule.all_hosts) return {};
  if (auto from = parse_address(std::string(address))) {
    for (const Network& network : rule.hosts) {
      if (agree(*from, network.address, network.prefix_bits)) return {};
    }
  }
  return fail(ErrorCode::kAuthorization,
              fmt::format("Unauthorized connection for super-user: {} from IP /{}", identity.real_user, address));
}

}  // namespace dfs::security
