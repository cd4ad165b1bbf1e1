#include "namenode/storage_folders.h"

#include "namenode/namespace/format.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

JournalSettings journal_settings(const NameNodeSettings& settings) {
  JournalSettings journal;
  journal.directories = settings.edits_directories;
  journal.extra_edits_retained = settings.edits_retained;
  journal.extra_segments_retained = settings.edit_segments_retained;
  return journal;
}

std::string tables_directory(const NameNodeSettings& settings) {
  return settings.name_directories.front() + "/current/tables";
}

Result<void> make_root(Tables& tables, const NamespaceSettings& settings) {
  DFS_TRY(auto root, find_entry(tables, kNoInode, ""));
  if (root) return {};
  Batch batch;
  format_namespace(settings, batch);
  return tables.write(batch, kNoTransaction);
}

}  // namespace dfs::namenode
