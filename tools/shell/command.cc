#include "tools/shell/command.h"

#include <csignal>
#include <cstdio>

namespace dfs::tools {
namespace {
volatile std::sig_atomic_t interrupted_flag = 0;
}  // namespace

bool interrupted() {
  return interrupted_flag;
}

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted_flag = 1; };
  // A second one ends the process at once.
  action.sa_flags = int(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void Command::show_error(const std::string& message) {
  ++errors_;
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", name_.c_str(), message.substr(0, message.find('\n')).c_str());
}

Outcome<int> Command::run(Stores& stores, std::string name, std::vector<std::string> arguments) {
  stores_ = &stores;
  name_ = std::move(name);
  Outcome<> done = parse(arguments);
  if (done) {
    std::vector<Item> items;
    for (const std::string& argument : arguments) {
      auto expanded = expand_argument(argument);
      if (!expanded) {
        if (expanded.error().usage) return std::unexpected(std::move(expanded).error());
        show_error(expanded.error().message);
        continue;
      }
      for (Item& item : *expanded) items.push_back(std::move(item));
    }
    done = process_arguments(std::move(items));
  }
  if (interrupted()) {
    show_error("Interrupted");
    return 130;
  }
  if (!done && done.error().usage) return std::unexpected(std::move(done).error());
  if (!done) show_error(done.error().message);
  return errors_ > 0 ? 1 : exit_code_;
}

Outcome<std::vector<Item>> Command::expand_argument(const std::string& argument) {
  auto items = expand(stores(), argument);
  if (items && items->empty()) return failed_at(argument, "No such file or directory");
  return items;
}

Outcome<> Command::process_arguments(std::vector<Item> items) {
  for (Item& item : items) {
    if (interrupted()) break;
    Outcome<> done = item.exists() ? process_argument(item) : process_missing(item);
    if (done) continue;
    if (done.error().usage) return done;
    show_error(done.error().message);
  }
  return {};
}

Outcome<> Command::process_argument(Item& item) {
  depth_ = 0;
  std::vector<Item> one;
  one.push_back(item);
  process_items(nullptr, std::move(one));
  return {};
}

void Command::process_items(const Item*, std::vector<Item> items) {
  for (Item& item : items) {
    if (interrupted()) return;
    Outcome<> done = process(item);
    if (done && recursive_ && item.is_directory()) done = recurse(item);
    if (done) done = after(item);
    if (!done && !interrupted()) show_error(done.error().message);
  }
}

Outcome<> Command::recurse(Item& directory) {
  auto children = directory.children();
  if (!children) return std::unexpected(std::move(children).error());
  ++depth_;
  process_items(&directory, *std::move(children));
  --depth_;
  return {};
}

}  // namespace dfs::tools
