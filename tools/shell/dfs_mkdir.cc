#include "tools/shell/commands.h"
#include "tools/shell/copy.h"

namespace dfs::tools {
namespace {

class Mkdir : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"p"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    parents_ = options->has("p");
    return {};
  }

  Outcome<> process(Item& item) override {
    if (!item.is_directory()) return failed_at(item.text, "Is not a directory");
    if (!parents_) return failed_at(item.text, "File exists");
    return {};
  }

  Outcome<> process_missing(Item& item) override {
    if (!parents_) {
      const size_t slash = item.path.rfind('/');
      const std::string parent = slash == 0 ? "/" : item.path.substr(0, slash);
      auto found = item.store->find(parent);
      if (!found) return std::unexpected(std::move(found).error());
      if (!*found)
        return failed_at((item.store->hdfs() ? item.store->uri() : "file:") + parent, "No such file or directory");
    }
    return item.store->make_directories(item.path);
  }

 private:
  bool parents_ = false;
};

class Touchz : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    return {};
  }

  Outcome<> process(Item& item) override {
    if (item.is_directory()) return failed_at(item.text, "Is a directory");
    if (item.status->length != 0) return failed_at(item.text, "Not a zero-length file");
    return touch(item);
  }

  Outcome<> process_missing(Item& item) override {
    auto there = item.parent_exists();
    if (!there) return std::unexpected(std::move(there).error());
    if (*there) return touch(item);
    return failed_at(item.text, "No such file or directory: `" + (item.store->hdfs() ? item.store->uri() : "file:") +
                                    item.path + "'");
  }

 private:
  static Outcome<> touch(const Item& item) {
    auto sink = item.store->create(item.path);
    if (!sink) return std::unexpected(std::move(sink).error());
    return (*sink)->close();
  }
};

class Mv : public CommandWithDestination {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    return take_destination(arguments);
  }

  Outcome<> process_to(Item& source, Item& target) override {
    if (source.store != target.store) return failed_at(source.text, "Does not match target filesystem");
    if (target.exists()) return failed_at(target.text, "File exists");
    auto renamed = source.store->rename(source.path, target.path);
    if (!renamed) return std::unexpected(std::move(renamed).error());
    if (!*renamed) return failed_at(source.text, "Input/output error");
    return {};
  }
};

}  // namespace

std::unique_ptr<Command> make_mkdir() {
  return std::make_unique<Mkdir>();
}
std::unique_ptr<Command> make_touchz() {
  return std::make_unique<Touchz>();
}
std::unique_ptr<Command> make_mv() {
  return std::make_unique<Mv>();
}

}  // namespace dfs::tools
