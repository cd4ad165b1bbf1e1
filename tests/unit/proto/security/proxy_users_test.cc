#include <gtest/gtest.h>

#include "proto/security/identity.h"

namespace dfs::security {
namespace {

class FixedGroups final : public GroupMapping {
 public:
  std::vector<std::string> groups_of(const std::string& user) const override {
    return user == "alice" ? std::vector<std::string>{"staff", "wheel"} : std::vector<std::string>{};
  }
  void refresh() override {}
};

std::string refusal(const std::map<std::string, std::string>& settings, const std::string& user,
                    const std::string& address) {
  FixedGroups groups;
  auto result = ProxyUsers(settings, groups).authorize({user, "knox"}, address);
  if (result) return "";
  EXPECT_EQ(result.error().code(), ErrorCode::kAuthorization);
  return result.error().message();
}

TEST(Identity, IsShownAsHadoopShowsIt) {
  EXPECT_EQ((Identity{"alice", ""}).to_string(), "alice (auth:SIMPLE)");
  EXPECT_EQ((Identity{"alice", "knox"}).to_string(), "alice (auth:PROXY) via knox (auth:SIMPLE)");
}

TEST(ProxyUsers, WithoutARealUserNothingIsAsked) {
  FixedGroups groups;
  EXPECT_TRUE(ProxyUsers({}, groups).authorize({"alice", ""}, "10.0.0.1"));
}

TEST(ProxyUsers, WithoutARuleNobodyActsForOthers) {
  EXPECT_EQ(refusal({}, "alice", "10.0.0.1"), "User: knox is not allowed to impersonate alice");
  EXPECT_EQ(refusal({{"hadoop.proxyuser.other.users", "*"}, {"hadoop.proxyuser.other.hosts", "*"}}, "alice", "::1"),
            "User: knox is not allowed to impersonate alice");
  EXPECT_EQ(refusal({{"hadoop.proxyuser.knox.hosts", "*"}}, "alice", "10.0.0.1"),
            "User: knox is not allowed to impersonate alice");
}

TEST(ProxyUsers, UsersAndGroupsNameWhomOneMayActFor) {
  const char* hosts = "hadoop.proxyuser.knox.hosts";
  EXPECT_EQ(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.users", "bob, alice"}}, "alice", "10.0.0.1"), "");
  EXPECT_NE(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.users", "bob"}}, "alice", "10.0.0.1"), "");
  EXPECT_EQ(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.users", "*"}}, "nobody", "10.0.0.1"), "");
  EXPECT_EQ(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.groups", "wheel"}}, "alice", "10.0.0.1"), "");
  EXPECT_NE(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.groups", "wheel"}}, "bob", "10.0.0.1"), "");
  EXPECT_EQ(refusal({{hosts, "*"}, {"hadoop.proxyuser.knox.groups", "*"}}, "bob", "10.0.0.1"), "");
}

TEST(ProxyUsers, HostsAreAddressesNamesAndNetworks) {
  auto from = [](const std::string& hosts, const std::string& address) {
    return refusal({{"hadoop.proxyuser.knox.users", "*"}, {"hadoop.proxyuser.knox.hosts", hosts}}, "alice", address);
  };
  EXPECT_EQ(from("10.0.0.1,10.1.0.0/16", "10.0.0.1"), "");
  EXPECT_EQ(from("10.0.0.1,10.1.0.0/16", "10.1.200.3"), "");
  EXPECT_EQ(from("10.0.0.1,10.1.0.0/16", "10.2.0.0"), "Unauthorized connection for super-user: knox from IP /10.2.0.0");
  EXPECT_EQ(from("10.0.0.64/27", "10.0.0.95"), "");
  EXPECT_NE(from("10.0.0.64/27", "10.0.0.96"), "");
  EXPECT_EQ(from("fe80::/10", "fe80::1"), "");
  EXPECT_NE(from("fe80::/10", "::1"), "");
  EXPECT_EQ(from("localhost", "127.0.0.1"), "");
  EXPECT_NE(from("", "127.0.0.1"), "");
  EXPECT_NE(from("*,10.0.0.1", "10.0.0.2"), "");
  EXPECT_NE(from("10.0.0.0/33,10.0.0.0/x,no-such-host.invalid", "10.0.0.1"), "");
  EXPECT_NE(from("10.0.0.1", "garbage"), "");
}

TEST(ProxyUsers, AUserNameMayHoldDots) {
  FixedGroups groups;
  ProxyUsers rules(
      {{"hadoop.proxyuser.a.b.users", "*"}, {"hadoop.proxyuser.a.b.hosts", "*"}, {"hadoop.proxyuser.x", "*"}}, groups);
  EXPECT_TRUE(rules.authorize({"alice", "a.b"}, "10.0.0.1"));
}

}  // namespace
}  // namespace dfs::security
