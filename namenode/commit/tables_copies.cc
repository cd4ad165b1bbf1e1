#include "namenode/commit/tables_copies.h"

#include <algorithm>

namespace dfs::namenode {
namespace {

std::string parent_of(const std::string& directory) {
  return directory.substr(0, directory.rfind('/'));
}

Result<void> remove_if_there(Disk& disk, const std::string& directory) {
  DFS_TRY(bool there, disk.exists(directory));
  if (!there) return {};
  return disk.remove_tree(directory);
}

}  // namespace

TablesCopies::TablesCopies(Disk& disk, const std::vector<std::string>& directories, const std::string& current)
    : disk_(&disk) {
  std::ranges::copy_if(directories, std::back_inserter(directories_),
                       [&](const std::string& directory) { return directory != current; });
}

Result<void> TablesCopies::renew(Tables& tables) {
  Result<void> outcome;
  for (const std::string& directory : directories_) {
    Result<void> renewed = renew(tables, directory);
    if (!renewed && outcome) outcome = std::move(renewed);
  }
  return outcome;
}

// A directory cannot be renamed over one that is not empty: the former steps aside, and finish_replacing() takes it
// back where nothing has come in its place.
Result<void> TablesCopies::renew(Tables& tables, const std::string& directory) {
  const std::string made = directory + ".new", former = directory + ".former", parent = parent_of(directory);
  DFS_TRY_OK(finish_replacing(*disk_, directory));
  DFS_TRY_OK(disk_->make_directories(parent, 0700));
  DFS_TRY_OK(remove_if_there(*disk_, made));
  DFS_TRY_OK(remove_if_there(*disk_, former));
  DFS_TRY_OK(tables.copy_to(made));
  DFS_TRY(bool replaces, disk_->exists(directory));
  if (replaces) DFS_TRY_OK(disk_->rename(directory, former));
  DFS_TRY_OK(disk_->rename(made, directory));
  DFS_TRY_OK(disk_->sync_directory(parent));
  return remove_if_there(*disk_, former);
}

Result<void> finish_replacing(Disk& disk, const std::string& directory) {
  DFS_TRY(bool there, disk.exists(directory));
  if (there) return {};
  DFS_TRY(bool stepped_aside, disk.exists(directory + ".former"));
  if (!stepped_aside) return {};
  DFS_TRY_OK(disk.rename(directory + ".former", directory));
  return disk.sync_directory(parent_of(directory));
}

}  // namespace dfs::namenode
