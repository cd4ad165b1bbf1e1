#include <random>

#include "namenode/commit/tables_copies.h"
#include "namenode/image/image_folder.h"
#include "namenode/storage_folders.h"
#include "namenode/store/layered_tables.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

const StorageVersion kFolderVersion{.namespace_id = 5, .cluster_id = "CID-1", .block_pool_id = "BP-1"};
constexpr const char* kImportedTables = "/name/current/tables";

// A NameNode that starts on an image, and whose machine stops at one change of the disk after the other.
class ImportPowerCutTest : public NamespaceFixture {
 protected:
  ImportPowerCutTest() {
    node.name_directories = node.edits_directories = {"/name"};
    node.tables_cache = {1 << 20};
    node.name_space = settings;
    EXPECT_TRUE(make_directory("/a/b/c"));
    write_file("/a/f", {5, 6});
    EXPECT_TRUE(create_file("/a/open"));
  }

  OpenTables tables_on(Disk& disk) const {
    return [&disk](const std::string& directory, CacheBytes cache, Tables::DurableGate gate) {
      return open_rocksdb_on(std::make_shared<DiskFiles>(disk), directory, cache, std::move(gate));
    };
  }
  Result<std::unique_ptr<Tables>> start(Disk& disk) const {
    DFS_TRY_OK(finish_replacing(disk, kImportedTables));
    DFS_TRY(auto journal, open_journal(node, disk));
    return open_tables(node, kImportedTables, *journal, [](TransactionId) { return true; }, disk, tables_on(disk));
  }

  enum class Before { kNothing, kOlderTables };
  void make_folder(MemoryDisk& disk, Before before) {
    ASSERT_TRUE(Journal::format(disk, journal_settings(node), kFolderVersion, Journal::Existing::kRefuse));
    if (before == Before::kOlderTables) {
      ASSERT_TRUE(make_tables_directory(disk, kImportedTables));
      auto older = tables_on(disk)(kImportedTables, {1 << 20}, [](TransactionId) { return true; });
      ASSERT_TRUE(older) << error_of(older);
      ASSERT_TRUE(claim_tables(**older, kFolderVersion));
      ASSERT_TRUE(make_root(**older, settings));
      Batch batch;
      for (uint64_t i = 0; i < 50; ++i) batch.put(Table::kMeta, "older" + std::to_string(i), std::string(500, 'o'));
      ASSERT_TRUE((*older)->write(batch, TransactionId{3}));
      ASSERT_TRUE((*older)->flush());
    }
    ASSERT_TRUE(write_image(disk, "/name/current", *tables, TransactionId{9}, kFolderVersion));
  }

  // How many changes the disk had seen by then.
  uint64_t stop_at(uint64_t stop, Before before) {
    SCOPED_TRACE("stopped after changes: " + std::to_string(stop));
    std::mt19937_64 random(stop);
    MemoryDisk disk;
    make_folder(disk, before);
    uint64_t changes = 0;
    for (uint64_t at : {stop, random() % 60}) {
      FaultyDisk faulty(disk);
      faulty.stop_after_changes(at);
      (void)start(faulty);
      if (changes == 0) changes = faulty.count_changes();
      disk.lose_power(random);
    }
    for (int starts = 0; starts < 2; ++starts) {
      auto started = start(disk);
      EXPECT_TRUE(started) << error_of(started);
      if (!started) return changes;
      EXPECT_EQ((*started)->last_applied(), TransactionId{9});
      for (const auto& [table, wanted] : {std::pair(Table::kEntries, 6u), std::pair(Table::kFileBlocks, 2u)}) {
        size_t rows = 0;
        EXPECT_TRUE((*started)->scan(table, "", [&](std::string_view name, std::string_view value) {
          ++rows;
          EXPECT_EQ(tables->get(table, name).value(), value);
          return true;
        }));
        EXPECT_EQ(rows, wanted);
      }
      EXPECT_TRUE((*started)->flush());
    }
    return changes;
  }
  // After each change of the disk, or in strides from a place that is another each time.
  void cut(Before before, uint64_t nightly_stride) {
    const uint64_t all = stop_at(1'000'000, before);
    EXPECT_GT(all, 20u);
    const uint64_t stride = is_nightly() ? nightly_stride : std::max<uint64_t>(1, all / 2);
    for (uint64_t stop = std::random_device{}() % stride; stop < all + 3 && !HasFailure(); stop += stride) {
      stop_at(stop, before);
    }
  }

  NameNodeSettings node;
};

TEST_F(ImportPowerCutTest, WhereThereWereNoTablesTheNextStartMakesThemOfTheImage) {
  cut(Before::kNothing, 5);
}

TEST_F(ImportPowerCutTest, OlderTablesAreReplacedByAWholeImportOrStayWhole) {
  cut(Before::kOlderTables, 1);
}

}  // namespace
}  // namespace dfs::namenode
