#include "tools/shell/commands.h"
#include "tools/shell/mode.h"

namespace dfs::tools {
namespace {

class Chmod : public Command {
 protected:
  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"R"}, .arguments_min = 2, .leave_unknown = true});
    if (!options) return std::unexpected(std::move(options).error());
    recursive_ = options->has("R");
    change_ = ModeChange::parse(arguments.front());
    if (!change_) return wrong_usage("chmod : mode '" + arguments.front() + "' does not match the expected pattern.");
    arguments.erase(arguments.begin());
    return {};
  }

  Outcome<> process(Item& item) override {
    const uint16_t permission = change_->apply(item.status->permission, item.is_directory());
    if (permission == item.status->permission) return {};
    auto done = item.store->set_permission(item.path, permission);
    if (!done) return failed("changing permissions of '" + item.text + "': " + done.error().message);
    return {};
  }

 private:
  std::optional<ModeChange> change_;
};

bool is_name(const std::string& text) {
  for (const char c : text)
    if (!std::isalnum(uint8_t(c)) && std::string_view("-+_./@").find(c) == std::string_view::npos) return false;
  return true;
}

class Chown : public Command {
 protected:
  virtual Outcome<> parse_names(const std::string& text) {
    const size_t colon = text.find(':');
    owner_ = text.substr(0, colon);
    group_ = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (!is_name(owner_) || !is_name(group_))
      return wrong_usage("'" + text + "' does not match expected pattern for [owner][:group].");
    if (owner_.empty() && group_.empty()) return wrong_usage("'" + text + "' does not specify owner or group.");
    return {};
  }

  Outcome<> parse(std::vector<std::string>& arguments) override {
    auto options = Options::parse(arguments, {.flags = {"R"}, .arguments_min = 2});
    if (!options) return std::unexpected(std::move(options).error());
    recursive_ = options->has("R");
    const std::string names = arguments.front();
    arguments.erase(arguments.begin());
    return parse_names(names);
  }

  Outcome<> process(Item& item) override {
    const std::string owner = owner_ == item.status->owner ? "" : owner_;
    const std::string group = group_ == item.status->group ? "" : group_;
    if (owner.empty() && group.empty()) return {};
    auto done = item.store->set_owner(item.path, owner, group);
    if (!done) return failed("changing ownership of '" + item.text + "': " + done.error().message);
    return {};
  }

  std::string owner_;
  std::string group_;
};

class Chgrp : public Chown {
 protected:
  Outcome<> parse_names(const std::string& text) override {
    group_ = text;
    if (text.empty() || !is_name(text)) return wrong_usage("'" + text + "' does not match expected pattern for group");
    return {};
  }
};

}  // namespace

std::unique_ptr<Command> make_chmod() {
  return std::make_unique<Chmod>();
}
std::unique_ptr<Command> make_chown() {
  return std::make_unique<Chown>();
}
std::unique_ptr<Command> make_chgrp() {
  return std::make_unique<Chgrp>();
}

}  // namespace dfs::tools
