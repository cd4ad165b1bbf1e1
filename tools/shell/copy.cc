#include "tools/shell/copy.h"

namespace dfs::tools {

Outcome<> copy_bytes(Source& from, Sink& to) {
  constexpr size_t kBufferBytes = 1 << 20;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  while (true) {
    if (interrupted()) return failed("Interrupted");
    auto count = from.read(buffer.get(), kBufferBytes);
    if (!count) return std::unexpected(std::move(count).error());
    if (*count == 0) return {};
    if (auto done = to.write(buffer.get(), *count); !done) return done;
  }
}

Outcome<> CommandWithDestination::take_destination(std::vector<std::string>& arguments) {
  std::string text = ".";
  if (arguments.size() >= 2) {
    text = std::move(arguments.back());
    arguments.pop_back();
  }
  auto items = expand(stores(), text);
  if (!items) return std::unexpected(std::move(items).error());
  if (items->empty()) return failed_at(text, "No such file or directory");
  if (items->size() > 1) return failed_at(text, "Too many matches");
  destination_ = std::move(items->front());
  // A trailing slash says that a folder is meant.
  if (!destination_.exists()) destination_.text = text;
  return {};
}

Outcome<> CommandWithDestination::take_local_destination(std::vector<std::string>& arguments) {
  std::string text = ".";
  if (arguments.size() >= 2) {
    text = std::move(arguments.back());
    arguments.pop_back();
  }
  auto item = Item::make_local(stores(), text);
  if (!item) return std::unexpected(std::move(item).error());
  destination_ = *std::move(item);
  return {};
}

Outcome<> CommandWithDestination::process_arguments(std::vector<Item> items) {
  if (items.size() > 1) {
    if (!destination_.exists()) return failed_at(destination_.text, "No such file or directory");
    if (!destination_.is_directory()) return failed_at(destination_.text, "Is not a directory");
  } else if (destination_.exists()) {
    if (!destination_.is_directory() && !overwrite_) return failed_at(destination_.text, "File exists");
  } else {
    auto there = destination_.parent_exists();
    if (!there) return std::unexpected(std::move(there).error());
    if (!*there) {
      const std::string full = (destination_.store->hdfs() ? destination_.store->uri() : "file://") + destination_.path;
      return failed_at(destination_.text, "No such file or directory: `" + full + "'");
    }
  }
  return Command::process_arguments(std::move(items));
}

Outcome<Item> CommandWithDestination::target_of(const Item& source) const {
  if (depth() > 0 || destination_.is_directory()) return destination_.found_child(source.name());
  if (destination_.looks_like_directory()) return failed_at(destination_.text, "No such file or directory");
  return destination_;
}

Outcome<> CommandWithDestination::process_argument(Item& source) {
  if (source.is_directory() && source.store == destination_.store) {
    auto target = target_of(source);
    if (!target) return std::unexpected(std::move(target).error());
    if (target->path == source.path) return failed("`" + source.text + "' to `" + target->text + "': are identical");
    if (target->path.starts_with(source.path == "/" ? "/" : source.path + "/"))
      return failed("`" + source.text + "' to `" + target->text + "': is a subdirectory of itself");
  }
  return Command::process_argument(source);
}

Outcome<> CommandWithDestination::process(Item& source) {
  auto target = target_of(source);
  if (!target) return std::unexpected(std::move(target).error());
  return process_to(source, *target);
}

Outcome<> CommandWithDestination::process_to(Item& source, Item& target) {
  if (source.is_directory()) {
    if (!recursive_) return failed_at(source.text, "Is a directory");
    return {};
  }
  auto from = source.store->open(source.path);
  if (!from) return std::unexpected(std::move(from).error());
  if (auto done = copy_to(**from, target); !done) return done;
  return preserve_attributes(source, target);
}

Outcome<> CommandWithDestination::recurse(Item& source) {
  Item saved = destination_;
  auto target = target_of(source);
  if (!target) return std::unexpected(std::move(target).error());
  destination_ = *std::move(target);
  Outcome<> done;
  if (destination_.exists()) {
    if (!destination_.is_directory()) done = failed_at(destination_.text, "Is not a directory");
  } else {
    done = destination_.store->make_directories(destination_.path);
    if (done) done = destination_.refresh();
  }
  if (done) done = Command::recurse(source);
  if (done) done = preserve_attributes(source, destination_);
  destination_ = std::move(saved);
  return done;
}

Outcome<> CommandWithDestination::copy_to(Source& source, Item& target) {
  if (target.exists() && (target.is_directory() || !overwrite_)) return failed_at(target.text, "File exists");
  Store& store = *target.store;
  const std::string path = direct_ ? target.path : target.path + "._COPYING_";
  auto sink = store.create(path);
  if (!sink) return std::unexpected(std::move(sink).error());
  Outcome<> done = copy_bytes(source, **sink);
  if (done) done = (*sink)->close();
  sink->reset();
  if (done && !direct_) {
    if (target.exists()) {
      auto removed = store.remove(target.path, false);
      if (!removed) done = std::unexpected(std::move(removed).error());
    }
    if (done) {
      auto renamed = store.rename(path, target.path);
      if (!renamed)
        done = std::unexpected(std::move(renamed).error());
      else if (!*renamed)
        done = failed("rename `" + target.text + "._COPYING_' to `" + target.text + "': Input/output error");
    }
  }
  if (!done) (void)store.remove(path, false);
  return done;
}

Outcome<> CommandWithDestination::preserve_attributes(const Item& source, const Item& target) {
  if (!preserve_) return {};
  const fs::FileStatus& status = *source.status;
  if (auto done = target.store->set_times(target.path, status.modification_time, status.access_time); !done)
    return done;
  if (auto done = target.store->set_owner(target.path, status.owner, status.group); !done) return done;
  return target.store->set_permission(target.path, status.permission);
}

}  // namespace dfs::tools
