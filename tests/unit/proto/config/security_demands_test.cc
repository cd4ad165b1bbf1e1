#include "proto/config/security_demands.h"

#include <gtest/gtest.h>

namespace dfs {
namespace {

TEST(SecurityDemands, AreNoneWithoutConfiguration) {
  EXPECT_TRUE(check_security_demands(Configuration()));
}

TEST(SecurityDemands, ThatWeDoNotMeetAreRefusedByTheirKey) {
  for (auto [key, value] : {std::pair{"hadoop.security.authentication", "kerberos"},
                            {"dfs.http.policy", "HTTPS_ONLY"},
                            {"dfs.http.policy", "HTTP_AND_HTTPS"},
                            {"dfs.encrypt.data.transfer", "true"},
                            {"dfs.block.access.token.enable", "true"}}) {
    Configuration configuration;
    configuration.set(key, value);
    auto refused = check_security_demands(configuration);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().code(), ErrorCode::kConfiguration);
    EXPECT_NE(refused.error().message().find(key), std::string::npos) << refused.error().message();
  }
}

TEST(SecurityDemands, ThatSayWhatWeDoAreMet) {
  Configuration configuration;
  configuration.set("hadoop.security.authentication", "simple");
  configuration.set("dfs.http.policy", "HTTP_ONLY");
  configuration.set("dfs.encrypt.data.transfer", "false");
  EXPECT_TRUE(check_security_demands(configuration));
}

}  // namespace
}  // namespace dfs
