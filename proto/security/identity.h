#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/error.h"

namespace dfs::security {

// On whose behalf a call is made, as UserGroupInformation has it. Names are Hadoop's short names.
struct Identity {
  std::string user;
  std::string real_user;  // who vouches for `user` (proxy), or empty

  // "alice (auth:SIMPLE)" or "alice (auth:PROXY) via knox (auth:SIMPLE)", as in audit lines and exceptions.
  std::string to_string() const;
  bool operator==(const Identity&) const = default;
};

// The groups of a user, primary first; an unknown user has none. Thread-safe. Never starts a shell (CVE-2016-5393).
class GroupMapping {
 public:
  virtual ~GroupMapping() = default;
  virtual std::vector<std::string> groups_of(const std::string& user) const = 0;
  virtual void refresh() = 0;
};

// Hadoop's proxy-user rules: hadoop.proxyuser.NAME.{hosts,groups,users} (DefaultImpersonationProvider).
// Immutable, thread-safe. Host names are resolved once, when the rules are made, which may block; what cannot be
// resolved or read allows nobody and is logged.
class ProxyUsers {
 public:
  // `settings`: every configuration key that starts with "hadoop.proxyuser.", with its value. `groups` outlives this.
  ProxyUsers(const std::map<std::string, std::string>& settings, const GroupMapping& groups);
  // kAuthorization "User: knox is not allowed to impersonate alice" unless identity.real_user may act for
  // identity.user from `address`. An identity without a real user is always allowed.
  Result<void> authorize(const Identity& identity, std::string_view address) const;

 private:
  // An IPv6 address, or an IPv4 one mapped into it, and how many leading bits must agree.
  struct Network {
    std::array<uint8_t, 16> address;
    int prefix_bits;
  };
  struct Names {
    bool all = false;
    std::set<std::string, std::less<>> names;
  };
  struct Rule {
    Names users, groups;
    bool all_hosts = false;
    std::vector<Network> hosts;
  };

  static Names names_of(std::string_view text);
  static void add_hosts(Rule& rule, std::string_view text);
  static std::optional<Network> network_of(std::string_view text);

  std::map<std::string, Rule> rules_;
  const GroupMapping& groups_;
};

}  // namespace dfs::security
