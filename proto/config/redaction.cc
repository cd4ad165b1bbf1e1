#include "proto/config/redaction.h"

#include <algorithm>

namespace dfs {

Result<Redaction> Redaction::from(const std::vector<std::string>& expressions) {
  Redaction made;
  for (const std::string& expression : expressions) {
    try {
      made.expressions_.emplace_back(expression, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error&) {
      return fail(ErrorCode::kInvalidArgument, "\"" + expression + "\" is not a regular expression");
    }
  }
  return made;
}

bool Redaction::is_secret(const std::string& name) const {
  return std::ranges::any_of(expressions_,
                             [&](const std::regex& expression) { return std::regex_search(name, expression); });
}

}  // namespace dfs
