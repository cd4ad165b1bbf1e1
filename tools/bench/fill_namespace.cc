// Makes a namespace of many files in an empty folder, as tables and without edits: what a NameNode is measured with.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "namenode/journal/journal.h"
#include "namenode/namenode.h"
#include "namenode/settings.h"
#include "namenode/storage_folders.h"
#include "namenode/store/rows.h"
#include "proto/config/configuration.h"
#include "tools/bench/workload.h"

namespace dfs::bench {
namespace {

using namespace namenode;

constexpr size_t kBatchRowsMax = 10'000;
constexpr uint64_t kBlockBytes = 1;
constexpr uint64_t kStamp = 1001;

struct Options {
  std::string directory;
  Tree tree{.root = "/filled"};
  uint32_t datanodes = 0;
};

// One closed file of one block after the other, each replica on one of the DataNodes.
class Filling {
 public:
  Filling(Tables& tables, const Options& options, const NamespaceSettings& settings)
      : tables_(tables), options_(options), settings_(settings) {}

  Result<void> run() {
    const Tree& tree = options_.tree;
    for (uint32_t i = 0; i < options_.datanodes; ++i) {
      batch_.put(Table::kStorages, storage_key(StorageNumber{i + 1}),
                 encode(StorageRow{fmt::format("DS-filled-{}", i), fmt::format("datanode-filled-{}", i), 1}));
    }
    const uint64_t folders = (tree.files + tree.files_per_folder - 1) / tree.files_per_folder;
    DFS_TRY(std::optional<InodeRow> root, find_entry(tables_, kNoInode, ""));
    if (!root) return fail(ErrorCode::kIllegalState, "no root");
    root->child_count = 1;
    batch_.put(Table::kEntries, entry_key(kNoInode, ""), encode(*root));
    InodeId top = directory(kRootInode, tree.root.substr(1), uint32_t(folders));
    uint64_t block = raw(kLastReservedBlock);
    for (uint64_t folder = 0, file = 0; folder < folders; ++folder) {
      const uint64_t end = std::min(tree.files, file + tree.files_per_folder);
      const std::string path = tree.folder(folder);
      InodeId parent = directory(top, path.substr(path.rfind('/') + 1), uint32_t(end - file));
      for (; file < end; ++file) {
        const std::string name = tree.file(file);
        put_file(parent, name.substr(name.rfind('/') + 1), BlockId{++block});
        if (batch_.changes().size() >= kBatchRowsMax) DFS_TRY_OK(write());
      }
    }
    auto count = [&](Counter counter, uint64_t value) {
      batch_.put(Table::kMeta, counter_key(counter), encode_counter(value));
    };
    count(Counter::kLastInodeId, last_inode_);
    count(Counter::kLastBlockId, block);
    count(Counter::kGenerationStamp, kStamp);
    count(Counter::kLastStorageNumber, options_.datanodes);
    count(Counter::kFileCount, tree.files);
    count(Counter::kDirectoryCount, folders + 2);
    count(Counter::kBlockCount, tree.files);
    batch_.put(Table::kQuotaUsage, inode_key(kRootInode),
               encode(QuotaCounts{.names = int64_t(tree.files + folders + 2), .space = int64_t(tree.files)}));
    DFS_TRY_OK(write());
    return tables_.flush();
  }

 private:
  Result<void> write() {
    DFS_TRY_OK(tables_.write(std::exchange(batch_, Batch()), kNoTransaction));
    tables_.wait_for_room();
    return {};
  }

  InodeRow inode(InodeType type) {
    InodeRow row;
    row.id = InodeId{++last_inode_};
    row.type = type;
    row.owner = settings_.superuser;
    row.group = settings_.supergroup;
    row.permission = type == InodeType::kDirectory ? 0755 : 0644;
    row.modification_time_ms = row.access_time_ms = 1'700'000'000'000;
    return row;
  }
  void put_inode(InodeId parent, std::string name, const InodeRow& row) {
    batch_.put(Table::kEntries, entry_key(parent, name), encode(row));
    batch_.put(Table::kInodeIndex, inode_key(row.id), encode(EntryKey{.parent = parent, .name = std::move(name)}));
  }
  InodeId directory(InodeId parent, std::string name, uint32_t children) {
    InodeRow row = inode(InodeType::kDirectory);
    row.child_count = children;
    put_inode(parent, std::move(name), row);
    return row.id;
  }
  void put_file(InodeId parent, std::string name, BlockId block) {
    InodeRow row = inode(InodeType::kFile);
    row.replication = 1;
    row.preferred_block_size = 64 << 20;
    row.block_count = 1;
    row.length = kBlockBytes;
    put_inode(parent, std::move(name), row);
    BlockRow last;
    last.id = block;
    last.generation_stamp = GenerationStamp{kStamp};
    last.length = kBlockBytes;
    batch_.put(Table::kFileBlocks, file_block_key(row.id, 0), encode(last));
    batch_.put(Table::kBlockIndex, block_key(block), encode(BlockOwner{.file = row.id, .index = 0}));
    if (options_.datanodes == 0) return;
    const StorageNumber storage{uint32_t(raw(block) % options_.datanodes) + 1};
    const std::string replica = encode(ReplicaRow{GenerationStamp{kStamp}, kBlockBytes, ReplicaRowState::kFinalized});
    batch_.put(Table::kReplicas, replica_key(block, storage), replica);
    batch_.put(Table::kStorageReplicas, storage_replica_key(storage, block), replica);
  }

  Tables& tables_;
  const Options& options_;
  const NamespaceSettings& settings_;
  Batch batch_;
  uint64_t last_inode_ = raw(kRootInode);
};

Result<void> fill(const Options& options) {
  Configuration configuration;
  configuration.set("dfs.namenode.name.dir", options.directory);
  DFS_TRY(NameNodeSettings settings, NameNodeSettings::from(configuration));
  DFS_TRY_OK(NameNode::format(settings, "", NameNode::Format::kOnlyEmpty));
  DFS_TRY(std::unique_ptr<Journal> journal, open_journal(settings));
  DFS_TRY(std::string tables_at, tables_directory(settings));
  DFS_TRY(std::unique_ptr<Tables> tables,
          open_tables(settings, tables_at, *journal, [](TransactionId) { return true; }));
  return Filling(*tables, options, settings.name_space).run();
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Makes a namespace of many one-block files in an empty folder.", "fill_namespace");
  app.add_option("DIRECTORY", options.directory, "the folder for dfs.namenode.name.dir, as a file URI or a path")
      ->required();
  app.add_option("--files", options.tree.files)->capture_default_str();
  app.add_option("--files-per-folder", options.tree.files_per_folder)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--datanodes", options.datanodes,
                 "that hold a replica of each block, the first of DS-filled-0 and so on")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  Result<void> filled = fill(options);
  if (filled) return 0;
  fmt::print(stderr, "fill_namespace: {}\n", filled.error().message());
  return 1;
}

}  // namespace
}  // namespace dfs::bench

int main(int argc, char** argv) {
  return dfs::bench::run(argc, argv);
}
