#include "namenode/inspection.h"

#include <fmt/format.h>

#include <map>

#include "namenode/blocks/cluster_blocks.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/journal.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/format.h"
#include "namenode/storage_folders.h"

namespace dfs::namenode {
namespace {

constexpr size_t kDifferencesMax = 100;

struct Named {
  Table table;
  std::string_view name;
};
// The tables that are a function of the edit log.
constexpr Named kLogged[] = {{Table::kEntries, "entries"},
                             {Table::kInodeIndex, "inode index"},
                             {Table::kFileBlocks, "file blocks"},
                             {Table::kBlockIndex, "block index"},
                             {Table::kOpenFiles, "open files"},
                             {Table::kQuotaUsage, "quota usage"},
                             {Table::kSnapshots, "snapshots"},
                             {Table::kVersions, "versions"},
                             {Table::kVersionsOfInode, "versions of inodes"},
                             {Table::kVersionsOfSnapshot, "versions of snapshots"},
                             {Table::kBlockVersions, "block versions"}};
constexpr Counter kLoggedCounters[] = {
    Counter::kLastInodeId,    Counter::kLastBlockId,    Counter::kGenerationStamp,
    Counter::kFileCount,      Counter::kDirectoryCount, Counter::kBlockCount,
    Counter::kNextSnapshotId, Counter::kSnapshotCount,  Counter::kSnapshottableCount};

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", uint8_t(c));
  return out;
}

Result<std::map<std::string, std::string>> rows_of(const View& view, Table table) {
  std::map<std::string, std::string> rows;
  DFS_TRY_OK(view.scan(table, "", [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  }));
  return rows;
}

Result<void> compare_table(const View& tables, const View& replayed, Named table, std::vector<std::string>& found) {
  DFS_TRY(auto ours, rows_of(tables, table.table));
  DFS_TRY(auto wanted, rows_of(replayed, table.table));
  for (const auto& [key, value] : wanted) {
    if (found.size() >= kDifferencesMax) return {};
    auto row = ours.find(key);
    if (row == ours.end()) {
      found.push_back(fmt::format("{}: {} is missing", table.name, hex(key)));
    } else if (row->second != value) {
      found.push_back(fmt::format("{}: {} is {}, the log says {}", table.name, hex(key), hex(row->second), hex(value)));
    }
  }
  for (const auto& [key, value] : ours) {
    if (found.size() >= kDifferencesMax) return {};
    if (!wanted.contains(key)) found.push_back(fmt::format("{}: {} is not in the log", table.name, hex(key)));
  }
  return {};
}

}  // namespace

Result<void> bring_up(Journal& journal, Tables& tables, const NameNodeSettings& settings) {
  LeaseTable leases(settings.leases);
  ClusterBlocks blocks(settings.blocks, {}, 0);
  const Followers followers{blocks, leases, settings.name_space, Clock::system().wall(), TimePoint()};
  DFS_TRY_OK(replay(journal, tables, followers));
  return sweep_everything(tables, followers);
}

Result<std::vector<std::string>> compare(const Tables& tables, const Tables& replayed) {
  std::vector<std::string> found;
  for (const Named& table : kLogged) DFS_TRY_OK(compare_table(tables, replayed, table, found));
  for (Counter which : kLoggedCounters) {
    DFS_TRY(uint64_t ours, counter(tables, which));
    DFS_TRY(uint64_t wanted, counter(replayed, which));
    if (ours != wanted) found.push_back(fmt::format("counter {}: {}, the log says {}", int(which), ours, wanted));
  }
  if (tables.last_applied() != replayed.last_applied()) {
    found.push_back(
        fmt::format("last transaction: {}, the log says {}", raw(tables.last_applied()), raw(replayed.last_applied())));
  }
  return found;
}

Result<std::vector<std::string>> compare_with_replay(const NameNodeSettings& settings) {
  DFS_TRY(auto journal, open_journal(settings));
  DFS_TRY(std::string tables_at, tables_directory(settings));
  DFS_TRY(auto tables, open_tables(settings, tables_at, *journal, [](TransactionId) { return true; }));
  DFS_TRY_OK(bring_up(*journal, *tables, settings));
  DFS_TRY(auto replayed, tables_before_the_log(settings, *journal));
  DFS_TRY_OK(bring_up(*journal, *replayed, settings));
  return compare(*tables, *replayed);
}

Result<std::vector<std::string>> list_edits(const std::string& segment_path) {
  DFS_TRY(auto reader, SegmentReader::open(Disk::posix(), segment_path));
  std::vector<std::string> lines;
  while (true) {
    DFS_TRY(std::optional<Edit> edit, reader->next());
    if (!edit) return lines;
    lines.push_back(fmt::format("{} {}", raw(edit->id), name_of(code_of(edit->record))));
  }
}

}  // namespace dfs::namenode
