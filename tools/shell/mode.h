#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dfs::tools {

// The mode argument of chmod: "755", "1777", "u+x,go-w", "a=rX", "+t" (PermissionParser, ChmodParser).
class ModeChange {
 public:
  static std::optional<ModeChange> parse(const std::string& text);
  // What `permission` becomes; X means x for directories and for what is executable already.
  uint16_t apply(uint16_t permission, bool directory) const;

 private:
  struct Clause {
    uint16_t who = 0;  // 0700, 0070 and 0007 for user, group, others
    char sign = '=';
    bool read = false, write = false, execute = false, execute_where_sensible = false, sticky = false;
  };
  std::optional<uint16_t> absolute_;
  bool absolute_sets_sticky_ = false;
  std::vector<Clause> clauses_;
};

}  // namespace dfs::tools
