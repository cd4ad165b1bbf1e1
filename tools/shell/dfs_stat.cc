#include <cstdio>

#include "tools/shell/commands.h"
#include "tools/shell/text.h"

namespace dfs::tools {
namespace {

class Stat : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"R"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    recursive_ = options->has("R");
    if (arguments.front().find('%') != std::string::npos) {
      format_ = arguments.front();
      arguments.erase(arguments.begin());
    }
    options = Options::parse(arguments, {.flags = {"R"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    return {};
  }

  Outcome<> process(Item& item) override {
    std::string line;
    for (size_t i = 0; i < format_.size(); ++i) {
      if (format_[i] != '%') {
        line += format_[i];
      } else if (++i < format_.size()) {
        line += field(format_[i], item);
      }
    }
    std::printf("%s\n", line.c_str());
    return {};
  }

 private:
  static std::string field(char letter, const Item& item) {
    const fs::FileStatus& status = *item.status;
    constexpr const char* kDate = "%Y-%m-%d %H:%M:%S";
    switch (letter) {
      case 'a': {
        char octal[8];
        std::snprintf(octal, sizeof octal, "%o", unsigned(status.permission));
        return octal;
      }
      case 'A':
        return permission_text(status.permission);
      case 'b':
        return std::to_string(status.length);
      case 'F':
        return status.is_directory() ? "directory" : status.is_file() ? "regular file" : "symlink";
      case 'g':
        return status.group;
      case 'n':
        return item.name();
      case 'o':
        return std::to_string(status.block_size);
      case 'r':
        return std::to_string(status.replication);
      case 'u':
        return status.owner;
      case 'x':
        return time_text(status.access_time, kDate, true);
      case 'X':
        return std::to_string(status.access_time.time_since_epoch().count());
      case 'y':
        return time_text(status.modification_time, kDate, true);
      case 'Y':
        return std::to_string(status.modification_time.time_since_epoch().count());
      default:
        return std::string(1, letter);
    }
  }

  std::string format_ = "%y";
};

class Test : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(
        arguments, {.flags = {"e", "d", "f", "s", "z", "w", "r"}, .arguments_min = 1, .arguments_max = 1});
    if (!options) return std::unexpected(std::move(options).error());
    if (options->given().empty()) return wrong_usage("No test flag given");
    if (options->given().size() > 1) return wrong_usage("Only one test flag is allowed");
    flag_ = options->given().begin()->front();
    return {};
  }

  Outcome<> process_missing(Item&) override {
    set_exit_code(1);
    return {};
  }

  Outcome<> process(Item& item) override {
    const fs::FileStatus& status = *item.status;
    bool holds = true;
    if (flag_ == 'd') holds = status.is_directory();
    if (flag_ == 'f') holds = status.is_file();
    if (flag_ == 's') holds = status.length > 0;
    if (flag_ == 'z') holds = status.length == 0;
    if (flag_ == 'w' || flag_ == 'r') {
      fs::FileSystem* hdfs = item.store->hdfs();
      if (!hdfs) return failed_at(item.text, "-r and -w are not supported on the local file system");
      auto granted = hdfs->access(item.path, flag_ == 'w' ? 2 : 4);
      if (!granted) return failed(granted.error().message());
      holds = *granted;
    }
    if (!holds) set_exit_code(1);
    return {};
  }

 private:
  char flag_ = 'e';
};

class Setrep : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"R", "w"}, .arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    wait_ = options->has("w");
    recursive_ = true;
    const std::string& text = arguments.front();
    if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos ||
        std::stoi(text) > 32767)
      return wrong_usage("Illegal replication, a positive integer expected");
    replication_ = uint16_t(std::stoi(text));
    if (replication_ < 1) return wrong_usage("replication must be >= 1");
    arguments.erase(arguments.begin());
    return {};
  }

  Outcome<> process(Item& item) override {
    if (!item.status->is_file()) return {};
    if (item.status->erasure_coded) {
      std::printf("Did not set replication for: %s, because it's an erasure coded file.\n", item.text.c_str());
      return {};
    }
    fs::FileSystem* hdfs = item.store->hdfs();
    if (!hdfs) return failed_at(item.text, "the local file system has no replicas");
    auto set = hdfs->set_replication(item.path, replication_);
    if (!set) return failed(set.error().message());
    if (!*set) return failed("Could not set replication for: " + item.text);
    std::printf("Replication %d set: %s\n", int(replication_), item.text.c_str());
    if (wait_) waiting_.push_back(item);
    return {};
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    Outcome<> done = Command::process_arguments(std::move(items));
    for (const Item& item : waiting_) {
      if (!done) break;
      done = wait_for(item);
    }
    return done;
  }

 private:
  Outcome<> wait_for(const Item& item) {
    std::printf("Waiting for %s ...", item.text.c_str());
    bool warned = false;
    while (true) {
      std::fflush(stdout);
      auto blocks = item.store->hdfs()->block_locations(item.path, 0, UINT64_MAX >> 1);
      if (!blocks) return failed(blocks.error().message());
      bool reached = true;
      for (const fs::BlockLocation& block : *blocks) {
        if (block.hosts.size() == replication_) continue;
        reached = false;
        if (block.hosts.size() > replication_ && !warned) {
          std::printf("\nWARNING: the waiting time may be long for DECREASING the number of replications.\n");
          warned = true;
        }
      }
      if (reached) break;
      std::printf(".");
      std::fflush(stdout);
      // A signal ends the pause.
      const timespec pause{1, 0};
      nanosleep(&pause, nullptr);
      if (interrupted()) return failed("Interrupted");
    }
    std::printf(" done\n");
    return {};
  }

  uint16_t replication_ = 1;
  bool wait_ = false;
  std::vector<Item> waiting_;
};

}  // namespace

std::unique_ptr<Command> make_stat() {
  return std::make_unique<Stat>();
}
std::unique_ptr<Command> make_test() {
  return std::make_unique<Test>();
}
std::unique_ptr<Command> make_setrep() {
  return std::make_unique<Setrep>();
}

}  // namespace dfs::tools
