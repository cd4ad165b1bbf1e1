#include "proto/config/security_demands.h"

#include "proto/config/keys.h"

namespace dfs {
namespace {

Result<void> demand_only(const Configuration& configuration, StringKey key, std::string_view served) {
  DFS_TRY(std::string value, configuration.get(key));
  if (value == served) return {};
  return fail(configuration.complaint(
      key, "'" + value + "' is not supported yet; only '" + std::string(served) + "' is, which protects less"));
}

Result<void> demand_off(const Configuration& configuration, BoolKey key) {
  DFS_TRY(bool value, configuration.get(key));
  if (!value) return {};
  return fail(configuration.complaint(key, "is not supported yet; it must be false"));
}

}  // namespace

Result<void> check_security_demands(const Configuration& configuration) {
  DFS_TRY_OK(demand_only(configuration, keys::kAuthentication, "simple"));
  DFS_TRY_OK(demand_only(configuration, keys::kHttpPolicy, "HTTP_ONLY"));
  DFS_TRY_OK(demand_off(configuration, keys::kEncryptTransfer));
  DFS_TRY_OK(demand_off(configuration, keys::kBlockAccessToken));
  return {};
}

}  // namespace dfs
