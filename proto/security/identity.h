#pragma once

#include <map>
#include <optional>
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
class ProxyUsers {
 public:
  // `settings`: every configuration key that starts with "hadoop.proxyuser.", with its value.
  ProxyUsers(const std::map<std::string, std::string>& settings, const GroupMapping& groups);
  // kAuthorization "User: knox is not allowed to impersonate alice" unless identity.real_user may act for
  // identity.user from `address`. An identity without a real user is always allowed.
  Result<void> authorize(const Identity& identity, std::string_view address) const;

 private:
  struct Rule {
    std::vector<std::string> hosts, groups, users;
  };
  std::map<std::string, Rule> rules_;
  const GroupMapping& groups_;
};

}  // namespace dfs::security
