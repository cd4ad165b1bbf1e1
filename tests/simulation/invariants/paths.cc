#include "tests/simulation/invariants/paths.h"

#include <deque>
#include <map>

namespace dfs::simulation {

void check_paths(Cluster& cluster, History& history) {
  enum class Kind { kFile, kDirectory, kPerhapsDirectory };
  std::map<std::string, Kind> model;
  for (const std::string& path : history.maybe_directories) model[path] = Kind::kPerhapsDirectory;
  for (const std::string& path : history.directories) model[path] = Kind::kDirectory;
  for (const auto& file : history.files) {
    if (!file->gone && !file->maybe_gone) model[file->path] = Kind::kFile;
  }

  fs::FileSystem files = cluster.connect();
  std::deque<std::string> to_list{"/"};
  while (!to_list.empty()) {
    auto entries = files.list_all(to_list.front());
    if (!entries) give_up("list " + to_list.front() + ": " + entries.error().message());
    to_list.pop_front();
    for (const fs::FileStatus& entry : *entries) {
      if (entry.is_directory()) to_list.push_back(entry.path);
      auto expected = model.find(entry.path);
      if (expected == model.end()) {
        history.problem(entry.path + " is there, and nobody made it");
        continue;
      }
      if (entry.is_directory() != (expected->second != Kind::kFile)) {
        history.problem(entry.path + " is " + (entry.is_directory() ? "a directory" : "a file"));
      }
      model.erase(expected);
    }
  }
  for (const auto& [path, kind] : model) {
    if (kind != Kind::kPerhapsDirectory) history.problem(path + " is not there");
  }
}

}  // namespace dfs::simulation
