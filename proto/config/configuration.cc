#include "proto/config/configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>

#include "proto/config/deprecated_keys.h"
#include "proto/config/values.h"
#include "proto/security/process_user.h"

namespace dfs {
namespace {

constexpr size_t kFileBytesMax = 16 << 20;
constexpr int kExpansionsMax = 20;  // Configuration.MAX_SUBST

constexpr Key kDefaults[] = {
#define DFS_KEY(constant, type, name, default_value) {name, default_value},
#include "proto/config/keys.def"
#undef DFS_KEY
};

const Key* default_of(std::string_view name) {
  for (const Key& key : kDefaults) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

Error error_at(std::string_view place, std::string_view problem) {
  return Error(ErrorCode::kConfiguration, fmt::format("{}: {}", place, problem));
}

std::string place_of(const std::string& path, std::string_view text, ptrdiff_t offset) {
  size_t end = std::min(text.size(), size_t(std::max<ptrdiff_t>(offset, 0)));
  return fmt::format("{}:{}", path, 1 + std::count(text.begin(), text.begin() + ptrdiff_t(end), '\n'));
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::optional<std::string> system_property(std::string_view name) {
  if (name == "user.name") return security::login_user();  // the same name as UserGroupInformation gives to the process
  if (name == "user.home") return environment("HOME").value_or("/");
  if (name == "java.io.tmpdir") return "/tmp";
  if (name == "user.dir") {
    char buffer[4096];
    return getcwd(buffer, sizeof buffer) != nullptr ? std::string(buffer) : ".";
  }
  return std::nullopt;
}

// "env.NAME", "env.NAME:-default" where NAME is unset or empty, "env.NAME-default" where it is unset.
std::optional<std::string> environment_variable(std::string_view expression) {
  size_t dash = expression.find('-');
  if (dash == std::string_view::npos) return environment(std::string(expression));
  bool empty_too = dash > 0 && expression[dash - 1] == ':';
  std::optional<std::string> value = environment(std::string(expression.substr(0, empty_too ? dash - 1 : dash)));
  if (value && !(empty_too && value->empty())) return value;
  return std::string(expression.substr(dash + 1));
}

struct Variable {
  size_t dollar;
  size_t end;  // behind the brace
  std::string name;
};

// The first innermost ${name}: no brace, dollar nor space within.
std::optional<Variable> find_variable(std::string_view text) {
  for (size_t from = 0;;) {
    size_t dollar = text.find("${", from);
    if (dollar == std::string_view::npos) return std::nullopt;
    size_t stop = text.find_first_of("}$ ", dollar + 2);
    if (stop == std::string_view::npos) return std::nullopt;
    if (text[stop] == '}' && stop > dollar + 2) {
      return Variable{dollar, stop + 1, std::string(text.substr(dollar + 2, stop - dollar - 2))};
    }
    from = dollar + 2;
  }
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(error_at(path, fmt::format("cannot be opened: {}", std::strerror(errno))));
  std::string text;
  char buffer[16384];
  while (in.read(buffer, sizeof buffer), in.gcount() > 0) {
    text.append(buffer, size_t(in.gcount()));
    if (text.size() > kFileBytesMax) return fail(error_at(path, "is larger than 16 MiB; is it a configuration file?"));
  }
  if (in.bad()) return fail(error_at(path, fmt::format("cannot be read: {}", std::strerror(errno))));
  return text;
}

struct Property {
  std::string name;
  std::optional<std::string> value;
  bool final = false;
};

// Either <name>, <value> and <final> elements or attributes of these names.
Property property_of(const pugi::xml_node& node) {
  Property property;
  if (auto attribute = node.attribute("name")) property.name = trimmed(attribute.value());
  if (auto attribute = node.attribute("value")) property.value = attribute.value();
  if (auto attribute = node.attribute("final")) property.final = std::string_view(attribute.value()) == "true";
  if (auto child = node.child("name")) property.name = trimmed(child.text().get());
  if (auto child = node.child("value")) property.value = child.text().get();
  if (auto child = node.child("final")) property.final = trimmed(child.text().get()) == "true";
  return property;
}

}  // namespace

Result<Configuration> Configuration::load(const std::string& directory, const std::vector<std::string>& overrides) {
  Configuration configuration;
  if (!directory.empty()) {
    struct stat status{};
    if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      return fail(error_at(directory,
                           "no such directory; --config or HADOOP_CONF_DIR must name the one that holds "
                           "core-site.xml and hdfs-site.xml"));
    }
    for (const char* name : {"core-site.xml", "hdfs-site.xml"}) {
      std::string path = fmt::format("{}/{}", directory, name);
      if (stat(path.c_str(), &status) != 0 && errno == ENOENT) continue;
      DFS_TRY_OK(configuration.add_file(path));
    }
  }
  for (const std::string& pair : overrides) {
    size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(error_at("-D " + pair, "is not of the form key=value"));
    }
    configuration.set(trimmed(pair.substr(0, equals)), pair.substr(equals + 1));
  }
  return configuration;
}

Result<void> Configuration::add_file(const std::string& path) {
  DFS_TRY(std::string text, read_file(path));
  return add_properties(path, text);
}

Result<void> Configuration::add_properties(const std::string& path, std::string_view text) {
  pugi::xml_document document;
  // parse_doctype stays off, so nothing external is ever looked at; entities other than XML's own stay literal.
  pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
  if (!parsed) {
    return fail(error_at(place_of(path, text, parsed.offset),
                         fmt::format("not well-formed XML ({}); correct the file", parsed.description())));
  }
  pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "configuration") {
    return fail(error_at(path, fmt::format("the outermost element is <{}>, not <configuration>", root.name())));
  }
  for (const pugi::xml_node& node : root.children()) {
    if (node.type() != pugi::node_element) continue;
    std::string place = place_of(path, text, node.offset_debug());
    std::string_view tag = node.name();
    if (tag != "property") {
      return fail(error_at(place, tag.ends_with(":include") || tag == "include"
                                      ? "includes are not supported; put the properties into this file"
                                      : fmt::format("<{}> where <property> is expected", tag)));
    }
    Property property = property_of(node);
    if (property.name.empty()) return fail(error_at(place, "a <property> without a <name>"));
    if (!property.value) continue;
    Value& value = values_[std::string(current_key(property.name))];
    if (value.final) continue;
    value = {std::move(*property.value), std::move(place), property.final};
  }
  return {};
}

void Configuration::set(std::string_view name, std::string value, std::string origin) {
  values_[std::string(current_key(name))] = {std::move(value), std::move(origin), true};
}

const Configuration::Value* Configuration::value_of(std::string_view name) const {
  auto found = values_.find(current_key(name));
  return found == values_.end() ? nullptr : &found->second;
}

bool Configuration::is_set(std::string_view name) const {
  return value_of(name) != nullptr;
}

Error Configuration::complaint(std::string_view name, std::string_view problem) const {
  const Value* value = value_of(name);
  return error_at(value == nullptr ? "default" : value->origin, fmt::format("{}: {}", name, problem));
}
Error Configuration::complaint(const Key& key, std::string_view problem) const {
  return complaint(key.name, problem);
}

std::optional<std::string> Configuration::variable(std::string_view name) const {
  if (name.starts_with("env.") && name.size() > 4) {
    if (auto value = environment_variable(name.substr(4))) return value;
  }
  if (auto property = system_property(name)) return property;
  if (const Value* value = value_of(name)) return value->text;
  if (const Key* key = default_of(current_key(name))) return std::string(key->default_value);
  return std::nullopt;
}

Result<std::string> Configuration::expand(std::string_view name, const std::string& text) const {
  std::string expanded = text;
  for (int i = 0; i < kExpansionsMax; ++i) {
    std::optional<Variable> found = find_variable(expanded);
    if (!found) return expanded;
    std::optional<std::string> value = variable(found->name);
    // As Configuration.substituteVars: what is not defined stays as it is, and a value that names itself ends all.
    if (!value) return expanded;
    if (value->find("${" + found->name + "}") != std::string::npos) return text;
    expanded.replace(found->dollar, found->end - found->dollar, *value);
  }
  return fail(complaint(name, fmt::format("more than {} variables within one another in \"{}\"; is there a circle?",
                                          kExpansionsMax, text)));
}

Result<std::string> Configuration::text_of(const Key& key) const {
  const Value* value = value_of(key.name);
  DFS_TRY(std::string text, expand(key.name, value == nullptr ? std::string(key.default_value) : value->text));
  return std::string(trimmed(text));
}

Result<std::optional<std::string>> Configuration::find(std::string_view name) const {
  const Value* value = value_of(name);
  if (value == nullptr) return std::nullopt;
  DFS_TRY(std::string text, expand(name, value->text));
  return std::string(trimmed(text));
}

Result<std::map<std::string, std::string>> Configuration::with_prefix(std::string_view prefix) const {
  std::map<std::string, std::string> found;
  for (auto position = values_.lower_bound(prefix); position != values_.end() && position->first.starts_with(prefix);
       ++position) {
    DFS_TRY(std::string text, expand(position->first, position->second.text));
    found.emplace(position->first, trimmed(text));
  }
  return found;
}

std::vector<Configuration::Setting> Configuration::settings() const {
  std::map<std::string, Value> all;
  for (const Key& key : kDefaults) all[std::string(key.name)] = {std::string(key.default_value), "", false};
  for (const auto& [name, value] : values_) all[name] = value;
  std::vector<Setting> listed;
  for (auto& [name, value] : all) {
    Setting setting{.name = name, .text = value.text, .expanded = expand(name, value.text).value_or(value.text)};
    const size_t line = value.origin.rfind(':');
    if (value.origin.empty()) {
      setting.resource = kDefaultResource;
    } else if (line == std::string::npos) {
      setting.resource = "programmatically";
    } else {
      setting.final = value.final;
      setting.resource = value.origin.substr(0, line);
      setting.resource.erase(0, setting.resource.rfind('/') + 1);
    }
    listed.push_back(std::move(setting));
  }
  return listed;
}

Result<std::string> Configuration::get(StringKey key) const {
  return text_of(key);
}

Result<std::vector<std::string>> Configuration::get(ListKey key) const {
  DFS_TRY(std::string text, text_of(key));
  std::vector<std::string> parts;
  for (size_t from = 0; from <= text.size();) {
    size_t end = std::min(text.find_first_of(",\n", from), text.size());
    std::string_view part = trimmed(std::string_view(text).substr(from, end - from));
    if (!part.empty()) parts.emplace_back(part);
    from = end + 1;
  }
  return parts;
}

Result<int64_t> Configuration::get(IntKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_int(text)) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is not a number; write a whole number", text)));
}

Result<double> Configuration::get(DoubleKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_double(text)) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is not a number; write one such as 0.999", text)));
}

Result<bool> Configuration::get(BoolKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_bool(text)) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is neither true nor false; write one of them", text)));
}

Result<uint64_t> Configuration::get(SizeKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_size(text)) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is not a size; write bytes, or a number with k, m, g, t, p or e as "
                                         "in 64m",
                                         text)));
}

Result<std::chrono::milliseconds> Configuration::get(MillisecondsKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_duration(text, std::chrono::milliseconds(1))) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is not a duration; write milliseconds, or a number with a unit (ns, "
                                         "us, ms, s, m, h, d) as in 30s",
                                         text)));
}

Result<std::chrono::milliseconds> Configuration::get(SecondsKey key) const {
  DFS_TRY(std::string text, text_of(key));
  if (auto value = parse_duration(text, std::chrono::seconds(1))) return *value;
  return fail(complaint(key, fmt::format("\"{}\" is not a duration; write seconds, or a number with a unit (ns, us, "
                                         "ms, s, m, h, d) as in 500ms",
                                         text)));
}

Result<int64_t> Configuration::get_between(IntKey key, int64_t min, int64_t max) const {
  DFS_TRY(int64_t value, get(key));
  if (value >= min && value <= max) return value;
  return fail(complaint(key, fmt::format("{} is not between {} and {}", value, min, max)));
}

Result<uint64_t> Configuration::get_between(SizeKey key, uint64_t min, uint64_t max) const {
  DFS_TRY(uint64_t value, get(key));
  if (value >= min && value <= max) return value;
  return fail(complaint(key, fmt::format("{} is not between {} and {} bytes", value, min, max)));
}

}  // namespace dfs
