#include "tools/shell/options.h"

namespace dfs::tools {

Outcome<Options> Options::parse(std::vector<std::string>& arguments, const Allowed& allowed) {
  Options options;
  size_t at = 0;
  while (at < arguments.size()) {
    const std::string word = arguments[at];
    if (!word.starts_with('-') || word == "-") break;
    const auto take = [&] { arguments.erase(arguments.begin() + ptrdiff_t(at)); };
    if (word == "--") {
      take();
      break;
    }
    const std::string name = word.substr(1);
    if (allowed.flags.contains(name)) {
      take();
      options.given_.insert(name);
    } else if (allowed.with_value.contains(name)) {
      take();
      if (at < arguments.size() && arguments.size() > allowed.arguments_min && !arguments[at].starts_with('-')) {
        options.values_[name] = arguments[at];
        take();
      }
    } else if (allowed.leave_unknown) {
      ++at;
    } else {
      return wrong_usage("Illegal option " + word);
    }
  }
  if (arguments.size() < allowed.arguments_min)
    return wrong_usage("Not enough arguments: expected " + std::to_string(allowed.arguments_min) + " but got " +
                       std::to_string(arguments.size()));
  if (arguments.size() > allowed.arguments_max)
    return wrong_usage("Too many arguments: expected " + std::to_string(allowed.arguments_max) + " but got " +
                       std::to_string(arguments.size()));
  return options;
}

std::string Options::value(const std::string& name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::string() : found->second;
}

}  // namespace dfs::tools
