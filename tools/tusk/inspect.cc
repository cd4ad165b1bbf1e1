#include <fmt/format.h>

#include <filesystem>

#include "namenode/inspection.h"
#include "proto/config/keys.h"
#include "tools/tusk/daemon.h"
#include "tools/tusk/main.h"

namespace {

int print(dfs::Result<std::vector<std::string>> lines, int code_if_any) {
  if (!lines) return dfs::tools::fail_with("inspect", lines.error());
  for (const std::string& line : *lines) fmt::print("{}\n", line);
  return lines->empty() ? 0 : code_if_any;
}

}  // namespace

int run_inspect(int count, char** arguments) {
  using namespace dfs;
  CLI::App app("Looks into the folders of a stopped NameNode.", "tusk inspect");
  tools::DaemonOptions options;
  options.log_level = "warn";
  options.add_to(app);
  app.require_subcommand(1);
  app.fallthrough();
  std::string segment;
  CLI::App* edits = app.add_subcommand("edits", "list the edits of one segment file");
  edits->add_option("FILE", segment)->required();
  std::string name_directory;
  CLI::App* compare =
      app.add_subcommand("compare", "compare the tables with a replay of the whole edit log; 1 where they differ");
  compare->add_option("DIR", name_directory, "the name folder (dfs.namenode.name.dir)");
  if (auto code = tools::parse(app, count, arguments)) return *code;

  Result<Configuration> configuration = options.load();
  if (!configuration) return tools::fail_with("inspect", configuration.error());
  if (edits->parsed()) return print(namenode::list_edits(segment), 0);
  if (!name_directory.empty()) configuration->set(keys::kNameDirs.name, std::filesystem::absolute(name_directory));
  auto settings = namenode::NameNodeSettings::from(*configuration);
  if (!settings) return tools::fail_with("inspect", settings.error());
  return print(namenode::compare_with_replay(*settings), 1);
}
