#include "namenode/storage_folders.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "namenode/commit/tables_copies.h"
#include "namenode/namespace/format.h"
#include "namenode/namespace/quota.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

constexpr std::string_view kClusterKey = "cluster";

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

}  // namespace dfs::namenode
