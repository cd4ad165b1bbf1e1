#include <strings.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tools/shell/commands.h"

namespace dfs::tools {
namespace {

class Rm : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"f", "r", "R", "skipTrash", "safely"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    ignore_missing_ = options->has("f");
    directories_ = options->has("r") || options->has("R");
    skip_trash_ = options->has("skipTrash");
    safely_ = options->has("safely");
    return {};
  }

  Outcome<std::vector<Item>> expand_argument(const std::string& argument) override {
    auto items = expand(stores(), argument);
    if (items && items->empty() && !ignore_missing_) return failed_at(argument, "No such file or directory");
    return items;
  }

  Outcome<> process_missing(Item& item) override {
    if (ignore_missing_) return {};
    return Command::process_missing(item);
  }

  Outcome<> process(Item& item) override {
    if (item.is_directory() && !directories_) return failed_at(item.text, "Is a directory");
    if (!skip_trash_ && item.store->hdfs()) {
      auto moved = move_to_trash(*item.store->hdfs(), item);
      if (!moved) return failed(moved.error().message + ". Consider using -skipTrash option");
      if (*moved) return {};
    }
    if (safely_) {
      auto wanted = confirmed(item);
      if (!wanted) return std::unexpected(std::move(wanted).error());
      if (!*wanted) return {};
    }
    auto removed = item.store->remove(item.path, directories_);
    if (!removed) return std::unexpected(std::move(removed).error());
    if (!*removed) return failed_at(item.text, "Input/output error");
    std::printf("Deleted %s\n", item.text.c_str());
    return {};
  }

 private:
  // Asks, where the item holds more files than the limit (Delete.Rm.canBeSafelyDeleted).
  Outcome<bool> confirmed(const Item& item) {
    constexpr const char* kLimitKey = "hadoop.shell.safely.delete.limit.num.files";
    std::optional<std::string> given;
    if (item.store->hdfs()) given = item.store->hdfs()->property(kLimitKey);
    const long long limit = given ? std::strtoll(given->c_str(), nullptr, 10) : 100;
    if (limit <= 0) return true;
    auto summary = item.store->content_summary(item.path);
    if (!summary) return std::unexpected(std::move(summary).error());
    if (summary->file_count <= uint64_t(limit)) return true;
    if (confirm("Proceed deleting " + std::to_string(summary->file_count) + " files?")) return true;
    std::fputs("Delete aborted at user request.\n\n", stderr);
    return false;
  }

  // ToolRunner.confirmPrompt; the end of standard input is a no.
  static bool confirm(const std::string& prompt) {
    while (true) {
      std::fprintf(stderr, "%s (Y or N) ", prompt.c_str());
      std::string answer;
      int c = std::getchar();
      const bool ended = c == EOF;
      for (; c != EOF && c != '\n' && c != '\r'; c = std::getchar()) answer.push_back(char(c));
      if (strcasecmp(answer.c_str(), "y") == 0 || strcasecmp(answer.c_str(), "yes") == 0) return true;
      if (ended || strcasecmp(answer.c_str(), "n") == 0 || strcasecmp(answer.c_str(), "no") == 0) return false;
      std::fprintf(stderr, "Invalid input: %s\n", answer.c_str());
    }
  }

  // Minutes that the trash is kept: the server's word where it has one, then our own configuration's (Trash.java).
  Outcome<double> trash_minutes(fs::FileSystem& hdfs) {
    auto defaults = hdfs.server_defaults();
    if (!defaults) return failed(defaults.error().message());
    if (defaults->trash_interval.count() > 0) return double(defaults->trash_interval.count());
    return std::strtod(hdfs.property("fs.trash.interval").value_or("0").c_str(), nullptr);
  }

  // TrashPolicyDefault.moveToTrash: to /user/NAME/.Trash/Current/PATH. False where there is no trash, or the item is in
  // it already.
  Outcome<bool> move_to_trash(fs::FileSystem& hdfs, const Item& item) {
    auto minutes = trash_minutes(hdfs);
    if (!minutes) return std::unexpected(std::move(minutes).error());
    if (*minutes <= 0) return false;
    const std::string root = hdfs.home_directory() + "/.Trash";
    if (item.path == root || item.path.starts_with(root + "/")) return false;
    if (root.starts_with(item.path == "/" ? "/" : item.path + "/"))
      return failed("Cannot move \"" + item.text + "\" to the trash, as it contains the trash");
    const std::string folder = root + "/Current" + item.path.substr(0, item.path.rfind('/'));
    std::string target = root + "/Current" + item.path;
    const auto now = [] {
      return std::to_string(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count());
    };
    std::string problem;
    // Twice, in case the trash is emptied between the two calls.
    for (int tries = 0; tries < 2; ++tries) {
      if (auto made = hdfs.mkdirs(folder, 0700); !made) return failed(made.error().message());
      auto there = hdfs.exists(target);
      if (there && *there) target += now();
      auto moved = hdfs.rename(item.path, target);
      if (moved) {
        std::fprintf(stderr, "Moved: '%s%s' to trash at: %s%s\n", hdfs.uri().c_str(), item.path.c_str(),
                     hdfs.uri().c_str(), target.c_str());
        return true;
      }
      problem = moved.error().message();
    }
    return failed("Failed to move " + item.text + " to trash " + target + ": " + problem);
  }

  bool ignore_missing_ = false;
  bool directories_ = false;
  bool skip_trash_ = false;
  bool safely_ = false;
};

class Rmdir : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"-ignore-fail-on-non-empty"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    ignore_filled_ = options->has("-ignore-fail-on-non-empty");
    return {};
  }

  Outcome<> process(Item& item) override {
    if (!item.is_directory()) return failed_at(item.text, "Is not a directory");
    auto entries = item.store->list(item.path);
    if (!entries) return std::unexpected(std::move(entries).error());
    if (!entries->empty()) {
      if (ignore_filled_) return {};
      return failed_at(item.text, "Directory is not empty");
    }
    auto removed = item.store->remove(item.path, false);
    if (!removed) return std::unexpected(std::move(removed).error());
    if (!*removed) return failed_at(item.text, "Input/output error");
    return {};
  }

 private:
  bool ignore_filled_ = false;
};

}  // namespace

std::unique_ptr<Command> make_rm() {
  return std::make_unique<Rm>();
}
std::unique_ptr<Command> make_rmdir() {
  return std::make_unique<Rmdir>();
}

}  // namespace dfs::tools
