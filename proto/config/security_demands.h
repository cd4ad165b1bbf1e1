#pragma once

#include "proto/config/configuration.h"

namespace dfs {

// An error where the configuration demands protection that we do not give (Kerberos, encrypted RPC or block transfer,
// block access tokens, HTTPS only): to go on without it would open a cluster that its administrator believes closed.
Result<void> check_security_demands(const Configuration& configuration);

}  // namespace dfs
