#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "tools/shell/commands.h"
#include "tools/shell/copy.h"

namespace dfs::tools {
namespace {

class StandardOutput : public Sink {
 public:
  explicit StandardOutput(uint64_t bytes_max = UINT64_MAX) : left_(bytes_max) {}
  Outcome<> write(const void* from, size_t length) override {
    const char* next = static_cast<const char*>(from);
    length = size_t(std::min<uint64_t>(length, left_));
    while (length > 0) {
      const ssize_t count = ::write(STDOUT_FILENO, next, length);
      if (count < 0 && errno == EINTR && !interrupted()) continue;
      if (count < 0) return failed(std::string("Unable to write to output stream: ") + std::strerror(errno));
      next += count;
      length -= size_t(count);
      left_ -= uint64_t(count);
    }
    return {};
  }
  Outcome<> close() override { return {}; }

 private:
  uint64_t left_;
};

class Cat : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"ignoreCrc"}, .arguments_min = 1});
    if (!options) return std::unexpected(std::move(options).error());
    return {};
  }

  Outcome<> process(Item& item) override {
    if (item.is_directory()) return failed_at(item.text, "Is a directory");
    auto source = item.store->open(item.path);
    if (!source) return std::unexpected(std::move(source).error());
    StandardOutput output;
    return copy_bytes(**source, output);
  }
};

class OneFile : public Command {
 protected:
  Outcome<std::vector<Item>> expand_argument(const std::string& argument) override {
    auto item = Item::make(stores(), argument);
    if (!item) return std::unexpected(std::move(item).error());
    return std::vector<Item>{*std::move(item)};
  }
};

class Head : public OneFile {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.arguments_min = 1, .arguments_max = 1});
    if (!options) return std::unexpected(std::move(options).error());
    return {};
  }

  Outcome<> process(Item& item) override {
    if (item.is_directory()) return failed_at(item.text, "Is a directory");
    auto source = item.store->open(item.path);
    if (!source) return std::unexpected(std::move(source).error());
    char bytes[1024];
    StandardOutput output(sizeof bytes);
    for (uint64_t left = std::min<uint64_t>(item.status->length, sizeof bytes); left > 0;) {
      auto count = (*source)->read(bytes, left);
      if (!count) return std::unexpected(std::move(count).error());
      if (*count == 0) break;
      if (auto done = output.write(bytes, *count); !done) return done;
      left -= *count;
    }
    return {};
  }
};

class Tail : public OneFile {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options =
        Options::parse(arguments, {.flags = {"f"}, .with_value = {"s"}, .arguments_min = 1, .arguments_max = 1});
    if (!options) return std::unexpected(std::move(options).error());
    follow_ = options->has("f");
    const long millis = std::strtol(options->value("s").c_str(), nullptr, 10);
    if (millis > 0) pause_millis_ = millis;
    return {};
  }

  Outcome<> process(Item& item) override {
    if (item.is_directory()) return failed_at(item.text, "Is a directory");
    constexpr uint64_t kTailBytes = 1024;
    if (auto done = item.refresh(); !done) return done;
    uint64_t offset = item.exists() && item.status->length > kTailBytes ? item.status->length - kTailBytes : 0;
    while (true) {
      auto next = print_from(item, offset);
      if (!next) return std::unexpected(std::move(next).error());
      offset = *next;
      if (!follow_) return {};
      // A signal ends the pause.
      const timespec pause{pause_millis_ / 1000, (pause_millis_ % 1000) * 1'000'000};
      nanosleep(&pause, nullptr);
      if (interrupted()) return {};
    }
  }

 private:
  static Outcome<uint64_t> print_from(const Item& item, uint64_t offset) {
    auto source = item.store->open(item.path);
    if (!source) return std::unexpected(std::move(source).error());
    // Beyond the end: the file was cut; go on when it has grown again.
    if (auto sought = (*source)->seek(offset); !sought) return offset;
    StandardOutput output;
    char bytes[8192];
    while (true) {
      auto count = (*source)->read(bytes, sizeof bytes);
      if (!count) return std::unexpected(std::move(count).error());
      if (*count == 0) return offset;
      if (auto done = output.write(bytes, *count); !done) return std::unexpected(std::move(done).error());
      offset += *count;
    }
  }

  bool follow_ = false;
  long pause_millis_ = 5000;
};

}  // namespace

std::unique_ptr<Command> make_cat() {
  return std::make_unique<Cat>();
}
std::unique_ptr<Command> make_head() {
  return std::make_unique<Head>();
}
std::unique_ptr<Command> make_tail() {
  return std::make_unique<Tail>();
}

}  // namespace dfs::tools
