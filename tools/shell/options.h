#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/shell/store.h"

namespace dfs::tools {

// The options at the beginning of a command's arguments, as CommandFormat takes them: "-name" words up to the first
// word that is none, "--" or "-".
class Options {
 public:
  struct Allowed {
    std::set<std::string> flags = {};
    std::set<std::string> with_value = {};
    size_t arguments_min = 0;
    size_t arguments_max = SIZE_MAX;
    bool leave_unknown = false;  // for chmod, whose modes may begin with "-"
  };

  // Takes the options out of `arguments`.
  static Outcome<Options> parse(std::vector<std::string>& arguments, const Allowed& allowed);

  bool has(const std::string& flag) const { return given_.contains(flag); }
  const std::set<std::string>& given() const { return given_; }
  // Empty where it was not given.
  std::string value(const std::string& name) const;

 private:
  std::set<std::string> given_;
  std::map<std::string, std::string> values_;
};

}  // namespace dfs::tools
