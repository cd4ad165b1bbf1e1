#include "tools/shell/commands.h"
#include "tools/shell/copy.h"

namespace dfs::tools {
namespace {

class Get : public CommandWithDestination {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(
        arguments, {.flags = {"crc", "ignoreCrc", "p", "f"}, .with_value = {"t", "q"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    if (options->has("crc")) return failed("-crc: files of checksums beside the copies are not supported");
    overwrite_ = options->has("f");
    preserve_ = options->has("p");
    recursive_ = true;
    return take_local_destination(arguments);
  }
};

class Cp : public CommandWithDestination {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    for (auto word = arguments.begin(); word != arguments.end() && *word != "--"; ++word) {
      if (!word->starts_with("-p")) continue;
      preserve_ = true;
      arguments.erase(word);
      break;
    }
    auto options = Options::parse(arguments, {.flags = {"f", "d"}, .with_value = {"t", "q"}, .arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    overwrite_ = options->has("f");
    direct_ = options->has("d");
    recursive_ = true;
    return take_destination(arguments);
  }
};

// Collects the files first, so that a bad path shows before anything is written.
class GetMerge : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"nl", "skip-empty-file"}, .arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    options_ = *std::move(options);
    auto destination = Item::make_local(stores(), arguments.back());
    if (!destination) return std::unexpected(std::move(destination).error());
    arguments.pop_back();
    destination_ = *std::move(destination);
    if (destination_.is_directory()) return failed_at(destination_.text, "Is a directory");
    return {};
  }

  Outcome<> process_missing(Item& item) override {
    missing_ = true;
    return Command::process_missing(item);
  }

  Outcome<> process(Item& item) override {
    if (!item.is_directory())
      files_.push_back(item);
    else if (depth() == 0)
      return recurse(item);
    return {};
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    if (auto done = Command::process_arguments(std::move(items)); !done || missing_) return done;
    auto sink = destination_.store->create(destination_.path);
    if (!sink) return std::unexpected(std::move(sink).error());
    for (const Item& file : files_) {
      if (file.status->length > 0) {
        auto source = file.store->open(file.path);
        if (!source) return std::unexpected(std::move(source).error());
        if (auto done = copy_bytes(**source, **sink); !done) return done;
      } else if (options_.has("skip-empty-file")) {
        continue;
      }
      if (!options_.has("nl")) continue;
      if (auto done = (*sink)->write("\n", 1); !done) return done;
    }
    return (*sink)->close();
  }

 private:
  Options options_;
  Item destination_;
  std::vector<Item> files_;
  bool missing_ = false;
};

}  // namespace

std::unique_ptr<Command> make_get() {
  return std::make_unique<Get>();
}
std::unique_ptr<Command> make_cp() {
  return std::make_unique<Cp>();
}
std::unique_ptr<Command> make_getmerge() {
  return std::make_unique<GetMerge>();
}

}  // namespace dfs::tools
