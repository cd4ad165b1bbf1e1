#pragma once

#include <string>

namespace dfs::security {

// The system's name of the user that this process runs as; its number where the system has no name for it.
std::string process_user();
// On whose behalf this process acts (UserGroupInformation without Kerberos): $HADOOP_USER_NAME, or the process's user.
std::string login_user();

}  // namespace dfs::security
