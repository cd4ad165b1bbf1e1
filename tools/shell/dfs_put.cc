#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/shell/commands.h"
#include "tools/shell/copy.h"

namespace dfs::tools {
namespace {

class StandardInput : public Source {
 public:
  Outcome<size_t> read(void* to, size_t length) override {
    while (true) {
      const ssize_t count = ::read(STDIN_FILENO, to, length);
      if (count >= 0) return size_t(count);
      if (errno != EINTR) return failed(std::string("standard input: ") + std::strerror(errno));
      if (interrupted()) return failed("Interrupted");
    }
  }
  Outcome<> seek(uint64_t) override { return failed("standard input cannot be sought"); }
};

class Put : public CommandWithDestination {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options =
        Options::parse(arguments, {.flags = {"f", "p", "l", "d"}, .with_value = {"t", "q"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    overwrite_ = options->has("f");
    preserve_ = options->has("p");
    direct_ = options->has("d");
    recursive_ = true;
    return take_destination(arguments);
  }

  // Local paths are taken as they are; the shell has expanded them already.
  Outcome<std::vector<Item>> expand_argument(const std::string& argument) override {
    if (argument == "-") return std::vector<Item>{Item{"-", nullptr, "-", std::nullopt}};
    auto item = Item::make_local(stores(), argument);
    if (!item) return std::unexpected(std::move(item).error());
    return std::vector<Item>{*std::move(item)};
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    if (items.size() == 1 && items.front().text == "-") {
      auto target = target_of(items.front());
      if (!target) return std::unexpected(std::move(target).error());
      StandardInput input;
      return copy_to(input, *target);
    }
    return CommandWithDestination::process_arguments(std::move(items));
  }
};

class AppendToFile : public Put {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    if (arguments.size() < 2) return failed("missing destination argument");
    auto options = Options::parse(arguments, {.flags = {"n"}, .arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    new_block_ = options->has("n");
    return take_destination(arguments);
  }

  Outcome<> process_arguments(std::vector<Item> items) override {
    if (items.size() > 1 && std::ranges::any_of(items, [](const Item& item) { return item.text == "-"; }))
      return failed("stdin (-) must be the sole input argument when present");
    fs::FileSystem* hdfs = destination_.store->hdfs();
    if (!hdfs) return failed_at(destination_.text, "Append is not supported on the local file system");
    for (const Item& item : items)
      if (item.text != "-" && !item.exists()) return failed_at(item.text, "No such file or directory");
    if (!destination_.exists()) {
      auto sink = destination_.store->create(destination_.path);
      if (!sink) return std::unexpected(std::move(sink).error());
      if (auto done = (*sink)->close(); !done) return done;
    }
    auto file = hdfs->append(destination_.path, {.new_block = new_block_});
    if (!file) return failed(file.error().message());
    AppendSink sink(*std::move(file));
    Outcome<> done;
    for (const Item& item : items) {
      if (!done) break;
      if (item.text == "-") {
        StandardInput input;
        done = copy_bytes(input, sink);
        continue;
      }
      auto source = item.store->open(item.path);
      done = source ? copy_bytes(**source, sink) : std::unexpected(std::move(source).error());
    }
    // What was appended so far stays; the file must not stay open either way.
    Outcome<> closed = sink.close();
    return done ? closed : done;
  }

 private:
  class AppendSink : public Sink {
   public:
    explicit AppendSink(fs::OutputFile file) : file_(std::move(file)) {}
    Outcome<> write(const void* from, size_t length) override { return outcome(file_.write(from, length)); }
    Outcome<> close() override { return outcome(file_.close()); }

   private:
    fs::OutputFile file_;
  };

  bool new_block_ = false;
};

}  // namespace

std::unique_ptr<Command> make_put() {
  return std::make_unique<Put>();
}
std::unique_ptr<Command> make_append_to_file() {
  return std::make_unique<AppendToFile>();
}

}  // namespace dfs::tools
