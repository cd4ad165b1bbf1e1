#include <fmt/format.h>

#include <filesystem>

#include "namenode/inspection.h"
#include "namenode/migration.h"
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
  std::string hadoop_directory;
  CLI::App* fsimage = app.add_subcommand("fsimage", "between our name folder and one of Hadoop's");
  fsimage->require_subcommand(1);
  fsimage->fallthrough();
  CLI::App* import = fsimage->add_subcommand("import", "take over the image and the edits of a stopped NameNode");
  import->add_option("DIR", hadoop_directory, "Hadoop's name folder; it stays as it is")->required();
  CLI::App* to = fsimage->add_subcommand("export", "write a folder that a stock NameNode starts from");
  to->add_option("DIR", hadoop_directory, "the folder to make")->required();
  if (auto code = tools::parse(app, count, arguments)) return *code;

  Result<Configuration> configuration = options.load();
  if (!configuration) return tools::fail_with("inspect", configuration.error());
  if (edits->parsed()) return print(namenode::list_edits(segment), 0);
  if (!name_directory.empty()) configuration->set(keys::kNameDirs.name, std::filesystem::absolute(name_directory));
  auto settings = namenode::NameNodeSettings::from(*configuration);
  if (!settings) return tools::fail_with("inspect", settings.error());
  if (fsimage->parsed()) {
    const std::string directory = std::filesystem::absolute(hadoop_directory).lexically_normal();
    return print(import->parsed() ? namenode::import_name_folder(*settings, directory)
                                  : namenode::export_name_folder(*settings, directory),
                 0);
  }
  return print(namenode::compare_with_replay(*settings), 1);
}
