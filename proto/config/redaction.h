#pragma once

#include <regex>
#include <string>
#include <vector>

#include "proto/base/error.h"

namespace dfs {

// Which settings are secrets: those in whose name one of the expressions is found
// (hadoop.security.sensitive-config-keys; ConfigRedactor).
class Redaction {
 public:
  Redaction() = default;  // none
  // kInvalidArgument names the expression that is none.
  static Result<Redaction> from(const std::vector<std::string>& expressions);
  bool is_secret(const std::string& name) const;

 private:
  std::vector<std::regex> expressions_;
};

}  // namespace dfs
