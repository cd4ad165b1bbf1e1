#include "namenode/storage_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "namenode/commit/tables_copies.h"
#include "namenode/image/image_folder.h"
#include "namenode/namespace/format.h"
#include "namenode/namespace/quota.h"
#include "namenode/store/rows.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

constexpr std::string_view kClusterKey = "cluster";

// Whether the log has all that came after the tables.
Result<bool> log_reaches_back_to(const Tables& tables, const Journal& journal) {
  if (tables.last_applied() >= journal.last()) return true;
  return journal.holds(next(tables.last_applied()));
}

Result<bool> is_empty(const Tables& tables) {
  DFS_TRY(auto root, find_entry(tables, kNoInode, ""));
  return !root.has_value();
}

}  // namespace

JournalSettings journal_settings(const NameNodeSettings& settings) {
  JournalSettings journal;
  journal.directories = settings.edits_directories;
  journal.directories_minimum = settings.edits_directories_minimum;
  journal.extra_edits_retained = settings.edits_retained;
  journal.extra_segments_retained = settings.edit_segments_retained;
  return journal;
}

std::vector<std::string> watched_directories(const NameNodeSettings& settings) {
  std::set<std::string> folders(settings.edits_directories.begin(), settings.edits_directories.end());
  folders.insert(settings.name_directories.begin(), settings.name_directories.end());
  return {folders.begin(), folders.end()};
}

std::vector<std::string> all_tables_directories(const NameNodeSettings& settings) {
  std::vector<std::string> directories;
  for (const std::string& folder : settings.name_directories) directories.push_back(folder + "/current/tables");
  return directories;
}

Result<std::string> tables_directory(const NameNodeSettings& settings) {
  const std::vector<std::string> directories = all_tables_directories(settings);
  std::string best = directories.front();
  std::optional<TransactionId> ahead;
  for (const std::string& directory : directories) {
    DFS_TRY_OK(finish_replacing(Disk::posix(), directory));
    DFS_TRY(std::optional<TransactionId> applied, Tables::last_applied_in(directory));
    if (!applied || (ahead && *applied <= *ahead)) continue;
    ahead = applied;
    best = directory;
  }
  return best;
}

Result<void> make_tables_directory(Disk& disk, const std::string& directory) {
  const std::string parent = directory.substr(0, std::max<size_t>(1, directory.rfind('/')));
  DFS_TRY(bool there, disk.exists(parent));
  if (!there) DFS_TRY_OK(make_tables_directory(disk, parent));
  DFS_TRY_OK(disk.make_directories(directory, 0700));
  return disk.sync_directory(parent);
}

Result<void> claim_tables(Tables& tables, const StorageVersion& version) {
  const std::string identity = fmt::format("{} {} {}", version.cluster_id, version.block_pool_id, version.namespace_id);
  DFS_TRY(std::optional<std::string> found, tables.get(Table::kMeta, kClusterKey));
  if (!found) {
    Batch batch;
    batch.put(Table::kMeta, std::string(kClusterKey), identity);
    return tables.write(batch, kNoTransaction);
  }
  if (*found == identity) return {};
  return fail(
      ErrorCode::kIllegalState,
      fmt::format("The tables are those of another cluster ({}) than the edit log ({}): dfs.namenode.name.dir and "
                  "dfs.namenode.edits.dir do not belong together",
                  *found, identity));
}

Result<void> make_root(Tables& tables, const NamespaceSettings& settings) {
  DFS_TRY(auto root, find_entry(tables, kNoInode, ""));
  Batch batch;
  if (root) {
    // Tables of before quotas were kept, or an imported namespace.
    DFS_TRY(auto usage, find_quota_usage(tables, kRootInode));
    if (usage) return {};
    DFS_TRY_OK(count_everything(tables, batch));
    return tables.write(batch, kNoTransaction);
  }
  format_namespace(settings, batch);
  return tables.write(batch, kNoTransaction);
}

Result<std::unique_ptr<Journal>> open_journal(const NameNodeSettings& settings, Disk& disk) {
  JournalSettings journal = journal_settings(settings);
  DFS_TRY(auto images, list_images(disk, settings.name_directories));
  if (!images.empty()) journal.begins_after = images.front().last;
  return Journal::open(disk, std::move(journal));
}

Result<std::unique_ptr<Tables>> open_tables(const NameNodeSettings& settings, const std::string& directory,
                                            const Journal& journal, Tables::DurableGate gate, Disk& disk,
                                            const OpenTables& open_in) {
  auto open = [&]() -> Result<std::unique_ptr<Tables>> {
    DFS_TRY_OK(make_tables_directory(disk, directory));
    DFS_TRY(auto opened, open_in(directory, settings.tables_cache, gate));
    DFS_TRY_OK(claim_tables(*opened, journal.version()));
    return opened;
  };
  DFS_TRY(auto tables, open());
  DFS_TRY(bool empty, is_empty(*tables));
  DFS_TRY(bool reached, log_reaches_back_to(*tables, journal));
  if (empty || !reached) {
    DFS_TRY(auto image, newest_whole_image(disk, settings.name_directories));
    if (image && (empty || image->last > tables->last_applied())) {
      tables.reset();
      log::info("making {} of {}", directory, image->path);
      DFS_TRY(ImportedImage made, make_tables(disk, *image, journal.version(), directory, open_in));
      log::info("{} inodes, up to transaction {}", made.inode_count, raw(made.last));
      DFS_TRY(tables, open());
    }
  }
  DFS_TRY_OK(make_root(*tables, settings.name_space));
  return tables;
}

Result<std::unique_ptr<Tables>> tables_before_the_log(const NameNodeSettings& settings, const Journal& journal) {
  auto tables = Tables::in_memory(), scratch = Tables::in_memory();
  DFS_TRY(auto image, newest_whole_image(Disk::posix(), settings.name_directories));
  if (image) {
    DFS_TRY(auto reader, ImageReader::open(Disk::posix(), image->path));
    DFS_TRY_OK(import_image(*reader, journal.version(), *tables, *scratch));
  }
  DFS_TRY_OK(make_root(*tables, settings.name_space));
  return tables;
}

}  // namespace dfs::namenode
