#include "tools/shell/mode.h"

#include <string_view>

namespace dfs::tools {

std::optional<ModeChange> ModeChange::parse(const std::string& text) {
  ModeChange change;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string::npos) {
    if (text.size() < 3 || text.size() > 4 || (text.size() == 4 && text[0] > '1')) return std::nullopt;
    change.absolute_ = uint16_t(std::stoul(text, nullptr, 8));
    change.absolute_sets_sticky_ = text.size() == 4;
    return change;
  }
  size_t at = 0;
  while (true) {
    Clause clause;
    for (; at < text.size() && std::string_view("ugoa").find(text[at]) != std::string_view::npos; ++at)
      clause.who |= text[at] == 'u' ? 0700 : text[at] == 'g' ? 0070 : text[at] == 'o' ? 0007 : 0777;
    if (clause.who == 0) clause.who = 0777;
    if (at == text.size() || std::string_view("+-=").find(text[at]) == std::string_view::npos) return std::nullopt;
    clause.sign = text[at++];
    const size_t letters = at;
    for (; at < text.size() && text[at] != ','; ++at) {
      switch (text[at]) {
        case 'r':
          clause.read = true;
          break;
        case 'w':
          clause.write = true;
          break;
        case 'x':
          clause.execute = true;
          break;
        case 'X':
          clause.execute_where_sensible = true;
          break;
        case 't':
          clause.sticky = true;
          break;
        default:
          return std::nullopt;
      }
    }
    if (at == letters) return std::nullopt;
    change.clauses_.push_back(clause);
    if (at == text.size()) return change;
    ++at;
  }
}

uint16_t ModeChange::apply(uint16_t permission, bool directory) const {
  if (absolute_) return absolute_sets_sticky_ ? *absolute_ : uint16_t(*absolute_ | (permission & 01000));
  for (const Clause& clause : clauses_) {
    const bool execute = clause.execute || (clause.execute_where_sensible && (directory || (permission & 0111) != 0));
    const uint16_t bits =
        uint16_t(((clause.read ? 0444 : 0) | (clause.write ? 0222 : 0) | (execute ? 0111 : 0)) & clause.who);
    const uint16_t sticky = clause.sticky ? 01000 : 0;
    if (clause.sign == '+')
      permission = uint16_t(permission | bits | sticky);
    else if (clause.sign == '-')
      permission = uint16_t(permission & ~(bits | sticky));
    else
      permission = uint16_t((permission & ~clause.who) | bits | sticky);
  }
  return permission;
}

}  // namespace dfs::tools
