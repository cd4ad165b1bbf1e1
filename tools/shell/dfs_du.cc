#include <cmath>
#include <cstdio>

#include "tools/shell/commands.h"
#include "tools/shell/text.h"

namespace dfs::tools {
namespace {

class Du : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"h", "s", "v", "x"}});
    if (!options) return std::unexpected(std::move(options).error());
    options_ = *std::move(options);
    if (arguments.empty()) arguments.push_back(".");
    return {};
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    if (options_.has("v")) table_.add({"SIZE", "DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS", "FULL_PATH_NAME"});
    Outcome<> done = Command::process_arguments(std::move(items));
    if (filled_) std::fputs(table_.text().c_str(), stdout);
    return done;
  }

  Outcome<> process_argument(Item& item) override {
    if (!options_.has("s") && item.is_directory()) return recurse(item);
    return Command::process_argument(item);
  }

  Outcome<> process(Item& item) override {
    auto summary = item.store->content_summary(item.path);
    if (!summary) return std::unexpected(std::move(summary).error());
    filled_ = true;
    table_.add({size_text(summary->length, options_.has("h")), size_text(summary->space_consumed, options_.has("h")),
                item.text});
    return {};
  }

 private:
  Options options_;
  Table table_{{false, false, false}};
  bool filled_ = false;
};

class Df : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"h"}});
    if (!options) return std::unexpected(std::move(options).error());
    human_readable_ = options->has("h");
    if (arguments.empty()) arguments.push_back("/");
    return {};
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    table_.add({"Filesystem", "Size", "Used", "Available", "Use%"});
    Outcome<> done = Command::process_arguments(std::move(items));
    if (filled_) std::fputs(table_.text().c_str(), stdout);
    return done;
  }

  Outcome<> process(Item& item) override {
    auto stats = item.store->stats(item.path);
    if (!stats) return std::unexpected(std::move(stats).error());
    const double share = stats->capacity == 0 ? 0 : 100.0 * double(stats->used) / double(stats->capacity);
    filled_ = true;
    table_.add({item.store->uri(), size_text(stats->capacity, human_readable_), size_text(stats->used, human_readable_),
                size_text(stats->remaining, human_readable_), std::to_string(std::lround(share)) + "%"});
    return {};
  }

 private:
  bool human_readable_ = false;
  bool filled_ = false;
  Table table_{{false, true, true, true, true}};
};

class Count : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"q", "u", "h", "v", "x"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    options_ = *std::move(options);
    if (options_.has("v")) {
      if (options_.has("q") || options_.has("u"))
        std::printf("%12s %15s %15s %15s ", "QUOTA", "REM_QUOTA", "SPACE_QUOTA", "REM_SPACE_QUOTA");
      if (!options_.has("u")) std::printf("%12s %12s %18s ", "DIR_COUNT", "FILE_COUNT", "CONTENT_SIZE");
      std::printf("PATHNAME\n");
    }
    return {};
  }

  Outcome<> process(Item& item) override {
    auto summary = item.store->content_summary(item.path);
    if (!summary) return std::unexpected(std::move(summary).error());
    const bool human = options_.has("h");
    if (options_.has("q") || options_.has("u")) {
      const uint64_t used = summary->file_count + summary->directory_count;
      std::printf("%12s %15s %15s %15s ", quota(summary->quota, human).c_str(),
                  remaining(summary->quota, used, human).c_str(), quota(summary->space_quota, human).c_str(),
                  remaining(summary->space_quota, summary->space_consumed, human).c_str());
    }
    if (!options_.has("u"))
      std::printf("%12s %12s %18s ", size_text(summary->directory_count, human).c_str(),
                  size_text(summary->file_count, human).c_str(), size_text(summary->length, human).c_str());
    std::printf("%s\n", item.text.c_str());
    return {};
  }

 private:
  static std::string quota(int64_t limit, bool human) { return limit > 0 ? size_text(uint64_t(limit), human) : "none"; }
  static std::string remaining(int64_t limit, uint64_t used, bool human) {
    if (limit <= 0) return "inf";
    const int64_t left = limit - int64_t(used);
    return left < 0 ? "-" + size_text(uint64_t(-left), human) : size_text(uint64_t(left), human);
  }

  Options options_;
};

}  // namespace

std::unique_ptr<Command> make_du() {
  return std::make_unique<Du>();
}
std::unique_ptr<Command> make_df() {
  return std::make_unique<Df>();
}
std::unique_ptr<Command> make_count() {
  return std::make_unique<Count>();
}

}  // namespace dfs::tools
