#include "tools/shell/shell.h"

#include <clocale>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "proto/config/configuration.h"
#include "tools/shell/commands.h"

namespace dfs::tools {
namespace {

constexpr int kWrongUsage = 255;  // Java's -1

void print_usage(std::FILE* to) {
  std::fputs("Usage: tusk dfs [generic options]\n", to);
  for (const CommandEntry& command : all_commands())
    std::fprintf(to, "\t[-%.*s %.*s]\n", int(command.name.size()), command.name.data(), int(command.usage.size()),
                 command.usage.data());
  std::fputs(
      "\nGeneric options are:\n"
      "-conf <configuration file>          specify a configuration file\n"
      "-D <property=value>                 define a value for a given property\n"
      "-fs <hdfs://host:port|file:///>     specify the file system, overrides fs.defaultFS\n"
      "--config <folder>                   with core-site.xml and hdfs-site.xml; $HADOOP_CONF_DIR otherwise\n",
      to);
}

void print_usage_of(std::FILE* to, const CommandEntry& command) {
  std::fprintf(to, "Usage: tusk dfs [generic options] -%.*s %.*s\n", int(command.name.size()), command.name.data(),
               int(command.usage.size()), command.usage.data());
}

void print_help_of(const CommandEntry& command) {
  std::printf("-%.*s %.*s :\n", int(command.name.size()), command.name.data(), int(command.usage.size()),
              command.usage.data());
  std::string_view left = command.description;
  while (!left.empty()) {
    const size_t end = std::min(left.find('\n'), left.size());
    std::printf("  %.*s\n", int(end), left.data());
    left.remove_prefix(std::min(end + 1, left.size()));
  }
}

int help(const std::vector<std::string>& names) {
  if (names.empty()) {
    print_usage(stdout);
    for (const CommandEntry& command : all_commands()) {
      std::puts("");
      print_help_of(command);
    }
    return 0;
  }
  for (const std::string& name : names) {
    const CommandEntry* command = find_command(name.starts_with('-') ? name.substr(1) : name);
    if (!command) {
      std::fprintf(stderr, "-help: `%s': Unknown command\n", name.c_str());
      print_usage(stderr);
      return kWrongUsage;
    }
    print_help_of(*command);
  }
  return 0;
}

// What stands before the command: GenericOptionsParser's options, and ours.
Outcome<fs::ConnectOptions> generic_options(std::vector<std::string>& arguments) {
  fs::ConnectOptions options;
  std::vector<std::string> files;
  const auto property = [&](const std::string& text) -> Outcome<> {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong_usage("-D needs property=value, not '" + text + "'");
    options.properties[text.substr(0, equals)] = text.substr(equals + 1);
    return {};
  };
  while (!arguments.empty()) {
    const std::string word = arguments.front();
    if (word.starts_with("-D") && word.size() > 2) {
      if (auto done = property(word.substr(2)); !done) return std::unexpected(std::move(done).error());
      arguments.erase(arguments.begin());
      continue;
    }
    if (word != "-D" && word != "-fs" && word != "-conf" && word != "--config") break;
    if (arguments.size() < 2) return wrong_usage(word + " needs a value");
    const std::string value = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
    if (word == "-fs") options.properties["fs.defaultFS"] = value;
    if (word == "--config") options.config_dir = value;
    if (word == "-conf") files.push_back(value);
    if (word == "-D") {
      if (auto done = property(value); !done) return std::unexpected(std::move(done).error());
    }
  }
  Configuration extra;
  for (const std::string& file : files) {
    if (auto added = extra.add_file(file); !added) return failed(added.error().message());
  }
  auto values = extra.with_prefix("");
  if (!values) return failed(values.error().message());
  options.properties.merge(*values);
  return options;
}

Outcome<std::string> default_uri(const fs::ConnectOptions& options) {
  std::vector<std::string> overrides;
  for (const auto& [key, value] : options.properties) overrides.push_back(key + "=" + value);
  const char* directory = std::getenv("HADOOP_CONF_DIR");
  auto configuration = Configuration::load(
      !options.config_dir.empty() ? options.config_dir : std::string(directory ? directory : ""), overrides);
  if (!configuration) return failed(configuration.error().message());
  auto uri = configuration->get(keys::kDefaultFs);
  if (!uri) return failed(uri.error().message());
  return *std::move(uri);
}

}  // namespace

int run_dfs(int count, char** arguments) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  catch_interrupts();
  std::vector<std::string> words(arguments + 1, arguments + count);
  auto options = generic_options(words);
  if (!options) {
    std::fprintf(stderr, "dfs: %s\n", options.error().message.c_str());
    return kWrongUsage;
  }
  if (words.empty()) {
    print_usage(stderr);
    return kWrongUsage;
  }
  const std::string name = words.front();
  words.erase(words.begin());
  if (name == "-help" || name == "--help" || name == "-h") return help(words);
  if (name == "-usage") {
    print_usage(stdout);
    return 0;
  }
  const CommandEntry* command = name.starts_with('-') ? find_command(std::string_view(name).substr(1)) : nullptr;
  if (!command) {
    std::fprintf(stderr, "%s: Unknown command\n", name.c_str());
    if (find_command(name)) std::fprintf(stderr, "Did you mean -%s?  This command begins with a dash.\n", name.c_str());
    print_usage(stderr);
    return kWrongUsage;
  }
  auto uri = default_uri(*options);
  if (!uri) {
    std::fprintf(stderr, "%s: %s\n", name.c_str() + 1, uri.error().message.c_str());
    return 1;
  }
  Stores stores(*std::move(uri), *std::move(options));
  auto result = command->make()->run(stores, name.substr(1), std::move(words));
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), result.error().message.c_str());
    print_usage_of(stderr, *command);
    return kWrongUsage;
  }
  if (std::fflush(stdout) != 0 && *result == 0) {
    std::fprintf(stderr, "%s: %s\n", name.c_str() + 1, std::strerror(errno));
    return 1;
  }
  return *result;
}

}  // namespace dfs::tools
