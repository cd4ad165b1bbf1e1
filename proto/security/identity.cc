#include "proto/security/identity.h"

#include <fmt/format.h>

namespace dfs::security {

std::string Identity::to_string() const {
  if (real_user.empty()) return fmt::format("{} (auth:SIMPLE)", user);
  return fmt::format("{} (auth:PROXY) via {} (auth:SIMPLE)", user, real_user);
}

}  // namespace dfs::security
