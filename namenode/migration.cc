#include "namenode/migration.h"

#include <fmt/format.h>

#include <set>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/commit/replay.h"
#include "namenode/image/image_folder.h"
#include "namenode/journal/copy_file.h"
#include "namenode/leases/lease_table.h"
#include "namenode/storage_folders.h"

namespace dfs::namenode {
namespace {

struct Opened {
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Tables> tables;
};

// The folders' state at the end of their edit log.
Result<Opened> open_at_the_end(const NameNodeSettings& settings) {
  Opened opened;
  DFS_TRY(opened.journal, open_journal(settings));
  DFS_TRY(std::string tables_at, tables_directory(settings));
  DFS_TRY(opened.tables, open_tables(settings, tables_at, *opened.journal, [](TransactionId) { return true; }));
  LeaseTable leases(settings.leases);
  ClusterBlocks blocks(settings.blocks, {}, 0);
  const Followers followers{blocks, leases, settings.name_space, Clock::system().wall(), TimePoint()};
  DFS_TRY_OK(replay(*opened.journal, *opened.tables, followers));
  DFS_TRY_OK(sweep_everything(*opened.tables, followers));
  DFS_TRY_OK(opened.tables->flush());
  return opened;
}

Result<void> require_unformatted(const std::vector<std::string>& directories) {
  DFS_TRY(bool formatted, Journal::is_formatted(Disk::posix(), {.directories = directories}));
  if (!formatted) return {};
  return fail(ErrorCode::kIllegalState, fmt::format("{} holds a namespace already", fmt::join(directories, ", ")));
}

Result<void> copy_edits(const std::string& from, TransactionId after, const std::string& to) {
  Disk& disk = Disk::posix();
  DFS_TRY(auto segments, list_segments(disk, from));
  for (const SegmentName& segment : segments) {
    if (segment.last && *segment.last <= after) continue;
    DFS_TRY_OK(copy_file(disk, from + "/" + segment.to_string(), to + "/" + segment.to_string()));
  }
  return copy_file(disk, from + "/seen_txid", to + "/seen_txid");
}

Result<void> copy_folder(const NameNodeSettings& settings, const std::string& from, const ImageFile& image) {
  Disk& disk = Disk::posix();
  std::set<std::string> all(settings.name_directories.begin(), settings.name_directories.end());
  all.insert(settings.edits_directories.begin(), settings.edits_directories.end());
  for (const std::string& root : all) DFS_TRY_OK(disk.make_directories(root + "/current", 0700));
  for (const std::string& root : settings.name_directories) {
    const std::string name = image.path.substr(image.path.rfind('/'));
    DFS_TRY_OK(copy_file(disk, image.path, root + "/current" + name));
    DFS_TRY_OK(copy_file(disk, image.path + ".md5", root + "/current" + name + ".md5"));
  }
  for (const std::string& root : settings.edits_directories) {
    DFS_TRY_OK(copy_edits(from + "/current", image.last, root + "/current"));
  }
  // With it a folder is formatted, so it comes last.
  for (const std::string& root : all) {
    DFS_TRY_OK(disk.sync_directory(root + "/current"));
    DFS_TRY_OK(copy_file(disk, from + "/current/VERSION", root + "/current/VERSION"));
    DFS_TRY_OK(disk.sync_directory(root + "/current"));
    DFS_TRY_OK(disk.sync_directory(root));
  }
  return {};
}

Result<std::vector<std::string>> import_image_and_edits(const NameNodeSettings& settings, const std::string& from,
                                                        const ImageFile& image) {
  DFS_TRY_OK(copy_folder(settings, from, image));
  DFS_TRY(Opened opened, open_at_the_end(settings));
  DFS_TRY(uint64_t files, counter(*opened.tables, Counter::kFileCount));
  DFS_TRY(uint64_t directories, counter(*opened.tables, Counter::kDirectoryCount));
  return std::vector{fmt::format("imported {} and the edits up to transaction {}: {} files, {} directories", image.path,
                                 raw(opened.tables->last_applied()), files, directories)};
}

}  // namespace

Result<std::vector<std::string>> import_name_folder(const NameNodeSettings& settings, const std::string& from) {
  Disk& disk = Disk::posix();
  DFS_TRY_OK(require_unformatted(settings.name_directories));
  DFS_TRY_OK(require_unformatted(settings.edits_directories));
  DFS_TRY(std::string version, disk.read_file(from + "/current/VERSION"));
  DFS_TRY_OK(StorageVersion::parse(version));
  DFS_TRY(auto image, newest_whole_image(disk, {from}));
  if (!image) return fail(ErrorCode::kFileNotFound, from + "/current holds no fsimage");
  auto imported = import_image_and_edits(settings, from, *image);
  if (imported) return imported;
  // Nobody shall take what is there for a namespace.
  for (const auto* roots : {&settings.name_directories, &settings.edits_directories}) {
    for (const std::string& root : *roots) {
      DFS_TRY(bool there, disk.exists(root + "/current"));
      if (there) DFS_TRY_OK(disk.remove_tree(root + "/current"));
    }
  }
  return imported;
}

Result<std::vector<std::string>> export_name_folder(const NameNodeSettings& settings, const std::string& to) {
  Disk& disk = Disk::posix();
  DFS_TRY_OK(require_unformatted({to}));
  DFS_TRY(Opened opened, open_at_the_end(settings));
  const TransactionId last = opened.tables->last_applied();
  const std::string current = to + "/current";
  DFS_TRY_OK(disk.make_directories(current, 0700));
  DFS_TRY(ImageFile image, write_image(disk, current, *opened.tables, last, opened.journal->version()));
  DFS_TRY_OK(disk.write_file_atomically(current + "/seen_txid", fmt::format("{}\n", raw(last))));
  DFS_TRY_OK(disk.write_file_atomically(current + "/VERSION", opened.journal->version().to_text()));
  DFS_TRY_OK(disk.sync_directory(to));
  DFS_TRY_OK(disk.sync_directory(to.substr(0, std::max<size_t>(1, to.rfind('/')))));
  return std::vector{fmt::format("exported {}", image.path)};
}

}  // namespace dfs::namenode
