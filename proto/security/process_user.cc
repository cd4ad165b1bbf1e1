#include "proto/security/process_user.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace dfs::security {

std::string process_user() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(geteuid());
}

std::string login_user() {
  const char* name = std::getenv("HADOOP_USER_NAME");
  return name != nullptr && *name != '\0' ? name : process_user();
}

}  // namespace dfs::security
