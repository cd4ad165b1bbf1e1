#include <algorithm>
#include <cstdio>

#include "tools/shell/commands.h"
#include "tools/shell/text.h"

namespace dfs::tools {
namespace {

class Ls : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"C", "d", "h", "q", "R", "r", "t", "S", "u"}});
    if (!options) return std::unexpected(std::move(options).error());
    options_ = *std::move(options);
    recursive_ = options_.has("R") && !options_.has("d");
    if (arguments.empty()) arguments.push_back(".");
    return {};
  }

  Outcome<> process_argument(Item& item) override {
    if (!options_.has("d") && item.is_directory()) return recurse(item);
    return Command::process_argument(item);
  }

  void process_items(const Item* parent, std::vector<Item> items) override {
    if (parent && !recursive_ && !items.empty() && !options_.has("C")) std::printf("Found %zu items\n", items.size());
    if (parent) sort(items);
    for (const Item& item : items) {
      replicas_width_ = std::max(replicas_width_, std::to_string(item.status->replication).size());
      length_width_ = std::max(length_width_, std::to_string(item.status->length).size());
      owner_width_ = std::max(owner_width_, item.status->owner.size());
      group_width_ = std::max(group_width_, item.status->group.size());
    }
    Command::process_items(parent, std::move(items));
  }

  Outcome<> process(Item& item) override {
    std::string path = item.text;
    if (options_.has("q"))
      std::ranges::replace_if(path, [](char c) { return uint8_t(c) < 0x20 || uint8_t(c) == 0x7f; }, '?');
    if (options_.has("C")) {
      std::printf("%s\n", path.c_str());
      return {};
    }
    const fs::FileStatus& status = *item.status;
    const std::string line = (status.is_directory() ? "d" : "-") + permission_text(status.permission) +
                             (status.has_acl ? "+" : " ") +
                             padded_left(status.is_file() ? std::to_string(status.replication) : "-", replicas_width_) +
                             " " + padded_right(status.owner, owner_width_) + (owner_width_ > 0 ? " " : "") +
                             padded_right(status.group, group_width_) + (group_width_ > 0 ? " " : "") +
                             padded_left(size_text(status.length, options_.has("h")), length_width_) + " " +
                             time_text(shown_time(status), "%Y-%m-%d %H:%M") + " " + path;
    std::printf("%s\n", line.c_str());
    return {};
  }

 private:
  fs::Time shown_time(const fs::FileStatus& status) const {
    return options_.has("u") ? status.access_time : status.modification_time;
  }

  void sort(std::vector<Item>& items) const {
    // -r turns the order round, but not that of what is equal.
    const bool reverse = options_.has("r");
    const auto larger_first = [reverse](auto a, auto b) { return reverse ? a < b : a > b; };
    std::ranges::sort(items, [&](const Item& a, const Item& b) {
      if (options_.has("t") && shown_time(*a.status) != shown_time(*b.status))
        return larger_first(shown_time(*a.status), shown_time(*b.status));
      if (!options_.has("t") && options_.has("S") && a.status->length != b.status->length)
        return larger_first(a.status->length, b.status->length);
      if (!options_.has("t") && !options_.has("S") && reverse) return b.path < a.path;
      return a.path < b.path;
    });
  }

  Options options_;
  size_t replicas_width_ = 3;
  size_t length_width_ = 10;
  size_t owner_width_ = 0;
  size_t group_width_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_ls() {
  return std::make_unique<Ls>();
}

}  // namespace dfs::tools
