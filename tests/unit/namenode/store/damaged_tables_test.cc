#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "namenode/store/layered_tables.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

using Rows = std::map<std::string, std::string>;

class DamagedTables : public testing::Test {
 protected:
  Result<std::unique_ptr<Tables>> open() {
    return open_rocksdb_on(std::make_shared<DiskFiles>(disk), "/tables", 1 << 20, [](TransactionId) { return true; });
  }
  static Result<Rows> read(const View& view) {
    Rows rows;
    for (Table table : {Table::kEntries, Table::kMeta}) {
      DFS_TRY_OK(view.scan(table, "", [&](std::string_view key, std::string_view value) {
        rows.emplace(key, value);
        return true;
      }));
    }
    for (const auto& [key, value] : rows) {
      DFS_TRY(auto found, view.get(key.starts_with("row") ? Table::kEntries : Table::kMeta, key));
      EXPECT_EQ(found, value);
    }
    return rows;
  }

  MemoryDisk disk;
};

TEST_F(DamagedTables, ABitThatHasFlippedIsAnErrorAndNeverARow) {
  ASSERT_TRUE(disk.make_directories("/tables", 0700));
  // What the tables were at each flush.
  std::vector<Rows> states;
  {
    auto tables = open();
    ASSERT_TRUE(tables) << tables.error().to_string();
    states.push_back(read(**tables).value());
    for (uint64_t flush = 1; flush <= 2; ++flush) {
      Batch batch;
      for (int i = 0; i < 200; ++i) {
        batch.put(Table::kEntries, "row" + std::to_string(flush * 1000 + uint64_t(i)),
                  std::string(40, char('a' + i % 26)));
      }
      ASSERT_TRUE((*tables)->write(batch, TransactionId{flush}));
      ASSERT_TRUE((*tables)->flush());
      states.push_back(read(**tables).value());
    }
  }
  std::map<std::string, std::string> files;
  for (const DirectoryEntry& entry : disk.list("/tables").value()) {
    files[entry.name] = disk.read_file("/tables/" + entry.name).value();
  }
  size_t detected = 0;
  for (const auto& [name, whole] : files) {
    if (!name.ends_with(".sst") && !name.starts_with("MANIFEST") && name != "CURRENT") continue;
    for (size_t at = whole.size() / 8; at < whole.size(); at += std::max<size_t>(1, whole.size() / 4)) {
      SCOPED_TRACE(name + " at " + std::to_string(at));
      std::string damaged = whole;
      damaged[at] = char(damaged[at] ^ 0x10);
      ASSERT_TRUE(disk.write_file_atomically("/tables/" + name, damaged));
      auto tables = open();
      Result<Rows> rows = tables ? read(**tables) : Result<Rows>(fail(tables.error()));
      if (rows) {
        EXPECT_TRUE(std::ranges::find(states, *rows) != states.end()) << rows->size();
      } else {
        ++detected;
        EXPECT_NE(rows.error().message().find("tables"), std::string::npos) << rows.error().to_string();
        if (tables) EXPECT_NE(rows.error().message().find(".sst"), std::string::npos) << rows.error().to_string();
      }
      tables = fail(ErrorCode::kCancelled, "closed");
      ASSERT_TRUE(disk.remove_tree("/tables"));
      ASSERT_TRUE(disk.make_directories("/tables", 0700));
      for (const auto& [file, content] : files) {
        ASSERT_TRUE(disk.write_file_atomically("/tables/" + file, content));
      }
    }
  }
  EXPECT_GT(detected, 10u);
}

}  // namespace
}  // namespace dfs::namenode
