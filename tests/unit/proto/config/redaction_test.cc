#include "proto/config/redaction.h"

#include <gtest/gtest.h>

#include "proto/config/configuration.h"

namespace dfs {
namespace {

TEST(Redaction, FindsTheDefaultSecrets) {
  auto redaction = Redaction::from(Configuration().get(keys::kSensitiveKeys).value());
  ASSERT_TRUE(redaction);
  for (const char* secret :
       {"hadoop.http.authentication.signature.secret", "ssl.server.keystore.password", "ssl.keystore.pass",
        "fs.s3a.secret.key", "fs.s3a.bucket.b.server-side-encryption.key", "fs.azure.account.key.x",
        "dfs.adls.oauth2.refresh.token", "hadoop.security.sensitive-config-keys"}) {
    EXPECT_TRUE(redaction->is_secret(secret)) << secret;
  }
  for (const char* open : {"dfs.replication", "hadoop.security.secret.path", "password.file"}) {
    EXPECT_FALSE(redaction->is_secret(open)) << open;
  }
  EXPECT_FALSE(Redaction().is_secret("password"));
}

TEST(Redaction, NamesWhatIsNoExpression) {
  auto wrong = Redaction::from({"fine", "(open"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message(), "\"(open\" is not a regular expression");
}

}  // namespace
}  // namespace dfs
